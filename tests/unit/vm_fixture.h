/* A whole VM inside a unit test, Java threads for it, and a small assembler of class files.
 * Check runs each test in a process of its own: start the VM in a checked fixture, once per test. */
#ifndef CLOISTER_TESTS_VM_FIXTURE_H
#define CLOISTER_TESTS_VM_FIXTURE_H

#include <check.h>

#include "vm/vm.h"

/* ---- the VM ---- */

extern struct thread *fixture_thread; /* the main thread, running as THREAD_JAVA */
void fixture_start(void);             /* with the library of $JDK; fails the test when the VM does not come up */

/* Runs `count` Java threads to their ends; the caller counts as blocked meanwhile.  arg: their number, from 0. */
struct fixture_threads;
struct fixture_threads *fixture_spawn(int count, void (*run)(struct thread *t, int number));
void fixture_join(struct fixture_threads *threads);
void fixture_sleep(struct thread *t, int milliseconds); /* as THREAD_BLOCKED */

/* The pending exception's class ("java/lang/Error"; "" for none); clears it. */
const char *fixture_take_exception(struct thread *t);
struct class *fixture_boot_class(const char *name);      /* initialized */
struct method *fixture_method(struct class *c, const char *name, const char *descriptor);

/* ---- class files ---- */

struct bytes { uint8_t *data; size_t length, capacity; };
void put_u1(struct bytes *b, unsigned v);
void put_u2(struct bytes *b, unsigned v);
void put_u4(struct bytes *b, uint32_t v);

struct assembler {
    struct bytes pool, fields, methods, interfaces, attributes;
    uint16_t pool_count, field_count, method_count, interface_count, attribute_count;
    uint16_t this_class, super_class, flags, major; /* 49: the last one whose branches need no StackMapTable */
};
void asm_begin(struct assembler *a, const char *name, const char *super, uint16_t flags);
uint16_t asm_utf8(struct assembler *a, const char *text);
uint16_t asm_constant(struct assembler *a, uint8_t tag, uint64_t value); /* CP_INTEGER .. CP_DOUBLE: the bits */
uint16_t asm_class(struct assembler *a, const char *name);
uint16_t asm_string(struct assembler *a, const char *text);
uint16_t asm_member(struct assembler *a, uint8_t tag, const char *owner, const char *name, const char *descriptor);
uint16_t asm_name_and_type(struct assembler *a, const char *name, const char *descriptor);
void asm_interface(struct assembler *a, const char *name);
void asm_field(struct assembler *a, uint16_t flags, const char *name, const char *descriptor);
/* `code` as text: opcode names and numbers; a number is one byte, "#n" two, "##n" four.  NULL: no Code attribute. */
void asm_method(struct assembler *a, uint16_t flags, const char *name, const char *descriptor, uint16_t max_stack,
                uint16_t max_locals, const char *code, ...) PRINTF(7, 8);
/* By the boot loader.  Fail the test unless the class is defined (asm_define: and linked). */
struct class *asm_load(struct assembler *a);
struct class *asm_define(struct assembler *a);

#endif
