/* Collections as they happen: libgc's events drive reference processing, the figures, and the interval to the next
 * one. */
#include "gc/backend.h"

#include <time.h>

enum { UNMAP_ROUNDS = 2, WORTH_UNMAPPING = 16 * MIB };

/* One per process, as the heap.  Written in events, which libgc sends with its allocation lock held; read under it. */
static struct {
    struct gc_event now;          /* the collection in progress */
    uint64_t stop_ns;
    uint64_t collections, collection_ns, last_pause_ns, max_pause_ns, system_collections;
    size_t used_before_last, used_after_last;
    void (*hook)(const struct gc_event *event, void *arg);
    void *hook_arg;
    void (*collected)(void);
} stats;

/* Why the calling thread collects; a collection inside an allocation has no other cause. */
static __thread enum gc_cause cause __attribute__((tls_model("initial-exec"))) = GC_CAUSE_ALLOCATION;

static uint64_t now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* Of the collections that this thread runs; returns the former. */
static enum gc_cause set_cause(enum gc_cause new_cause)
{
    enum gc_cause former = cause;
    cause = new_cause;
    return former;
}

/* libgc weighs primitive data lightly and would collect a heap of byte arrays all the time; the more is alive, the more
 * may be allocated until the next collection, as far as the maximum allows. */
static void choose_interval(size_t used)
{
    size_t room = gc_heap.maximum > used ? gc_heap.maximum - used : 0;
    size_t interval = used / 2 < room / 4 ? used / 2 : room / 4;
    GC_set_min_bytes_allocd(interval > gc_heap.least_interval ? interval : gc_heap.least_interval);
}

static void collection_ended(void)
{
    stats.now.used_after = stats.used_after_last = gc_used_bytes();
    stats.now.committed = GC_get_heap_size();
    choose_interval(stats.now.used_after);
    if (stats.hook != NULL)
        stats.hook(&stats.now, stats.hook_arg);
    if (stats.collected != NULL && cause == GC_CAUSE_ALLOCATION)
        stats.collected();
}

static void collection_started(void)
{
    stats.collections++;
    stats.now = (struct gc_event){.cause = cause, .number = stats.collections, .start_ns = now_ns()};
    stats.now.used_before = stats.used_before_last = gc_used_bytes();
    if (cause == GC_CAUSE_SYSTEM_GC)
        stats.system_collections++;
}

static void world_restarted(void)
{
    uint64_t pause = now_ns() - stats.stop_ns;
    stats.now.pause_ns = stats.last_pause_ns = pause;
    stats.collection_ns += pause;
    if (pause > stats.max_pause_ns)
        stats.max_pause_ns = pause;
}

/* Runs in the collecting thread.  Between POST_STOP and PRE_START every other thread is stopped. */
static void GC_CALLBACK on_event(GC_EventType event)
{
    switch (event) {
    case GC_EVENT_START:
        collection_started();
        break;
    case GC_EVENT_PRE_STOP_WORLD:
        stats.stop_ns = now_ns();
        break;
    case GC_EVENT_MARK_START:
        gc_references_begin(cause == GC_CAUSE_LAST_DITCH);
        break;
    case GC_EVENT_MARK_END:
        gc_references_finish();
        gc_limit_forget_dead();
        gc_walk_marked();
        break;
    case GC_EVENT_POST_START_WORLD:
        world_restarted();
        gc_references_wake();
        break;
    case GC_EVENT_END:
        collection_ended();
        break;
    default:
        break;
    }
}

void gc_stats_init(void)
{
    GC_set_on_collection_event(on_event);
}

void gc_set_event_hook(void (*hook)(const struct gc_event *event, void *arg), void *arg)
{
    stats.hook_arg = arg;
    stats.hook = hook;
}

/* libgc's heap becomes smaller only by blocks that were free for more than one collection; the pages of the others go
 * back without that. */
static void return_memory(void)
{
    size_t unused = GC_get_free_bytes();
    if (unused >= WORTH_UNMAPPING && unused >= GC_get_heap_size() / 4)
        for (int i = 0; i < UNMAP_ROUNDS; i++)
            GC_gcollect_and_unmap();
    gc_release_memory();
}

void gc_set_collected_hook(void (*hook)(void))
{
    stats.collected = hook;
}

uint64_t gc_activity(void)
{
    return stats.collections << 40 ^ GC_get_bytes_since_gc();
}

void gc_collect(enum gc_cause why)
{
    enum gc_cause former = set_cause(why);
    gc_wipe_dead_stack(); /* where the collector's own frames will lie */
    GC_gcollect();
    if (why == GC_CAUSE_SYSTEM_GC) {
        set_cause(GC_CAUSE_DIAGNOSTIC); /* the program asked for one collection, not for these */
        return_memory();
    }
    set_cause(former);
}

void gc_rest(void)
{
    size_t dropped = GC_get_bytes_since_gc(); /* at most */
    if (dropped >= WORTH_UNMAPPING && dropped >= GC_get_heap_size() / 4)
        gc_collect(GC_CAUSE_DIAGNOSTIC);
    gc_release_memory();
}

static void *collect_figures(void *arg)
{
    struct gc_statistics *out = arg;
    *out = (struct gc_statistics){
        .collections = stats.collections, .collection_ns = stats.collection_ns, .last_pause_ns = stats.last_pause_ns,
        .max_pause_ns = stats.max_pause_ns, .system_collections = stats.system_collections, .used = gc_used_bytes(),
        .committed = GC_get_heap_size(), .maximum = gc_heap.maximum, .used_after_last = stats.used_after_last,
        .used_before_last = stats.used_before_last, .allocated = gc_heap.retired_bytes,
    };
    for (struct gc_thread *t = gc_heap.threads; t != NULL; t = t->next)
        out->allocated += t->allocated_bytes;
    return NULL;
}

/* libgc's heap may be larger than -Xmx (limit.c); Java's MemoryUsage insists on used <= committed <= maximum. */
static void order(size_t *used, size_t committed)
{
    if (*used > committed)
        *used = committed;
}

void gc_statistics(struct gc_statistics *out)
{
    GC_call_with_alloc_lock(collect_figures, out);
    order(&out->committed, out->maximum);
    order(&out->used, out->committed);
    order(&out->used_after_last, out->maximum);
    order(&out->used_before_last, out->maximum);
}
