/* Threads for management: CPU times, allocation, and deadlocks. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "native/direct.h"
#include "native/handles.h"
#include "native/management_private.h"
#include "vm/exception.h"
#include "vm/monitor.h"
#include "vm/object.h"

enum { UNKNOWN = -1 };
static const int64_t NANOSECONDS_PER_SECOND = 1000000000;

struct thread *management_find_thread(struct thread *t, int64_t id)
{
    if (id == 0)
        return t;
    struct wellknown *k = &t->vm->known;
    for (struct thread *other = t->vm->threads; other != NULL; other = other->next) {
        struct object *java = other->java_thread;
        if (java != NULL && object_get_long(java, k->Thread_tid) == id && thread_from_java(java) == other)
            return other;
    }
    return NULL;
}

/* ---- CPU time -------------------------------------------------------------------------------------------- */

/* Field 14 of /proc/self/task/TID/stat: user time in ticks.  The second field, in parentheses, may hold anything. */
static int64_t user_time_ns(int32_t tid)
{
    char path[64], text[1024];
    snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)tid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return UNKNOWN;
    ssize_t length;
    do
        length = read(fd, text, sizeof(text) - 1);
    while (length < 0 && errno == EINTR);
    close(fd);
    if (length <= 0)
        return UNKNOWN;
    text[length] = '\0';
    const char *p = strrchr(text, ')');
    unsigned long long ticks;
    if (p == NULL || sscanf(p + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu", &ticks) != 1)
        return UNKNOWN;
    return (int64_t)ticks * (NANOSECONDS_PER_SECOND / sysconf(_SC_CLK_TCK));
}

/* Under threads_lock: the thread lives. */
static int64_t cpu_time_ns(struct thread *of, bool with_system)
{
    clockid_t clock;
    struct timespec used;
    if (!with_system)
        return user_time_ns(of->tid);
    if (pthread_getcpuclockid(of->pthread, &clock) != 0 || clock_gettime(clock, &used) != 0)
        return UNKNOWN;
    return (int64_t)used.tv_sec * NANOSECONDS_PER_SECOND + used.tv_nsec;
}

static int64_t allocated_bytes(struct thread *of, bool ignored)
{
    return (int64_t)of->gc.allocated_bytes;
}

/* A figure of the thread with this id; -1 when there is none. */
static jlong figure(struct thread *t, int64_t id, int64_t (*measure)(struct thread *, bool), bool with_system)
{
    threads_lock(t);
    struct thread *of = management_find_thread(t, id);
    int64_t value = of == NULL ? UNKNOWN : measure(of, with_system);
    threads_unlock(t);
    return value;
}

/* false: exception pending. */
static bool check_id(struct thread *t, int64_t id)
{
    if (id >= 0)
        return true;
    exception_throw(t, "java/lang/IllegalArgumentException", "Invalid thread ID");
    return false;
}

static jlong one_figure(JNIEnv *env, jlong id, int64_t (*measure)(struct thread *, bool), bool with_system)
{
    VM_RETURN(env, check_id(t, id) ? figure(t, id, measure, with_system) : UNKNOWN);
}

static void all_figures(JNIEnv *env, jlongArray ids, jlongArray values, int64_t (*measure)(struct thread *, bool),
                        bool with_system)
{
    VM_ENTRY(env);
    struct object *from = handle_get(ids), *to = handle_get(values);
    if (from == NULL || to == NULL) {
        exception_throw(t, "java/lang/NullPointerException", NULL);
    } else if (array_length(from) != array_length(to)) {
        exception_throw(t, "java/lang/IllegalArgumentException",
                        "The length of the given long array does not match the length of the given array of "
                        "thread IDs");
    } else {
        for (uint32_t i = 0; i < array_length(from); i++) {
            int64_t id = ((const int64_t *)array_data(from))[i];
            if (!check_id(t, id))
                break;
            ((int64_t *)array_data(to))[i] = id == 0 ? UNKNOWN : figure(t, id, measure, with_system);
        }
    }
    VM_LEAVE();
}

jlong JNICALL management_allocated_by(JNIEnv *env, jlong id)
{
    return one_figure(env, id, allocated_bytes, false);
}

void JNICALL management_allocated_by_all(JNIEnv *env, jlongArray ids, jlongArray sizes)
{
    all_figures(env, ids, sizes, allocated_bytes, false);
}

jlong JNICALL management_allocated_total(JNIEnv *env)
{
    struct gc_statistics s;
    gc_statistics(&s);
    return (jlong)s.allocated;
}

jlong JNICALL management_cpu_time(JNIEnv *env, jlong id)
{
    return one_figure(env, id, cpu_time_ns, true);
}

jlong JNICALL management_cpu_time_kind(JNIEnv *env, jlong id, jboolean with_system)
{
    return one_figure(env, id, cpu_time_ns, with_system);
}

void JNICALL management_cpu_times(JNIEnv *env, jlongArray ids, jlongArray times, jboolean with_system)
{
    all_figures(env, ids, times, cpu_time_ns, with_system);
}

/* ---- who waits for whom ---------------------------------------------------------------------------------- */

struct blocker management_blocker(struct thread *of)
{
    struct wellknown *k = &of->vm->known;
    struct object *monitor = of->blocked_object;
    if (monitor != NULL) {
        uint32_t entries;
        struct thread *owner = monitor_owner(of->vm, monitor, &entries);
        return (struct blocker){monitor, owner == NULL ? NULL : owner->java_thread, true};
    }
    struct object *parked_on = of->java_thread == NULL ? NULL : gc_load_ref(of->java_thread, k->Thread_parkBlocker);
    struct blocker b = {.object = parked_on};
    if (object_is_instance(parked_on, k->AbstractOwnableSynchronizer))
        b.owner = gc_load_ref(parked_on, k->AbstractOwnableSynchronizer_exclusiveOwnerThread);
    return b;
}

/* A thread that waits in Object.wait for a notification does not need the monitor's owner to go on. */
static struct object *needed_thread(struct thread *of, bool monitors_only)
{
    struct object *java = of->java_thread;
    if (java == NULL)
        return NULL;
    struct blocker b = management_blocker(of);
    if (b.monitor)
        return object_get_int(java, of->vm->known.Thread_threadStatus) == STATUS_BLOCKED ? b.owner : NULL;
    return monitors_only ? NULL : b.owner;
}

static bool waits_for_itself(struct thread *of, bool monitors_only, uint32_t thread_count)
{
    struct object *next = needed_thread(of, monitors_only);
    for (uint32_t i = 0; i < thread_count && next != NULL; i++) {
        if (next == of->java_thread)
            return true;
        struct thread *owner = thread_from_java(next);
        next = owner == NULL ? NULL : needed_thread(owner, monitors_only);
    }
    return false;
}

/* Writes the members of cycles into the root block; returns how many there are (perhaps more than fit). */
static size_t find_cycles(struct thread *t, bool monitors_only, struct object **block, size_t capacity)
{
    size_t found = 0;
    safepoint_begin(t, "search for deadlocks");
    for (struct thread *of = t->vm->threads; of != NULL; of = of->next) {
        if (!waits_for_itself(of, monitors_only, t->vm->thread_count))
            continue;
        if (found < capacity)
            gc_store_root(&block[found], of->java_thread);
        found++;
    }
    safepoint_end(t);
    return found;
}

/* Thread[] of the deadlocked threads, NULL when there are none. */
static struct object *deadlocked(struct thread *t, bool monitors_only)
{
    size_t capacity = 16, found;
    struct object **block = gc_roots_new(capacity);
    while ((found = find_cycles(t, monitors_only, block, capacity)) > capacity) {
        gc_roots_free(block, capacity);
        capacity = found * 2;
        block = gc_roots_new(capacity);
    }
    struct object *result = NULL;
    if (found != 0) {
        result = array_new_of(t, t->vm->known.Thread, (int32_t)found);
        for (size_t i = 0; result != NULL && i < found; i++)
            gc_store_element(result, (uint32_t)i, block[i]);
    }
    gc_roots_free(block, capacity);
    return result;
}

jobjectArray JNICALL management_deadlocks(JNIEnv *env, jboolean monitors_only)
{
    VM_RETURN(env, handle_local(t, deadlocked(t, monitors_only)));
}

jobjectArray JNICALL management_monitor_deadlocks(JNIEnv *env)
{
    return management_deadlocks(env, JNI_TRUE);
}
