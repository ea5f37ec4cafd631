/* The translator's working state: abstract interpretation of one method's bytecode, block by block, with an operand
 * stack of descriptions.  A pushed local or constant stays a description until something needs it in its stack slot. */
#ifndef CLOISTER_INTERPRETER_TRANSLATE_H
#define CLOISTER_INTERPRETER_TRANSLATE_H

#include "interpreter/code.h"
#include "vm/opcodes.h"

enum operand_kind {
    OPERAND_STACK,                       /* in its own stack slot */
    OPERAND_LOCAL32, OPERAND_LOCAL64,    /* still in local `value` */
    OPERAND_INT,                         /* 32-bit constant (int, or the bits of a float) */
    OPERAND_LONG,                        /* 64-bit constant, sign-extended (long, null, 0.0) */
    OPERAND_UPPER,                       /* second slot of a long or double: no contents */
};
struct operand { uint8_t kind; int32_t value; };

enum fixup_kind { FIXUP_COND /* c */, FIXUP_IMM32 /* b, c */, FIXUP_TABLE /* an int32 of a switch's table */ };
struct fixup {
    uint32_t at;                         /* word of the instruction: offsets count from it */
    uint32_t target;                     /* bytecode index */
    uint32_t place;                      /* FIXUP_TABLE: index in int32 units behind `at` */
    uint8_t kind;
};

enum { MARK_TARGET = 1, MARK_LOOP = 2 /* a jump back leads here */ };
#define NO_START UINT32_MAX

struct translator {
    struct thread *t;
    struct method *m;
    const struct constant_pool *cp;
    const uint8_t *bytecode;
    uint32_t length, bci;                /* bci: instruction being translated */
    bool plain;                          /* canonical stack at every bytecode index */
    bool profiled;                       /* collects a profile */
    bool far;                            /* offsets may not fit 16 bits */
    bool live;                           /* the current point is reachable */
    bool retry_depths, retry_far;        /* start again with depths computed beforehand / far branches */
    bool depths_known;
    const char *error;                   /* VerifyError to throw; what is translated with one is thrown away */
    bool emergency;                      /* the scratch memory is the one that cannot grow */
    bool no_memory;                      /* the error is an OutOfMemoryError */
    uint8_t *marks;                      /* [length] */
    int32_t *depths;                     /* [length] operand-stack depth at branch targets, -1: not known */
    uint32_t *start;                     /* [length] first word of a target's block */
    struct operand *stack;               /* [max_stack + 4] */
    uint32_t depth, max_depth;
    uint32_t stack_base;                 /* register of stack slot 0 */
    uint32_t local_count;                /* registers of local variables */
    uint16_t *local_registers;           /* [max_locals], NULL: every local variable is its own register */
    bool crowded;                        /* a stack slot would need a register behind the last one */
    uint32_t lock_count;
    struct insn *out;
    uint16_t *bcis;
    uint32_t count, capacity;
    uint32_t last, barrier;              /* last instruction's word; words before `barrier` must not be changed */
    struct fixup *fixups;
    uint32_t fixup_count, fixup_capacity;
    uint16_t *call_bcis, *branch_bcis;   /* of the profile's records so far, when profiled */
    uint32_t call_count, branch_count;
};

/* translate_memory.c */
struct translator_memory {
    char *tables;                        /* of the translator: stack, depths, start, marks */
    size_t table_bytes;
    _Alignas(8) char small[8192];
};
bool translation_begin(struct translator *tr, struct translator_memory *s); /* false: no memory */
void translation_end(struct translator *tr, struct translator_memory *s);
void translation_no_memory(struct translator *tr);   /* sets the error */
bool translation_grow(struct translator *tr);        /* false: out and bcis are as large as they were, at least */
bool translation_grow_fixups(struct translator *tr);

/* translate.c */
void emit(struct translator *tr, enum ir op, uint32_t a, uint32_t b, uint32_t c);
void emit_wide(struct translator *tr, enum ir op, uint32_t a, uint32_t b, uint32_t c, uint64_t word);
void emit_imm32(struct translator *tr, enum ir op, uint32_t a, int32_t value);
void emit_word(struct translator *tr, uint64_t word);
void emit_condition(struct translator *tr, enum ir op, uint32_t a, int32_t b, uint32_t target);
void emit_goto(struct translator *tr, uint32_t target);
void branch_to(struct translator *tr, enum fixup_kind kind, uint32_t at, uint32_t place, uint32_t target);
bool next_is(const struct translator *tr, uint32_t bci, uint8_t low, uint8_t high);

/* translate_profile.c: only when tr->profiled */
void profile_method_start(struct translator *tr);
void profile_loop_start(struct translator *tr);
void profile_receiver_at(struct translator *tr, uint32_t index);   /* of a call whose receiver is operand `index` */
/* A conditional branch with counters; `op` is its condition. */
void profile_condition(struct translator *tr, enum ir op, uint32_t a, int32_t b, uint32_t target);
struct profile_layout *profile_layout_of(const struct translator *tr);

/* translate_stack.c */
static inline uint32_t stack_reg(struct translator *tr, uint32_t index)
{
    uint32_t reg = tr->stack_base + index;
    tr->crowded |= reg > UINT16_MAX;
    return reg;
}
void push(struct translator *tr, enum operand_kind kind, int32_t value, uint32_t width);
uint32_t pop(struct translator *tr, uint32_t width);               /* index of the value's (lower) slot */
uint32_t operand_reg(struct translator *tr, uint32_t index);       /* register that holds it; constants get stored */
void flush(struct translator *tr, uint32_t from, uint32_t to);     /* into their own slots */
void store_local(struct translator *tr, uint32_t local, uint32_t width, enum ir move);
void increment_local(struct translator *tr, uint32_t local, int32_t amount);
void rearrange(struct translator *tr, const char *pattern, uint32_t inputs);

/* translate_locals.c */
void assign_registers(struct translator *tr);
uint32_t local_register(struct translator *tr, uint32_t local, uint32_t width);

/* translate_ops.c: one instruction at bytecode[bci]; returns the index of the next one. */
uint32_t translate_instruction(struct translator *tr);
uint32_t translate_branch(struct translator *tr, uint8_t opcode);  /* translate_control.c */
uint32_t translate_compare(struct translator *tr, uint8_t opcode);
uint32_t translate_return(struct translator *tr, uint8_t opcode);
uint32_t translate_switch(struct translator *tr, uint8_t opcode);
uint32_t translate_member(struct translator *tr, uint8_t opcode);  /* translate_member.c: fields, calls, objects */

/* bytecode.c */
uint32_t bytecode_next(const uint8_t *code, uint32_t bci, uint32_t length); /* > length when truncated */
/* Change of the operand stack's depth by the instruction at bci. */
int32_t bytecode_depth_effect(const struct constant_pool *cp, const uint8_t *code, uint32_t bci);
/* Depths of every reachable target (JVMS 4.10.1's frames, depths only).  false: tr->error. */
bool bytecode_depths(struct translator *tr);
/* Calls visit for every branch target of the instruction at bci. */
void bytecode_targets(const uint8_t *code, uint32_t bci, void (*visit)(void *arg, uint32_t target), void *arg);

static inline int32_t read_s1(const uint8_t *p) { return (int8_t)*p; }
static inline int32_t read_s2(const uint8_t *p) { return (int16_t)read_u2(p); }
static inline int32_t read_s4(const uint8_t *p) { return (int32_t)read_u4(p); }

#endif
