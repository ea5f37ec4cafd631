/* Starting the heap: libgc's settings, limits, and the registry of attached threads. */
#include "gc/backend.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    INITIAL_HEAP_LIMIT = 8 * MIB,    /* untouched pages cost nothing, but a small heap stays in the caches */
    MOST_INTERVAL = 8 * MIB,
    LEAST_INTERVAL = 1 * MIB,
    MARKERS_LIMIT = 16,              /* libgc's */
    TORTURE_INTERVAL = 64,
};

/* One per process because libgc is (its state, signals and thread registry are process-wide). */
struct gc_heap gc_heap;

extern char **environ;

_Noreturn void gc_fatal(const char *sentence)
{
    fprintf(stderr, "Error: %s\n", sentence);
    _exit(1);
}

void *gc_try_reserve(size_t *bytes, size_t least)
{
    for (size_t size = *bytes; size >= least; size /= 2) {
        size = (size + 4095) & ~(size_t)4095;
        void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (p != MAP_FAILED) {
            *bytes = size;
            return p;
        }
    }
    return NULL;
}

void *gc_reserve(size_t *bytes, size_t least)
{
    void *p = gc_try_reserve(bytes, least);
    if (p == NULL)
        gc_fatal("no address space is left for the heap's tables; raise the limit on virtual memory");
    return p;
}

/* libgc ends the process itself when memory is missing for its own tables: that is no fault to report as a crash. */
static void GC_CALLBACK on_libgc_abort(const char *message)
{
    if (message == NULL)
        return; /* it has said why, and exits */
    if (strcasestr(message, "memory") != NULL)
        gc_fatal(message);
    fprintf(stderr, "Error: the collector cannot go on: %s\n", message);
}

/* libgc obeys GC_* variables of the environment, which belong to the user's program: they are hidden from it while
 * it starts, and put back. */
struct hidden_variables { char **saved; size_t count; };

static struct hidden_variables hide_variables(void)
{
    struct hidden_variables hidden = {NULL, 0};
    size_t found = 0;
    for (char **e = environ; e != NULL && *e != NULL; e++)
        found += strncmp(*e, "GC_", 3) == 0;
    if (found == 0)
        return hidden;
    hidden.saved = calloc(found, sizeof *hidden.saved);
    if (hidden.saved == NULL)
        gc_fatal("out of memory while starting the heap");
    for (char **e = environ; *e != NULL;) {
        char *equals = strchr(*e, '=');
        if (strncmp(*e, "GC_", 3) != 0 || equals == NULL) {
            e++;
            continue;
        }
        char *copy = strdup(*e);
        if (copy == NULL)
            gc_fatal("out of memory while starting the heap");
        copy[equals - *e] = '\0';
        unsetenv(copy); /* moves the rest of environ down: e stays */
        hidden.saved[hidden.count++] = copy;
    }
    return hidden;
}

static void restore_variables(struct hidden_variables hidden)
{
    for (size_t i = 0; i < hidden.count; i++) {
        char *name = hidden.saved[i];
        setenv(name, name + strlen(name) + 1, 1);
        free(name);
    }
    free(hidden.saved);
}

/* The first real-time signal from `from` on that nobody handles.  SIGRTMAX-2 belongs to the JDK's network code. */
static int free_signal(int from)
{
    for (int s = from; s <= SIGRTMAX; s++) {
        struct sigaction action;
        if (s != SIGRTMAX - 2 && sigaction(s, NULL, &action) == 0 && !(action.sa_flags & SA_SIGINFO) &&
            action.sa_handler == SIG_DFL)
            return s;
    }
    return 0;
}

static bool choose_signals(void)
{
    int suspend = free_signal(SIGRTMIN + 3);
    int restart = suspend != 0 ? free_signal(suspend + 1) : 0;
    if (restart == 0) {
        fputs("Error: the collector needs two free real-time signals and finds none\n", stderr);
        return false;
    }
    GC_set_suspend_signal(suspend);
    GC_set_thr_restart_signal(restart);
    return true;
}

static unsigned marker_count(int asked)
{
    int n = asked;
    if (n <= 0) {
        cpu_set_t set;
        n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    }
    return n < 1 ? 1 : n > MARKERS_LIMIT ? MARKERS_LIMIT : (unsigned)n;
}

/* Exhaustion is handled in alloc.c; libgc's answer is just NULL. */
static void *GC_CALLBACK nothing_left(size_t bytes)
{
    (void)bytes;
    return NULL;
}

static void set_torture(const struct gc_options *options)
{
    gc_heap.torture = options->torture;
#ifdef CLOISTER_TORTURE
    gc_heap.torture = true;
#endif
    const char *interval = getenv("CLOISTER_TORTURE_INTERVAL");
    int n = interval != NULL ? atoi(interval) : TORTURE_INTERVAL;
    gc_heap.torture_interval = n > 0 ? (uint32_t)n : TORTURE_INTERVAL;
}

static size_t clamp(size_t value, size_t least, size_t most)
{
    return value < least ? least : value > most ? most : value;
}

static void set_limits(const struct gc_options *options)
{
    gc_heap.maximum = options->maximum_heap;
    gc_heap.least_interval = clamp(options->maximum_heap / 8, LEAST_INTERVAL, MOST_INTERVAL);
    gc_limit_init(options->maximum_heap);
    GC_set_free_space_divisor(2);
    GC_set_min_bytes_allocd(gc_heap.least_interval);
}

/* The thread that starts the VM need not be the process's first one (the launcher makes a new thread), so its stack's
 * bottom is given to libgc, which would assume the first thread's. */
static bool set_stack_bottom(void)
{
    struct GC_stack_base base;
    if (GC_get_stack_base(&base) != GC_SUCCESS)
        return false;
    GC_set_stackbottom(NULL, &base);
    return true;
}

/* The order matters: what is set before GC_init has no effect after it. */
bool gc_init(const struct gc_options *options)
{
    struct hidden_variables hidden = hide_variables();
    GC_set_all_interior_pointers(0); /* the heap holds addresses of objects only; stacks may hold interior ones */
    GC_set_no_dls(1);                /* no data segment is a root */
    GC_set_java_finalization(1);
    GC_set_finalize_on_demand(1);
    GC_set_markers_count(marker_count(options->markers));
    GC_set_oom_fn(nothing_left);
    if (!choose_signals() || !set_stack_bottom()) {
        restore_variables(hidden);
        return false;
    }
    GC_set_abort_func(on_libgc_abort);
    GC_init();
    restore_variables(hidden);
    GC_set_warn_proc(GC_ignore_warn_proc);
    GC_init_gcj_malloc(GC_GCJ_RESERVED_MARK_PROC_INDEX, (void *)gc_mark_proc);
    GC_allow_register_threads();
    set_torture(options);
    set_limits(options);
    size_t initial = clamp(options->initial_heap, MIB, INITIAL_HEAP_LIMIT);
    if (initial > options->maximum_heap / 2)
        initial = options->maximum_heap / 2;
    if (initial > GC_get_heap_size())
        GC_expand_hp(initial - GC_get_heap_size()); /* failing is harmless: the heap grows on demand */
    gc_references_init(options);
    gc_trace_init();
    gc_stats_init();
    gc_roots_init();
    return true;
}

static void *link_thread(void *arg)
{
    struct gc_thread *self = arg;
    self->prev = NULL;
    self->next = gc_heap.threads;
    if (self->next != NULL)
        self->next->prev = self;
    gc_heap.threads = self;
    return NULL;
}

static void *unlink_thread(void *arg)
{
    struct gc_thread *self = arg;
    if (self->prev != NULL)
        self->prev->next = self->next;
    else
        gc_heap.threads = self->next;
    if (self->next != NULL)
        self->next->prev = self->prev;
    self->next = self->prev = NULL;
    gc_heap.retired_bytes += self->allocated_bytes;
    for (size_t i = 0; i < GC_LISTS; i++) {
        gc_drop_cells(&self->free_objects[i]);
        gc_drop_cells(&self->free_atomic[i]);
    }
    return NULL;
}

bool gc_thread_attach(struct gc_thread *self, void *stack_base)
{
    struct GC_stack_base base = {.mem_base = stack_base};
    memset(self, 0, sizeof *self);
    if (stack_base == NULL && GC_get_stack_base(&base) != GC_SUCCESS)
        return false;
    int result = gc_limit_register_thread(&base); /* GC_DUPLICATE: the thread that called gc_init */
    if (result != GC_SUCCESS && result != GC_DUPLICATE)
        return false;
    GC_call_with_alloc_lock(link_thread, self);
    return true;
}

void gc_thread_detach(struct gc_thread *self)
{
    GC_call_with_alloc_lock(unlink_thread, self);
    GC_unregister_my_thread();
}
