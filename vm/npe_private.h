/* The two halves of helpful NullPointerException messages (JEP 358): where a stack slot came from, and the words. */
#ifndef CLOISTER_VM_NPE_PRIVATE_H
#define CLOISTER_VM_NPE_PRIVATE_H

#include "vm/method.h"

#define NPE_UNKNOWN UINT32_MAX /* a slot without one single source */

/* Operand stack before an instruction: for each slot the index of the instruction that pushed it. */
struct npe_stack {
    uint64_t written_locals;             /* of locals 0..63: stored to on some path before */
    uint32_t depth;
    uint32_t source[];                   /* [max_stack], bottom first */
};

struct npe_flow {
    const struct method *m;
    uint32_t target;                     /* the analysis ends once this instruction's stack is known */
    struct npe_stack **stacks;           /* [bytecode_length]; NULL: not reached */
    size_t entries;                      /* slots kept, bounded */
    bool failed;                         /* not verifiable code, or out of memory */
    bool complete, progress;
};

/* npe_flow.c.  false: nothing can be said. */
bool npe_flow_run(struct npe_flow *flow, const struct method *m, uint32_t target);
void npe_flow_free(struct npe_flow *flow);
/* Source of the slot `from_top` below the top before the instruction at bci, or NPE_UNKNOWN. */
uint32_t npe_flow_source(const struct npe_flow *flow, uint32_t bci, uint32_t from_top);
bool npe_flow_local_written(const struct npe_flow *flow, uint32_t bci, uint32_t local);

uint32_t npe_descriptor_slots(const struct symbol *method_descriptor); /* of the arguments, without receiver */
uint32_t npe_type_slots(char type);

/* Text that is cut where it does not fit. */
struct npe_text { char *buffer; size_t size, used; };
void npe_print(struct npe_text *text, const char *fmt, ...) PRINTF(2, 3);
void npe_print_class(struct npe_text *text, const struct symbol *class_name);
void npe_print_method(struct npe_text *text, const struct constant_pool *cp, uint16_t index);
void npe_print_local(struct npe_text *text, const struct method *m, uint32_t bci, uint32_t local, bool is_parameter);

#endif
