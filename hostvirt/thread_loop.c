/* The loop of a guest thread: into the guest, out of it, system call or exception, then whatever `wanted` asks for. */
#include "hostvirt/checkpoint.h"
#include "hostvirt/guestsignal.h"
#include "hostvirt/syscall.h"
#include "hostvirt/syscall_trace.h"
#include "hostvirt/thread.h"
#include "hostvirt/thread_private.h"
#include "hostvirt/vdso.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define PATCH_ATTEMPTS 4096 /* programs have a few hundred sites; what makes more of them is not worth the lock */
#define PATCH_AFTER 8 /* calls: rewriting a page of code costs as much as it saves in about so many */
#define FAULT_RETRIES 200   /* of one instruction at one address, before it counts as a fault that will not go away */

/* Vectors of exceptions, SDM 3A, table 6-1. */
enum { VECTOR_DE = 0, VECTOR_DB = 1, VECTOR_BP = 3, VECTOR_OF = 4, VECTOR_BR = 5, VECTOR_UD = 6, VECTOR_TS = 10,
       VECTOR_NP = 11, VECTOR_SS = 12, VECTOR_GP = 13, VECTOR_PF = 14, VECTOR_MF = 16, VECTOR_AC = 17, VECTOR_XM = 19 };

enum { ERROR_PRESENT = 1, ERROR_WRITE = 2, ERROR_USER = 4, ERROR_FETCH = 16 }; /* of page faults, SDM 3A 4.7 */

/* The last page fault that was retried: two in a row at one place are no race. */
struct retries {
    uint64_t rip, address;
    unsigned count;
};

static bool retry(struct retries *r, uint64_t rip, uint64_t address)
{
    if (r->rip != rip || r->address != address)
        *r = (struct retries){rip, address, 0};
    return ++r->count < FAULT_RETRIES;
}

/* ---- system calls ---------------------------------------------------------------------------------------------- */

/* Sites that share a counter are rewritten a little sooner. */
static bool called_often(struct monitor *m, uint64_t site)
{
    _Atomic uint8_t *calls = &m->site_calls[(site >> 1 ^ site >> 12) & (PATCH_SITES - 1)];

    if (atomic_fetch_add_explicit(calls, 1, memory_order_relaxed) + 1 < PATCH_AFTER)
        return false;
    atomic_store_explicit(calls, 0, memory_order_relaxed);
    return true;
}

/* Rewrites the call's site so that it leaves the guest directly, where that is cheaper: only code of private mappings
 * that is not writable, because what a program writes itself is its own. */
static void patch_site(struct thread *t)
{
    struct monitor *m = t->process->monitor;
    struct memory *memory = t->process->memory;
    uint64_t site = t->cpu.regs.rip - 2;
    bool done = false;

    if (t->unpatchable == site || !called_often(m, site) || m->patch_attempts >= PATCH_ATTEMPTS)
        return;
    m->patch_attempts++;
    pthread_mutex_lock(&memory->lock);
    const struct mapping *found = memory_find(memory, site);
    if (found != NULL && found->start <= site && site + 2 <= found->end && !found->shared &&
        (found->kind == MAPPING_FILE || found->kind == MAPPING_ANONYMOUS) &&
        (found->prot & (PROT_EXEC | PROT_WRITE)) == PROT_EXEC)
        done = vm_patch_site(memory->vm, site);
    pthread_mutex_unlock(&memory->lock);
    if (!done)
        t->unpatchable = site;
}

/* Linux looks at the number's lower half only. */
static struct call call_of(const struct kvm_regs *r)
{
    return (struct call){(uint32_t)r->rax, {r->rdi, r->rsi, r->rdx, r->r10, r->r8, r->r9}};
}

static int64_t enter_call(struct thread *t, const struct guest_exit *e)
{
    struct monitor *m = t->process->monitor;
    const struct call c = call_of(&t->cpu.regs);

    if (e->detail != 0) {
        COUNT(m->statistics, exits_patched);
    } else {
        COUNT(m->statistics, exits_syscall);
        if (m->platform.software)
            patch_site(t);
    }
    return syscall_dispatch(t, &c);
}

/* ---- exceptions ------------------------------------------------------------------------------------------------ */

/* Which of the x87's (FSW, FCW) or SSE's (MXCSR) exceptions it was: si_code of SIGFPE. */
static int arithmetic_code(struct thread *t, uint8_t vector)
{
    unsigned raised;

    if (t->vcpu != NULL && vcpu_load_xsave(t->vcpu, &t->cpu) != 0)
        return FPE_FLTUNK;
    if (vector == VECTOR_MF) {
        uint16_t control = *(uint16_t *)t->cpu.xsave, status = *(uint16_t *)(t->cpu.xsave + 2);
        raised = status & ~control;
    } else {
        uint32_t mxcsr = *(uint32_t *)(t->cpu.xsave + 24);
        raised = mxcsr & ~(mxcsr >> 7);
    }
    return raised & 1    ? FPE_FLTINV
           : raised & 4  ? FPE_FLTDIV
           : raised & 8  ? FPE_FLTOVF
           : raised & 18 ? FPE_FLTUND /* underflow, denormal operand */
           : raised & 32 ? FPE_FLTRES
                         : FPE_FLTUNK;
}

/* The mapping list says what a fault is.  Guests' page tables and Linux's differ in when pages are present: neither
 * si_code nor the error's present bit are taken from the processor. */
static void page_fault(struct thread *t, const struct guest_exit *e, struct retries *r)
{
    unsigned access = e->error & ERROR_FETCH ? PT_EXECUTE : e->error & ERROR_WRITE ? PT_WRITE : PT_READ;
    uint64_t error = ERROR_USER | (e->error & (ERROR_WRITE | ERROR_FETCH));
    int code = memory_fault(t->process->memory, e->address, access);

    /* Accessible by now: another thread's change, or a window that is made at its first touch. */
    if (code == 0 && retry(r, t->cpu.regs.rip, e->address))
        return;
    if (code < 0) { /* no memory left for page tables or a slot */
        signal_force(t, SIGBUS, BUS_ADRERR, e->address, VECTOR_PF, error);
        return;
    }
    if ((code == SEGV_ACCERR && e->error & ERROR_PRESENT) || e->address >= GUEST_HIGH)
        error |= ERROR_PRESENT;
    signal_force(t, SIGSEGV, code == SEGV_ACCERR ? SEGV_ACCERR : SEGV_MAPERR, e->address, VECTOR_PF, error);
}

static void exception(struct thread *t, const struct guest_exit *e, struct retries *r)
{
    static const struct { uint8_t vector; int signal, code; bool at_instruction; } table[] = {
        {VECTOR_DE, SIGFPE, FPE_INTDIV, true},   {VECTOR_DB, SIGTRAP, TRAP_TRACE, true},
        {VECTOR_BP, SIGTRAP, SI_KERNEL, false},  {VECTOR_OF, SIGSEGV, SI_KERNEL, false},
        {VECTOR_BR, SIGSEGV, SI_KERNEL, false},  {VECTOR_UD, SIGILL, ILL_ILLOPN, true},
        {VECTOR_TS, SIGSEGV, SI_KERNEL, false},  {VECTOR_NP, SIGBUS, SI_KERNEL, false},
        {VECTOR_SS, SIGBUS, SI_KERNEL, false},   {VECTOR_GP, SIGSEGV, SI_KERNEL, false},
        {VECTOR_AC, SIGBUS, BUS_ADRALN, false},
    };
    uint64_t rip = t->cpu.regs.rip;

    COUNT(t->process->monitor->statistics, exits_exception);
    if (t->process->monitor->policy->trace_exits)
        trace_exception(t, e);
    if (e->vector == VECTOR_PF) {
        page_fault(t, e, r);
        return;
    }
    if (e->vector == VECTOR_MF || e->vector == VECTOR_XM) {
        signal_force(t, SIGFPE, arithmetic_code(t, e->vector), rip, e->vector, 0);
        return;
    }
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].vector == e->vector) {
            signal_force(t, table[i].signal, table[i].code, table[i].at_instruction ? rip : 0, e->vector, e->error);
            return;
        }
    signal_force(t, SIGSEGV, SI_KERNEL, 0, e->vector, e->error);
}

/* The guest's page tables allow what the host's memory does not.  Mostly a change under way in another thread; else the
 * end of a file that was mapped beyond it.  KVM does not say which address it was. */
static void host_fault(struct thread *t, struct retries *r)
{
    uint64_t address = fault_address(&t->cpu.regs);

    COUNT(t->process->monitor->statistics, exits_fault);
    /* Nothing of the instruction is out of reach now: once more, unless that has been so for long. */
    if (address == 0 && retry(r, t->cpu.regs.rip, 0))
        return;
    signal_force(t, SIGBUS, BUS_ADRERR, address, VECTOR_PF, ERROR_USER);
}

/* ---- the loop -------------------------------------------------------------------------------------------------- */

static bool leaving(const struct thread *t)
{
    return t->exiting || t->process->exiting || t->process->moved;
}

/* Everything that other threads may ask of this one, until nothing more is asked. */
static void attend(struct thread *t, bool in_call, int64_t result)
{
    struct monitor *m = t->process->monitor;

    do {
        t->wanted = 0;
        if (t->process != m->process)
            family_take_mail(t->process); /* the signal thread does it for the main process only */
        if (t->scheduling.set_processors || t->scheduling.set_policy || t->scheduling.set_nice)
            schedule_as_asked(t);
        signal_deliver(t, in_call, result);
        in_call = false; /* the call has its result, or its registers are those of before it */
        if (m->stop_request != 0 && !leaving(t))
            checkpoint_park(t);
        if (m->vcpu_waiters != 0)
            thread_release_vcpu(t);
    } while (t->wanted && !leaving(t));
}

static void after_call(struct thread *t, int64_t result)
{
    /* The results that only signal_deliver can turn into something of the guest's (thread.h). */
    if (t->wanted || thread_call_restarts(result) || t->restore_blocked) {
        attend(t, true, result);
        return;
    }
    if (result != SYS_NO_RESULT)
        t->cpu.regs.rax = (uint64_t)result;
    t->restarting = false;
}

static void end_by_failure(struct thread *t, const char *what, int number)
{
    fprintf(stderr, "cloister: the isolate is ended: %s (%d); `cloister check` shows what this machine offers\n", what,
            number);
    process_exit_group(t->process, SIGKILL);
}

/* Several threads may come here at once: one of them tells. */
static void first_exit(struct monitor *m)
{
    void (*exited)(struct monitor *) = __atomic_exchange_n(&m->exited, NULL, __ATOMIC_RELAXED);

    if (exited != NULL)
        exited(m);
}

static void run_once(struct thread *t, struct retries *r)
{
    struct guest_exit e = {0};
    uint64_t from = t->cpu.regs.rip;
    bool rewound = t->rewound;

    t->rewound = false;
    vcpu_run(t->vcpu, &t->cpu, &e);
    if (__builtin_expect(t->process->monitor->exited != NULL, 0))
        first_exit(t->process->monitor);
    vdso_refresh(t->process->monitor);
    /* Still at the call that is to be made again: it cannot have come back there without making it. */
    bool there = e.kind != EXIT_SYSCALL && t->cpu.regs.rip == from;
    if (e.kind != EXIT_SYSCALL) {
        t->restarting = t->restarting && there;
        t->rewound = rewound && there;
    }
    switch (e.kind) {
    case EXIT_SYSCALL:
        after_call(t, enter_call(t, &e));
        return;
    case EXIT_EXCEPTION:
        exception(t, &e, r);
        break;
    case EXIT_KICKED:
        COUNT(t->process->monitor->statistics, exits_kick);
        break;
    case EXIT_HOST_FAULT:
        host_fault(t, r);
        break;
    case EXIT_FAILED:
        end_by_failure(t, "KVM cannot go on with it, exit reason", (int)e.detail);
        break;
    }
}

/* The call that a thread without a vCPU stands at, made from its registers: threads of a clone that only wait need no
 * vCPU until they wake. */
static void make_again(struct thread *t)
{
    struct kvm_regs *r = &t->cpu.regs;
    const struct call c = call_of(r);

    t->rewound = false;
    r->rip += 2;
    r->rcx = r->rip;
    r->r11 = r->rflags;
    after_call(t, syscall_dispatch(t, &c));
}

void thread_loop(struct thread *t)
{
    struct retries r = {0};

    thread_begin(t);
    while (!leaving(t)) {
        if (t->wanted)
            attend(t, false, 0);
        if (leaving(t))
            break;
        if (t->vcpu == NULL && t->rewound) {
            make_again(t);
            continue;
        }
        if (t->vcpu == NULL) {
            int error = thread_take_vcpu(t);
            if (error != 0 && error != -EINTR)
                end_by_failure(t, "no virtual processor can be had", -error);
            continue; /* what came meanwhile is seen first */
        }
        run_once(t, &r);
    }
    thread_end(t);
}
