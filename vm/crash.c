/* Handlers of faults: embedders' handlers, and else the report and the end of the process. */
#include "vm/crash.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vm/crash_report.h"
#include "vm/vm.h"

static const int fatal_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};

/* One per process, as signal dispositions are. */
static struct sigaction previous[ARRAY_COUNT(fatal_signals)];
static _Atomic bool installed;
static _Atomic int32_t reporting_tid; /* the thread that writes the report; others wait for the end */

static const struct sigaction *previous_of(int number)
{
    for (size_t i = 0; i < ARRAY_COUNT(fatal_signals); i++)
        if (fatal_signals[i] == number)
            return &previous[i];
    return NULL;
}

/* A fault in this library is ours, whoever embeds it. */
static bool is_own_code(const void *context)
{
    Dl_info here, there;
    return dladdr((void *)crash_init, &here) != 0 && dladdr((void *)crash_pc(context), &there) != 0 &&
           here.dli_fbase == there.dli_fbase;
}

/* An embedder that had handlers before the VM came gets faults of code that is not ours. */
static bool chained(int number, siginfo_t *info, void *context)
{
    const struct sigaction *old = previous_of(number);
    if (old == NULL || is_own_code(context))
        return false;
    if (old->sa_flags & SA_SIGINFO) {
        old->sa_sigaction(number, info, context);
        return true;
    }
    if (old->sa_handler == SIG_DFL || old->sa_handler == SIG_IGN)
        return false;
    old->sa_handler(number);
    return true;
}

static _Noreturn void die(void)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t set;
    struct vm *vm = vm_instance();
    if (vm != NULL && vm->options.abort_hook != NULL)
        vm->options.abort_hook();
    sigaction(SIGABRT, &action, NULL);
    sigemptyset(&set);
    sigaddset(&set, SIGABRT);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    abort();
}

static void run_on_error(const char *pattern)
{
    char command[4096];
    crash_expand_pid(command, sizeof command, pattern);
    pid_t child = fork();
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    int saved = errno;
    int32_t nobody = 0, self = (int32_t)gettid();
    bool first = atomic_compare_exchange_strong(&reporting_tid, &nobody, self);
    if (first && chained(number, info, context)) {
        atomic_store(&reporting_tid, 0);
        errno = saved;
        return;
    }
    if (!first && nobody != self)
        for (;;)
            pause(); /* the reporting thread ends the process */
    crash_report(number, info, context); /* when it faults itself it is entered again and goes on with its next part */
    struct vm *vm = vm_instance();
    if (vm != NULL && vm->options.on_error != NULL)
        run_on_error(vm->options.on_error);
    die();
}

/* All other signals stay blocked while the report is written, the collector's too: it must not look at a thread on its
 * alternate stack. */
static void install(int number, struct sigaction *old)
{
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTART};
    action.sa_sigaction = on_fault;
    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < ARRAY_COUNT(fatal_signals); i++)
        sigdelset(&action.sa_mask, fatal_signals[i]);
    sigaction(number, &action, old);
}

void crash_init(struct vm *vm)
{
    if (atomic_exchange(&installed, true))
        return;
    crash_report_init(vm);
    for (size_t i = 0; i < ARRAY_COUNT(fatal_signals); i++)
        install(fatal_signals[i], &previous[i]);
}

static void do_nothing(int number)
{
}

void crash_ignore_signal(int number)
{
    struct sigaction action = {.sa_handler = do_nothing, .sa_flags = SA_RESTART};
    sigaction(number, &action, NULL);
}

void crash_use_stack(void *area, size_t size)
{
    stack_t old, fresh = {.ss_sp = area, .ss_size = size};
    if (sigaltstack(NULL, &old) == 0 && (old.ss_flags & SS_DISABLE) != 0) /* an embedder's own stays */
        sigaltstack(&fresh, NULL);
}

void crash_drop_stack(void *area)
{
    stack_t old, none = {.ss_flags = SS_DISABLE};
    if (sigaltstack(NULL, &old) == 0 && old.ss_sp == area)
        sigaltstack(&none, NULL);
}
