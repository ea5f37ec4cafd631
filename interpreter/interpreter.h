/* The interpreter: translates methods into register code at their first call (code.h; the bytecode stays in the class
 * file) and runs them.  See docs/interpreter.md for the loop's conventions. */
#ifndef CLOISTER_INTERPRETER_INTERPRETER_H
#define CLOISTER_INTERPRETER_INTERPRETER_H

#include "vm/vm.h"

void interpreter_init(struct vm *vm);    /* before any class is defined */
/* entry pointers */
void interpreter_prepare_entry(struct thread *t, struct method *m, union slot *args); /* first call */
void interpreter_entry(struct thread *t, struct method *m, union slot *args);         /* prepared bytecode */
void interpreter_abstract_entry(struct thread *t, struct method *m, union slot *args); /* AbstractMethodError */
/* Native methods get vm->hooks.native_entry. */

/* Translates a method that has bytecode, as its first call does.  False: an exception is pending. */
bool interpreter_prepare(struct thread *t, struct method *m);

/* Clears slots of all Java stacks that no code can reach any more (dead_slots.c).  At a safepoint of its own. */
void interpreter_clear_dead_slots(struct thread *t);

/* Handler search in one method (JVMS 2.10): handler pc or -1.  May load catch types; on failure the new exception is
 * pending. */
int32_t find_handler(struct thread *t, struct method *m, uint32_t bci, struct object *throwable);

int32_t interpreter_frame_bci(const struct frame *f); /* of a frame of Java code; 0 before its first instruction */

/* Disassembles a method's original bytecode in the layout of javap -c. */
void disassemble(const struct method *m, FILE *out);

#endif
