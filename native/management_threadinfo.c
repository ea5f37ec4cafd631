/* java.lang.management.ThreadInfo: state, locks and traces of threads. */
#include "interpreter/code.h"
#include "native/direct.h"
#include "native/handles.h"
#include "native/jvm.h"
#include "native/management_private.h"
#include "vm/call.h"
#include "vm/exception.h"
#include "vm/object.h"

enum { ALL_FRAMES = -1, LOCKS_PER_THREAD = 64, STATE_IN_NATIVE = 0x00400000 /* flag in ThreadInfo's state */ };

/* What one look at a stopped thread tells.  Root block: [0] the lock, [1] its owner, [2..] monitors. */
struct snapshot {
    struct object **roots;
    int32_t state;
    int64_t blocked_count, waited_count;
    uint32_t monitor_count;
    int32_t depths[LOCKS_PER_THREAD];
};
enum { SNAPSHOT_ROOTS = 2 + LOCKS_PER_THREAD };

/* ---- looking at one thread, at a safepoint ---------------------------------------------------------------- */

static void add_monitor(struct snapshot *s, struct object *o, int32_t depth)
{
    if (o == NULL || s->monitor_count == LOCKS_PER_THREAD)
        return; /* more locks than a report shows */
    gc_store_root(&s->roots[2 + s->monitor_count], o);
    s->depths[s->monitor_count++] = depth;
}

/* Monitors of synchronized methods and blocks, frame by frame; a lock that the thread waits for or has given up in wait
 * is not held. */
static void add_frame_monitors(struct snapshot *s, struct frame *f, int32_t depth, const struct object *not_held)
{
    if (f->lock != not_held)
        add_monitor(s, f->lock, depth);
    struct object *held[LOCKS_PER_THREAD];
    for (size_t i = frame_held_monitors(f, held, LOCKS_PER_THREAD); i-- > 0;)
        if (held[i] != not_held)
            add_monitor(s, held[i], depth);
}

static void add_monitors(struct snapshot *s, struct thread *of, bool show_hidden)
{
    const struct object *not_held = s->roots[0];
    int32_t depth = 0;
    for (struct frame *f = thread_top_frame(of); f != NULL; f = frame_caller(f)) {
        add_frame_monitors(s, f, depth, not_held);
        depth += !method_is_launcher(f->method) && (show_hidden || !(f->method->vm_flags & METHOD_HIDDEN));
    }
}

static void look_at(struct thread *of, struct snapshot *s, bool monitors)
{
    struct wellknown *k = &of->vm->known;
    s->state = object_get_int(of->java_thread, k->Thread_threadStatus);
    s->blocked_count = (int64_t)of->blocked_count;
    s->waited_count = (int64_t)of->waited_count;
    struct blocker b = management_blocker(of);
    if (s->state == STATUS_BLOCKED && b.owner == NULL) {
        s->state = STATUS_RUNNABLE; /* about to get the monitor */
        b.object = NULL;
    }
    gc_store_root(&s->roots[0], b.object);
    gc_store_root(&s->roots[1], b.owner);
    if (atomic_load_explicit(&of->state, memory_order_acquire) == THREAD_NATIVE)
        s->state |= STATE_IN_NATIVE;
    if (monitors)
        add_monitors(s, of, of->vm->options.show_hidden_frames);
}

/* false: the thread has ended. */
static bool take_snapshot(struct thread *t, struct object *java_thread, struct snapshot *s, bool monitors)
{
    s->monitor_count = 0;
    safepoint_begin(t, "thread information");
    struct thread *of = thread_from_java(java_thread);
    if (of != NULL)
        look_at(of, s, monitors);
    safepoint_end(t);
    return of != NULL;
}

/* ---- java.util.concurrent locks --------------------------------------------------------------------------- */

/* Owned synchronizers, found by walking the heap: owners do not know theirs. */
struct synchronizers {
    struct wellknown *known;
    struct object **roots;               /* NULL: not wanted */
    size_t capacity, count;              /* count may exceed capacity: then look again */
};

/* World stopped. */
static void visit_object(struct object *o, size_t cell_size, void *arg)
{
    struct synchronizers *found = arg;
    struct wellknown *k = found->known;
    if (class_is_array(object_class(o)) || !class_is_subtype(object_class(o), k->AbstractOwnableSynchronizer) ||
        gc_load_ref(o, k->AbstractOwnableSynchronizer_exclusiveOwnerThread) == NULL)
        return;
    if (found->count < found->capacity)
        gc_store_root(&found->roots[found->count], o);
    found->count++;
}

static void find_synchronizers(struct thread *t, struct synchronizers *found)
{
    *found = (struct synchronizers){.known = &t->vm->known, .capacity = LOCKS_PER_THREAD};
    for (;;) {
        found->roots = gc_roots_new(found->capacity);
        found->count = 0;
        gc_walk_heap(visit_object, found);
        if (found->count <= found->capacity)
            return;
        gc_roots_free(found->roots, found->capacity);
        found->capacity = found->count * 2;
    }
}

/* Object[] of those that a thread owns; NULL: exception pending. */
static struct object *owned_by(struct thread *t, const struct synchronizers *found, struct object *java_thread)
{
    const size_t owner = t->vm->known.AbstractOwnableSynchronizer_exclusiveOwnerThread;
    int32_t count = 0;
    for (size_t i = 0; i < found->count; i++)
        count += gc_load_ref(found->roots[i], owner) == java_thread;
    struct object *owned = array_new_of(t, t->vm->known.Object, count);
    uint32_t next = 0;
    for (size_t i = 0; owned != NULL && i < found->count && next < (uint32_t)count; i++)
        if (gc_load_ref(found->roots[i], owner) == java_thread)
            gc_store_element(owned, next++, found->roots[i]);
    if (owned == NULL || next == (uint32_t)count)
        return owned;
    return array_new_of(t, t->vm->known.Object, 0); /* changed hands meanwhile */
}

/* ---- objects --------------------------------------------------------------------------------------------- */

/* At most `depth` elements of a trace; NULL: exception pending. */
static struct object *shortened(struct thread *t, struct object *trace, int32_t depth)
{
    if (depth == ALL_FRAMES || array_length(trace) <= (uint32_t)depth)
        return trace;
    struct object *copy = array_new(t, object_class(trace), depth);
    if (copy != NULL)
        gc_copy_refs(copy, 0, trace, 0, (size_t)depth);
    return copy;
}

static struct object *trace_of(struct thread *t, struct object *java_thread, int32_t depth)
{
    struct object *one = array_new_of(t, t->vm->known.Thread, 1);
    if (one == NULL)
        return NULL;
    gc_store_element(one, 0, java_thread);
    jobject argument = handle_local(t, one);
    thread_leave_java(t, THREAD_NATIVE);
    jobjectArray traces = JVM_DumpThreads((JNIEnv *)t, NULL, argument);
    thread_enter_java(t);
    struct object *trace = traces == NULL ? NULL : gc_load_element(handle_get(traces), 0);
    handle_delete_local(t, traces);
    handle_delete_local(t, argument);
    if (trace == NULL && !exception_pending(t)) { /* it has ended since: an empty trace */
        trace = array_new_of(t, t->vm->known.StackTraceElement, 0);
    }
    return trace == NULL ? NULL : shortened(t, trace, depth);
}

static const char info_arguments[] =
    "(Ljava/lang/Thread;ILjava/lang/Object;Ljava/lang/Thread;JJJJ[Ljava/lang/StackTraceElement;)V";
static const char info_arguments_with_locks[] =
    "(Ljava/lang/Thread;ILjava/lang/Object;Ljava/lang/Thread;JJJJ[Ljava/lang/StackTraceElement;[Ljava/lang/Object;[I"
    "[Ljava/lang/Object;)V";

/* The constructor looks up each monitor's frame in the trace: a depth beyond a shortened trace has none. */
static bool lock_arrays(struct thread *t, const struct snapshot *s, uint32_t trace_length, struct object **monitors,
                        struct object **depths)
{
    *monitors = array_new_of(t, t->vm->known.Object, (int32_t)s->monitor_count);
    *depths = *monitors == NULL ? NULL : array_new_primitive(t, 'I', (int32_t)s->monitor_count);
    if (*depths == NULL)
        return false;
    for (uint32_t i = 0; i < s->monitor_count; i++) {
        gc_store_element(*monitors, i, s->roots[2 + i]);
        ((int32_t *)array_data(*depths))[i] = (uint32_t)s->depths[i] < trace_length ? s->depths[i] : -1;
    }
    return true;
}

struct wanted {
    int32_t depth;
    bool monitors;
    const struct synchronizers *synchronizers; /* NULL: not wanted */
};

/* A ThreadInfo; NULL without exception: the thread has ended. */
static struct object *info_object(struct thread *t, struct object *java_thread, const struct wanted *w,
                                  struct snapshot *s)
{
    const int64_t time_unknown = -1; /* contention is counted, not timed */
    int32_t depth = w->depth;
    struct class *c = management_class(t, "java/lang/management/ThreadInfo");
    if (c == NULL || !take_snapshot(t, java_thread, s, w->monitors))
        return NULL;
    struct object *trace = depth == 0 ? NULL : trace_of(t, java_thread, depth);
    if (exception_pending(t))
        return NULL;
    if (!w->monitors && w->synchronizers == NULL)
        return java_new(t, c, info_arguments, java_thread, (int)s->state, s->roots[0], s->roots[1], s->blocked_count,
                        time_unknown, s->waited_count, time_unknown, trace);
    struct object *monitors, *depths, *owned = NULL;
    if (w->synchronizers != NULL && (owned = owned_by(t, w->synchronizers, java_thread)) == NULL)
        return NULL;
    if (!lock_arrays(t, s, trace == NULL ? 0 : array_length(trace), &monitors, &depths))
        return NULL;
    return java_new(t, c, info_arguments_with_locks, java_thread, (int)s->state, s->roots[0], s->roots[1],
                    s->blocked_count, time_unknown, s->waited_count, time_unknown, trace, monitors, depths, owned);
}

/* The Thread with this id, or NULL. */
static struct object *thread_with_id(struct thread *t, int64_t id)
{
    threads_lock(t);
    struct thread *found = id <= 0 ? NULL : management_find_thread(t, id);
    struct object *java_thread = found == NULL ? NULL : found->java_thread;
    threads_unlock(t);
    return java_thread;
}

/* infos[i] = information about the thread ids[i] (NULL elements for those that are gone).  false: exception pending. */
static bool fill_infos(struct thread *t, struct object *ids, struct object *infos, const struct wanted *w)
{
    struct snapshot s = {.roots = gc_roots_new(SNAPSHOT_ROOTS)};
    for (uint32_t i = 0; i < array_length(ids) && !exception_pending(t); i++) {
        int64_t id = ((const int64_t *)array_data(ids))[i];
        struct object *java_thread = thread_with_id(t, id);
        if (java_thread != NULL)
            gc_store_element(infos, i, info_object(t, java_thread, w, &s));
    }
    gc_roots_free(s.roots, SNAPSHOT_ROOTS);
    return !exception_pending(t);
}

/* ---- slots ----------------------------------------------------------------------------------------------- */

jint JNICALL management_thread_info(JNIEnv *env, jlongArray ids_ref, jint depth, jobjectArray infos_ref)
{
    VM_ENTRY(env);
    struct object *ids = handle_get(ids_ref), *infos = handle_get(infos_ref);
    if (ids == NULL || infos == NULL)
        exception_throw(t, "java/lang/NullPointerException", NULL);
    else if (depth < ALL_FRAMES)
        exception_throw(t, "java/lang/IllegalArgumentException", "Invalid maxDepth");
    else if (array_length(infos) != array_length(ids))
        exception_throw(t, "java/lang/IllegalArgumentException",
                        "The length of the given ThreadInfo array does not match the length of the given array of "
                        "thread IDs");
    else
        fill_infos(t, ids, infos, &(struct wanted){.depth = depth}); /* false: exception pending */
    VM_LEAVE();
    return 0;
}

/* Ids of all live threads; NULL: exception pending. */
static struct object *all_ids(struct thread *t)
{
    thread_leave_java(t, THREAD_NATIVE);
    jobjectArray threads_ref = JVM_GetAllThreads((JNIEnv *)t, NULL);
    thread_enter_java(t);
    struct object *threads = handle_get(threads_ref);
    struct object *ids = threads == NULL ? NULL : array_new_primitive(t, 'J', (int32_t)array_length(threads));
    for (uint32_t i = 0; ids != NULL && i < array_length(threads); i++)
        ((int64_t *)array_data(ids))[i] = object_get_long(gc_load_element(threads, i), t->vm->known.Thread_tid);
    handle_delete_local(t, threads_ref);
    return ids;
}

/* ThreadInfo[]; NULL: exception pending. */
static struct object *dump(struct thread *t, struct object *ids, const struct wanted *w)
{
    struct class *element = management_class(t, "java/lang/management/ThreadInfo");
    struct object *infos = element == NULL ? NULL : array_new_of(t, element, (int32_t)array_length(ids));
    return infos != NULL && fill_infos(t, ids, infos, w) ? infos : NULL;
}

jobjectArray JNICALL management_dump_threads(JNIEnv *env, jlongArray ids_ref, jboolean monitors, jboolean synchronizers,
                                             jint depth)
{
    VM_ENTRY(env);
    struct object *ids = ids_ref == NULL ? all_ids(t) : handle_get(ids_ref), *infos = NULL;
    struct wanted w = {.depth = depth == INT32_MAX ? ALL_FRAMES : depth, .monitors = monitors};
    struct synchronizers found = {.roots = NULL};
    if (ids != NULL && synchronizers) {
        find_synchronizers(t, &found);
        w.synchronizers = &found;
    }
    if (ids != NULL)
        infos = dump(t, ids, &w);
    if (found.roots != NULL)
        gc_roots_free(found.roots, found.capacity);
    jobjectArray result = handle_local(t, infos);
    VM_LEAVE();
    return result;
}
