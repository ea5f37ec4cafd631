/* Signals for Java: jdk.internal.misc.Signal's natives and the "Signal Dispatcher" thread. */
#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "native/boot_private.h"
#include "native/diagnostic.h"
#include "native/jvm.h"
#include "native/stackwalk_private.h"
#include "vm/call.h"
#include "vm/crash.h"
#include "vm/dump.h"
#include "vm/exception.h"
#include "vm/object.h"
#include "vm/safepoint.h"
#include "vm/string.h"
#include "vm/vm.h"

enum { SIGNAL_LIMIT = 65, DISPATCHER_PRIORITY = 9, NANOSECONDS_PER_SECOND = 1000000000, REST_NS = 400000000 };
#define HANDLER_DEFAULT ((void *)0)
#define HANDLER_IGNORE ((void *)1)
#define HANDLER_JAVA ((void *)2)
#define HANDLER_REFUSED ((void *)-1)

/* One per process, as signals are; written by signal handlers. */
static struct {
    _Atomic uint32_t pending[SIGNAL_LIMIT];
    sem_t arrived;
    _Atomic bool collected; /* memory waits to be given back once the program rests */
} signals;

static const struct signal_name {
    const char *name;
    int number;
} names[] = {
#define SIGNAL(n) {#n, SIG##n}
    SIGNAL(ABRT),     SIGNAL(ALRM),   SIGNAL(BUS),   SIGNAL(CHLD), SIGNAL(CONT),   SIGNAL(FPE),  SIGNAL(HUP),
    SIGNAL(ILL),      SIGNAL(INT),    SIGNAL(IO),    SIGNAL(IOT),  SIGNAL(KILL),   SIGNAL(PIPE), SIGNAL(POLL),
    SIGNAL(PROF),     SIGNAL(PWR),    SIGNAL(QUIT),  SIGNAL(SEGV), SIGNAL(STKFLT), SIGNAL(STOP), SIGNAL(SYS),
    SIGNAL(TERM),     SIGNAL(TRAP),   SIGNAL(TSTP),  SIGNAL(TTIN), SIGNAL(TTOU),   SIGNAL(URG),  SIGNAL(USR1),
    SIGNAL(USR2),     SIGNAL(VTALRM), SIGNAL(WINCH), SIGNAL(XCPU), SIGNAL(XFSZ),
#undef SIGNAL
    {"CLD", SIGCHLD},
};

JNIEXPORT jint JNICALL JVM_FindSignal(const char *name)
{
    for (size_t i = 0; i < ARRAY_COUNT(names); i++)
        if (strcmp(names[i].name, name) == 0)
            return names[i].number;
    return -1;
}

/* Runs on any thread at any instruction: counts, posts, and nothing else. */
static void on_java_signal(int number, siginfo_t *info, void *context)
{
    int saved = errno;
    if (number > 0 && number < SIGNAL_LIMIT) {
        atomic_fetch_add(&signals.pending[number], 1);
        sem_post(&signals.arrived);
    }
    errno = saved;
}

static bool is_shutdown_signal(int number)
{
    return number == SIGHUP || number == SIGINT || number == SIGTERM;
}

static bool is_ignored(int number)
{
    struct sigaction now;
    return sigaction(number, NULL, &now) == 0 && (now.sa_flags & SA_SIGINFO) == 0 && now.sa_handler == SIG_IGN;
}

static void *handler_of(const struct sigaction *action)
{
    if (action->sa_flags & SA_SIGINFO)
        return action->sa_sigaction == on_java_signal ? HANDLER_JAVA : (void *)(uintptr_t)action->sa_sigaction;
    if (action->sa_handler == SIG_DFL)
        return HANDLER_DEFAULT;
    return action->sa_handler == SIG_IGN ? HANDLER_IGNORE : (void *)(uintptr_t)action->sa_handler;
}

static void *install(int number, void *handler)
{
    struct sigaction action = {.sa_flags = SA_RESTART}, old;
    sigfillset(&action.sa_mask);
    if (handler == HANDLER_JAVA) {
        action.sa_flags |= SA_SIGINFO;
        action.sa_sigaction = on_java_signal;
    } else if (handler == HANDLER_DEFAULT || handler == HANDLER_IGNORE) {
        action.sa_handler = handler == HANDLER_DEFAULT ? SIG_DFL : SIG_IGN;
    } else {
        action.sa_handler = (void (*)(int))(uintptr_t)handler;
    }
    return sigaction(number, &action, &old) == 0 ? handler_of(&old) : HANDLER_REFUSED;
}

JNIEXPORT void *JNICALL JVM_RegisterSignal(jint number, void *handler)
{
    const struct options *o = &vm_instance()->options;
    if (number <= 0 || number >= SIGNAL_LIMIT || number == SIGFPE || number == SIGILL || number == SIGSEGV ||
        number == SIGQUIT)
        return HANDLER_REFUSED; /* used by the VM */
    if (is_shutdown_signal(number)) {
        if (o->reduced_signals)
            return HANDLER_REFUSED;
        if (is_ignored(number)) /* nohup and shells' background jobs */
            return HANDLER_IGNORE;
    }
    return install(number, handler);
}

JNIEXPORT jboolean JNICALL JVM_RaiseSignal(jint number)
{
    const struct options *o = &vm_instance()->options;
    if (o->reduced_signals && (is_shutdown_signal(number) || number == SIGQUIT))
        return JNI_FALSE; /* no handler of ours is there */
    if (is_shutdown_signal(number) && is_ignored(number))
        return JNI_FALSE;
    raise(number);
    return JNI_TRUE;
}

/* ---- the dispatcher -------------------------------------------------------------------------------------- */

static int take_pending(void)
{
    for (int number = 1; number < SIGNAL_LIMIT; number++) {
        uint32_t count = atomic_load(&signals.pending[number]);
        while (count != 0)
            if (atomic_compare_exchange_weak(&signals.pending[number], &count, count - 1))
                return number;
    }
    return 0;
}

static void on_collected(void)
{
    if (!atomic_exchange(&signals.collected, true))
        sem_post(&signals.arrived);
}

/* After a collection: gives memory back when the program has taken none for a while. */
static void wait_for_rest(struct thread *t)
{
    uint64_t before = gc_activity();
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += REST_NS;
    until.tv_sec += until.tv_nsec / NANOSECONDS_PER_SECOND;
    until.tv_nsec %= NANOSECONDS_PER_SECOND;
    int result;
    while ((result = sem_timedwait(&signals.arrived, &until)) != 0 && errno == EINTR)
        ;
    if (result != 0 && gc_activity() == before) {
        atomic_store(&signals.collected, false);
        thread_enter_java(t);
        gc_rest();
        thread_leave_java(t, THREAD_BLOCKED);
    }
}

static int wait_for_signal(struct thread *t)
{
    int number;
    thread_leave_java(t, THREAD_BLOCKED);
    while ((number = take_pending()) == 0)
        if (atomic_load(&signals.collected))
            wait_for_rest(t);
        else
            while (sem_wait(&signals.arrived) != 0 && errno == EINTR)
                ;
    thread_enter_java(t);
    return number;
}

/* SIGQUIT asks for a thread dump, unless the isolate's monitor or one of the JDK's tools sent it. */
static void on_quit(struct thread *t)
{
    if (questions_answer(t))
        return;
    if (attach_requested())
        attach_start(t);
    else
        dump_all_threads(t);
}

static void dispatch(struct thread *t, void *unused)
{
    for (;;) {
        int number = wait_for_signal(t);
        if (number == SIGQUIT) {
            on_quit(t);
            continue;
        }
        java_callv(t, t->vm->known.Signal_dispatch, NULL, number);
        if (exception_pending(t)) {
            char name[512];
            class_external_name(object_class(t->exception), name, sizeof name);
            log_warning(
                "Exception %s occurred dispatching signal SIG%s to handler- the VM may need to be forcibly terminated",
                name, sigabbrev_np(number) != NULL ? sigabbrev_np(number) : "?");
            exception_clear(t);
        }
    }
}

struct object *signals_new_system_thread(struct thread *t, const char *name)
{
    struct wellknown *k = &t->vm->known;
    struct object *group = *t->vm->system_thread_group;
    struct object *text = string_new_utf8(t, name);
    struct object *thread = text != NULL ? object_new(t, k->Thread) : NULL;
    if (thread == NULL || !java_callv(t, k->Thread_init, NULL, thread, group, text))
        return NULL;
    object_set_byte(thread, k->Thread_daemon, 1);
    object_set_int(thread, k->Thread_priority, DISPATCHER_PRIORITY);
    return java_callv(t, k->ThreadGroup_add, NULL, group, thread) ? thread : NULL;
}

bool signals_start_dispatcher(struct thread *t)
{
    signals_init(t->vm); /* a second time does nothing */
    sem_init(&signals.arrived, 0, 0);
    struct object *thread = signals_new_system_thread(t, "Signal Dispatcher");
    if (thread == NULL)
        return false;
    if (!thread_start(t->vm, thread, 0, dispatch, NULL)) {
        exception_throw_out_of_memory(t, "unable to create native thread: Signal Dispatcher");
        return false;
    }
    install(SIGQUIT, HANDLER_JAVA);
    gc_set_collected_hook(on_collected);
    if (!questions_announce(SIGQUIT))
        attach_remove_socket();
    return true;
}

/* Faults are the VM's even with -Xrs; a broken pipe and a file beyond `ulimit -f` are errors of write(2), not the end
 * of the process. */
void signals_init(struct vm *vm)
{
    static const int ignored[] = {SIGPIPE, SIGXFSZ};
    vm->hooks.frame_locks = frame_locked_objects;
    crash_init(vm);
    for (size_t i = 0; i < ARRAY_COUNT(ignored); i++) {
        struct sigaction old;
        if (sigaction(ignored[i], NULL, &old) == 0 && handler_of(&old) == HANDLER_DEFAULT)
            crash_ignore_signal(ignored[i]);
    }
}
