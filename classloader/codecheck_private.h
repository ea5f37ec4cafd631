/* Shared by the parts of the code checker. */
#ifndef CLOISTER_CLASSLOADER_CODECHECK_PRIVATE_H
#define CLOISTER_CLASSLOADER_CODECHECK_PRIVATE_H

#include "classloader/codecheck.h"
#include "vm/method.h"
#include "vm/opcodes.h"
#include "vm/symbol.h"

/* One method under check.  The arrays are as long as the code. */
struct code_check {
    const struct method *method;
    const struct class *class;
    const uint8_t *code;
    uint32_t length;
    struct parse_error *error;
    uint8_t *starts;                     /* 0, or an instruction starts here: START, and REACHED once it is known how */
    uint16_t *depths;                    /* operand stack before a REACHED instruction, in slots; the last: scratch */
    uint32_t *work;                      /* instructions still to follow */
    uint32_t work_count;
};

enum { START = 1, REACHED = 2 };

/* HotSpot's second line of a VerifyError; `detail` is the number it mentions. */
enum code_reason { REASON_BYTECODE, REASON_CP_INDEX, REASON_LOCAL, REASON_OVERFLOW, REASON_UNDERFLOW, REASON_NO_FRAME };

/* VerifyError; false.  `old` is the sentence for classes before version 50, whose verifier speaks another dialect. */
bool code_refuse(struct code_check *k, uint32_t pc, enum code_reason reason, uint32_t detail, const char *old,
                 const char *fmt, ...) PRINTF(6, 7);
/* ClassFormatError "... in method 'int q.Foo.f(int)'"; false. */
bool code_format_error(struct code_check *k, const char *what, uint32_t pc);

/* In this order. */
bool code_find_starts(struct code_check *k);
bool code_check_tables(struct code_check *k);    /* exception handlers, local-variable ranges */
bool code_check_operands(struct code_check *k);
bool code_check_targets(struct code_check *k);
bool code_check_frames(struct code_check *k);    /* presence; leaves k->depths dirty */
bool code_check_stack(struct code_check *k);     /* depths */

static inline int32_t code_s4(const uint8_t *p)
{
    return (int32_t)read_u4(p);
}

static inline int32_t code_s2(const uint8_t *p)
{
    return (int16_t)read_u2(p);
}

/* First operand behind the padding of a switch. */
static inline uint32_t code_switch_operands(uint32_t pc)
{
    return (pc + 4) & ~(uint32_t)3;
}

/* Calls visit for each target of the branch or switch at pc, as an offset from pc.  Stops at false. */
bool code_each_target(struct code_check *k, uint32_t pc, bool (*visit)(struct code_check *k, uint32_t pc,
                                                                       int64_t target));

#endif
