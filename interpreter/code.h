/* The interpreter's own form of a method: register code, made from the bytecode at the first call (prepare.c).
 *
 * A frame's locals, frame header and operand stack lie in one run of slots, so every local and every operand-stack
 * position is a register, named by its slot number from `locals`.  Instructions name registers directly: loads and
 * constants of the bytecode mostly disappear into the operands of the instruction that uses them.  Each instruction is
 * one or two 8-byte words and is rewritten atomically (one 64-bit release store) when its operand gets resolved.
 * docs/interpreter.md draws the picture. */
#ifndef CLOISTER_INTERPRETER_CODE_H
#define CLOISTER_INTERPRETER_CODE_H

#include "vm/vm.h"

enum { IR_DEST = 1 /* `a` is a register written after all operands are read */ };

enum ir {
#define IR(name, words, flags) IR_##name,
#include "interpreter/ir.def"
#undef IR
    IR_COUNT,
    IR_COND_FIRST = IR_IF_IEQ, IR_BACK_FIRST = IR_IF_IEQ_BACK, IR_COND_COUNT = IR_BACK_FIRST - IR_COND_FIRST,
};

struct insn {
    uint16_t op;                         /* enum ir */
    uint16_t a, b, c;
};
_Static_assert(sizeof(struct insn) == 8, "an instruction word is rewritten by one 64-bit store");

/* Operands of wider kinds: b and c together, and the whole second word. */
static inline int32_t insn_imm32(const struct insn *i) { return (int32_t)(i->b | (uint32_t)i->c << 16); }
static inline int64_t insn_word(const struct insn *i) { int64_t w; memcpy(&w, i + 1, sizeof w); return w; }
static inline void *insn_pointer(const struct insn *i) { return (void *)(uintptr_t)insn_word(i); }

static inline struct insn insn_load(const struct insn *at)
{
    uint64_t word = __atomic_load_n((const uint64_t *)(const void *)at, __ATOMIC_ACQUIRE);
    struct insn value;
    memcpy(&value, &word, sizeof value);
    return value;
}
/* The second word must be stored before: x86-64 keeps the order for readers that dispatch on the new opcode. */
static inline void insn_publish(struct insn *at, struct insn value)
{
    uint64_t word;
    memcpy(&word, &value, sizeof word);
    __atomic_store_n((uint64_t *)(void *)at, word, __ATOMIC_RELEASE);
}
static inline void insn_set_pointer(struct insn *at, const void *pointer)
{
    __atomic_store_n((uint64_t *)(void *)(at + 1), (uint64_t)(uintptr_t)pointer, __ATOMIC_RELEASE);
}

enum { FRAME_SLOTS = sizeof(struct frame) / sizeof(union slot) };

enum { /* private bits of struct frame.flags and struct code.entry_flags: what a return must not skip */
    FRAME_SYNCHRONIZED = 0x100,          /* frame->lock is to be released */
    FRAME_LOCK_SLOTS = 0x200,            /* monitors of synchronized blocks may be held */
    FRAME_REGISTER_FINALIZER = 0x400,    /* Object.<init>: JLS 12.6, the object may need Finalizer.register */
};

struct code {
    uint32_t frame_bytes;                /* from args to the end of the operand stack with its extra slots */
    uint32_t entry_flags;                /* FRAME_* above */
    uint32_t frame_offset;               /* in slots from args: locals, then lock slots, then the frame */
    uint32_t lock_first, lock_count;     /* registers with objects locked by monitorenter, NULL: free (locks.c) */
    uint32_t count;                      /* instruction words */
    uint32_t field_offset;               /* shortcut getters: offset of the field that is all the method returns */
    uint16_t *bcis;                      /* [count] bytecode index of each word */
    struct profile_layout *profile_layout; /* profile.h; NULL: this form collects no profile */
    struct code *_Atomic plain;          /* an instruction and canonical stack at every bytecode index */
    _Alignas(8) struct insn insns[];
};

/* Calls whose receiver must be checked, which verification does not do for interfaces: invokeinterface, and
 * invokespecial in an interface.  The cache is an immutable list of {class, method}, longest-known last; at most
 * INLINE_CACHE_MAX long. */
enum { INLINE_CACHE_MAX = 4 };
struct inline_cache { struct class *class; struct method *method; struct inline_cache *next; };
struct interface_site {
    struct method *declared;
    struct class *required;              /* the receiver must be an instance of it */
    int32_t index;                       /* in the vtable or the itable, of selection SITE_VIRTUAL and SITE_INTERFACE */
    enum site_selection { SITE_INTERFACE, SITE_VIRTUAL, SITE_DIRECT, SITE_SUPER /* by invokespecial */ } selection;
    struct inline_cache *_Atomic cache;
    _Atomic uint32_t entries;
};

/* Makes m->code (once; races are settled by compare-and-swap).  false: exception pending. */
bool code_prepare(struct thread *t, struct method *m);
/* The form in which execution can be resumed at any bytecode index. */
struct code *code_plain(struct thread *t, struct method *m);
struct insn *code_at(struct code *code, uint32_t bci);
struct code *code_translate(struct thread *t, struct method *m, bool plain); /* translate.c */
static inline bool code_contains(const struct code *code, const void *pc)
{
    return (const struct insn *)pc >= code->insns && (const struct insn *)pc < code->insns + code->count;
}
void code_dump(const struct method *m, const struct code *code, FILE *out);
/* -Xlog:interpreter=trace: what was translated, and to what. */
void code_log(const struct method *m, const struct code *code);

/* The loop: runs `frame` (flag FRAME_ENTRY) until it returns or throws. */
void interpreter_loop(struct thread *t, struct frame *frame);
/* Runs a frame that was pushed elsewhere with its state at `bci` in locals and operand-stack slots. */
void interpreter_resume(struct thread *t, struct frame *frame, uint32_t bci);

/* Slow paths of instructions (quicken.c), for the instruction `pc` of frame f, on top of t, whose pc is saved. */
enum quickened {
    QUICK_FAILED,                        /* an exception is pending */
    QUICK_AGAIN,                         /* the instruction was rewritten: run it */
    QUICK_DONE,                          /* executed here, and left as it was */
};
enum quickened quicken_getfield(struct thread *t, struct frame *f, struct insn *pc);
enum quickened quicken_putfield(struct thread *t, struct frame *f, struct insn *pc);
enum quickened quicken_getstatic(struct thread *t, struct frame *f, struct insn *pc);
enum quickened quicken_putstatic(struct thread *t, struct frame *f, struct insn *pc);
enum quickened quicken_ldc(struct thread *t, struct frame *f, struct insn *pc);
enum quickened quicken_new(struct thread *t, struct frame *f, struct insn *pc);
enum quickened quicken_anewarray(struct thread *t, struct frame *f, struct insn *pc);
enum quickened quicken_checkcast(struct thread *t, struct frame *f, struct insn *pc);
enum quickened quicken_instanceof(struct thread *t, struct frame *f, struct insn *pc);
bool run_multianewarray(struct thread *t, struct frame *f, struct insn *pc);
bool run_getfield_slow(struct thread *t, struct frame *f, struct insn *pc);
bool run_putfield_slow(struct thread *t, struct frame *f, struct insn *pc);
void run_putstatic_slow(struct frame *f, struct insn *pc);

/* Pairs (fuse.c).  fused_form: the first one's opcode, perhaps that of a pair. */
enum ir fused_form(struct insn first, struct insn second);
enum ir unfused_form(enum ir op);
void fuse_resolved(struct insn *pc, struct insn resolved); /* publishes, fused with what follows */
void fuse_pending(struct insn *pc);
void fuse_moves(struct insn *call);      /* the move before a call that has CALL_MOVED set */
enum { CALL_MOVED = 0x8000, CALL_ARGUMENTS = 0xff }; /* b of an unresolved call: a move precedes; argument slots */

/* Call resolution (calls.c): the method that an unresolved invoke runs now (NULL: exception pending); the
 * instruction is rewritten when the answer holds for good.  Arguments start at register pc->a. */
struct method *quicken_invokestatic(struct thread *t, struct frame *f, struct insn *pc);
struct method *quicken_invokespecial(struct thread *t, struct frame *f, struct insn *pc);
struct method *quicken_invokevirtual(struct thread *t, struct frame *f, struct insn *pc);
struct method *quicken_invokeinterface(struct thread *t, struct frame *f, struct insn *pc);
struct method *quicken_invokedynamic(struct thread *t, struct frame *f, struct insn *pc);
struct method *interface_lookup(struct thread *t, struct interface_site *site, struct class *receiver);
/* The method that an intrinsic (invokeBasic, linkTo*) runs, from its arguments.  NULL: exception pending. */
struct method *intrinsic_target(struct thread *t, struct method *m, union slot *args);

/* Locks (locks.c).  false: exception pending. */
enum { LOCK_SLOTS_MAXIMUM = 8 };         /* monitors that a frame holds in slots; further ones in frame->monitors */
bool frame_monitor_enter(struct thread *t, struct frame *f, struct object *o);
bool frame_monitor_exit(struct thread *t, struct frame *f, struct object *o);
bool frame_lock_method(struct thread *t, struct frame *f);
/* Releases what the frame holds; `normal`: it returns (else it is unwound).  false: a new exception is pending. */
bool frame_release(struct thread *t, struct frame *f, bool normal);
/* What monitorenter locked in a stopped frame, latest first; the method's own lock is frame->lock. */
size_t frame_held_monitors(const struct frame *f, struct object **out, size_t maximum);

/* Messages (throw.c). */
void throw_null(struct thread *t);
void throw_index(struct thread *t, int32_t index, const struct object *array);
void throw_division(struct thread *t);
void throw_class_cast(struct thread *t, const struct object *o, const struct class *target);
void throw_array_store(struct thread *t, const struct object *o);
void throw_abstract(struct thread *t, const struct class *receiver, struct method *m);
void throw_not_implemented(struct thread *t, const struct class *receiver, const struct class *interface);
void throw_not_current(struct thread *t, const struct class *receiver, const struct class *sender);

/* Java's conversions and remainders (JLS 5.1.3, 15.17.3). */
static inline int32_t f2i_d(double d)
{
    if (d >= -2147483648.0 && d < 2147483648.0)
        return (int32_t)d;
    return d != d ? 0 : d < 0 ? INT32_MIN : INT32_MAX;
}
static inline int64_t f2l_d(double d)
{
    if (d >= -9223372036854775808.0 && d < 9223372036854775808.0)
        return (int64_t)d;
    return d != d ? 0 : d < 0 ? INT64_MIN : INT64_MAX;
}

#endif
