/* Profiles for a compiler (-XX:+ProfileInterpreter): what the virtual calls and branches of a warm method have met.
 * Collected by instructions that the translator adds only then, so that nothing is paid without the option.  Counts are
 * plain loads and stores: racing threads may lose some.  A receiver class, once recorded, stays. */
#ifndef CLOISTER_INTERPRETER_PROFILE_H
#define CLOISTER_INTERPRETER_PROFILE_H

#include "interpreter/code.h"

enum {
    PROFILE_THRESHOLD = 200,             /* invocations and back-edges before a method gets its profile */
    PROFILE_CLASSES = 2,
};

struct profile_call {                    /* an invokevirtual or invokeinterface instruction */
    struct class *_Atomic classes[PROFILE_CLASSES]; /* in the order of their first calls; NULL: none yet */
    _Atomic uint32_t counts[PROFILE_CLASSES];
    _Atomic uint32_t others;             /* calls with receivers of further classes: the site is megamorphic */
    uint16_t bci;
};

struct profile_branch {                  /* a conditional branch */
    _Atomic uint32_t taken, not_taken;
    uint16_t bci;
};

struct profile {
    struct profile *next;                /* all of the VM's, newest first */
    struct method *method;
    uint32_t call_count, branch_count;
    struct profile_call *calls;          /* both in the order of the code: bci ascends */
    struct profile_branch *branches;
};

/* Which instructions a method's profile has records for; a part of its code. */
struct profile_layout {
    uint32_t call_count, branch_count;
    uint16_t bcis[];                     /* of the calls, then of the branches */
};

struct profiles;                         /* vm->interpreter */
struct profiles *profiles_new(void);
/* The records of a method that has become warm, unless it has them. */
void profile_allocate(struct thread *t, struct method *m);
static inline struct profile *profile_of(const struct method *m)
{
    return __atomic_load_n(&m->profile, __ATOMIC_ACQUIRE);
}

/* Counts stop at their maximum. */
static inline void profile_count(_Atomic uint32_t *counter)
{
    uint32_t n = atomic_load_explicit(counter, memory_order_relaxed);
    if (LIKELY(n != UINT32_MAX))
        atomic_store_explicit(counter, n + 1, memory_order_relaxed);
}
void profile_receiver(struct profile_call *call, struct class *receiver);

/* -Xlog:interpreter=debug: every profile, at exit. */
void profiles_log(struct vm *vm);

#endif
