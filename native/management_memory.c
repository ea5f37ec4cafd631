/* Memory pools and their managers as java.lang.management sees them: the heap with its collector, and the memory of
 * class metadata. */
#include <time.h>

#include "native/handles.h"
#include "native/management_private.h"
#include "native/references_private.h"
#include "vm/call.h"
#include "vm/exception.h"
#include "vm/object.h"
#include "vm/safepoint.h"
#include "vm/string.h"

enum { UNDEFINED = -1, NOT_SUPPORTED = -1, NANOSECONDS_PER_MILLISECOND = 1000000 };

/* ---- figures --------------------------------------------------------------------------------------------- */

static struct memory_usage heap_usage(struct thread *t)
{
    struct gc_statistics s;
    gc_statistics(&s);
    return (struct memory_usage){(int64_t)t->vm->options.heap_initial, (int64_t)s.used, (int64_t)s.committed,
                                 (int64_t)s.maximum};
}

int64_t management_metaspace_used(struct vm *vm)
{
    int64_t used = 0;
    for (struct loader *l = vm->loaders; l != NULL; l = l->next)
        used += (int64_t)arena_used(l->arena);
    return used;
}

static struct memory_usage metaspace_usage(struct thread *t)
{
    int64_t used = management_metaspace_used(t->vm);
    uint64_t most = t->vm->options.max_metaspace;
    return (struct memory_usage){0, used, used, most != 0 ? (int64_t)most : UNDEFINED};
}

static struct memory_usage pool_usage(struct thread *t, enum memory_pool pool)
{
    return pool == POOL_HEAP ? heap_usage(t) : metaspace_usage(t);
}

/* The highest usage seen: at every question, and at the last collection. */
static struct memory_usage pool_peak(struct thread *t, enum memory_pool pool)
{
    struct management *management = management_of(t->vm);
    struct memory_usage now = pool_usage(t, pool);
    if (pool == POOL_HEAP) {
        struct gc_statistics s;
        gc_statistics(&s);
        if ((int64_t)s.used_before_last > now.used && (int64_t)s.used_before_last <= now.committed)
            now.used = (int64_t)s.used_before_last;
    }
    pthread_mutex_lock(&management->lock);
    struct memory_usage *peak = &management->peak[pool];
    if (now.used > peak->used)
        *peak = now;
    now = *peak;
    pthread_mutex_unlock(&management->lock);
    return now;
}

static struct object *usage_object(struct thread *t, struct memory_usage u)
{
    struct class *c = management_class(t, "java/lang/management/MemoryUsage");
    return c == NULL ? NULL : java_new(t, c, "(JJJJ)V", u.initial, u.used, u.committed, u.maximum);
}

/* ---- the beans ------------------------------------------------------------------------------------------- */

static struct object *call_factory(struct thread *t, const char *class_name, const char *name, const char *descriptor,
                                   const union slot *args)
{
    struct class *c = management_class(t, class_name);
    if (c == NULL)
        return NULL;
    struct method *m = class_find_declared_method(c, symbol_intern_cstr(name), symbol_intern_cstr(descriptor));
    if (m == NULL) {
        exception_throw(t, "java/lang/NoSuchMethodError", "%s.%s%s", class_name, name, descriptor);
        return NULL;
    }
    union slot result;
    return java_call(t, m, args, &result) ? result.a : NULL;
}

static struct object *new_pool(struct thread *t, enum memory_pool pool)
{
    static const char *const names[] = {[POOL_HEAP] = "Cloister Heap", [POOL_METASPACE] = "Metaspace"};
    union slot args[6] = {{.a = string_new_utf8(t, names[pool])}, {.i = pool == POOL_HEAP}};
    args[2].j = NOT_SUPPORTED; /* usage threshold */
    args[4].j = NOT_SUPPORTED; /* collection usage threshold */
    if (args[0].a == NULL)
        return NULL;
    return call_factory(t, "sun/management/ManagementFactoryHelper", "createMemoryPool",
                        "(Ljava/lang/String;ZJJ)Ljava/lang/management/MemoryPoolMXBean;", args);
}

/* The extended collector bean belongs to module jdk.management, which an image may lack. */
static struct object *new_collector(struct thread *t, union slot name)
{
    static const char descriptor[] =
        "(Ljava/lang/String;Ljava/lang/String;)Ljava/lang/management/GarbageCollectorMXBean;";
    const union slot args[2] = {name, {.a = NULL}};
    struct object *bean = call_factory(t, "com/sun/management/internal/GarbageCollectorExtImpl",
                                       "createGarbageCollector", descriptor, args);
    if (bean != NULL || object_class(t->exception)->name != symbol_intern_cstr("java/lang/NoClassDefFoundError"))
        return bean;
    exception_clear(t);
    return call_factory(t, "sun/management/ManagementFactoryHelper", "createGarbageCollector", descriptor, args);
}

static struct object *new_manager(struct thread *t, enum memory_manager manager)
{
    static const char *const names[] = {"Cloister Mark Sweep", "Metaspace Manager"};
    union slot name = {.a = string_new_utf8(t, names[manager])};
    if (name.a == NULL)
        return NULL;
    if (manager == MANAGER_COLLECTOR)
        return new_collector(t, name);
    return call_factory(t, "sun/management/ManagementFactoryHelper", "createMemoryManager",
                        "(Ljava/lang/String;)Ljava/lang/management/MemoryManagerMXBean;", &name);
}

/* The bean in a root slot, made on first use; one winner when threads race. */
static struct object *bean(struct thread *t, struct object **slot, bool is_pool, int index)
{
    struct object *made = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
    if (made != NULL)
        return made;
    made = is_pool ? new_pool(t, (enum memory_pool)index) : new_manager(t, (enum memory_manager)index);
    if (made == NULL)
        return NULL;
    struct management *management = management_of(t->vm);
    pthread_mutex_lock(&management->lock);
    if (*slot == NULL)
        gc_store_root(slot, made);
    made = *slot;
    pthread_mutex_unlock(&management->lock);
    return made;
}

static struct object *pool_bean(struct thread *t, enum memory_pool pool)
{
    return bean(t, &management_of(t->vm)->pools[pool], true, pool);
}

static struct object *manager_bean(struct thread *t, enum memory_manager manager)
{
    return bean(t, &management_of(t->vm)->managers[manager], false, manager);
}

static int index_of(struct object *const *beans, int count, const struct object *bean)
{
    int i = 0;
    while (i < count && beans[i] != bean)
        i++;
    return i < count ? i : -1;
}

/* Which pool a bean stands for; -1: exception pending. */
static int pool_of(struct thread *t, struct object *bean)
{
    int pool = bean == NULL ? -1 : index_of(management_of(t->vm)->pools, POOL_COUNT, bean);
    if (pool < 0)
        exception_throw(t, "java/lang/InternalError", "Invalid memory pool");
    return pool;
}

/* Pools and managers correspond one to one.  only < 0: all. */
static struct object *bean_array(struct thread *t, bool pools, int only)
{
    struct class *element = management_class(t, pools ? "java/lang/management/MemoryPoolMXBean"
                                                      : "java/lang/management/MemoryManagerMXBean");
    int count = only >= 0 ? 1 : POOL_COUNT;
    struct object *result = element == NULL ? NULL : array_new_of(t, element, count);
    for (int i = 0; result != NULL && i < count; i++) {
        int index = only >= 0 ? only : i;
        struct object *b = pools ? pool_bean(t, (enum memory_pool)index) : manager_bean(t, (enum memory_manager)index);
        if (b == NULL)
            return NULL;
        gc_store_element(result, (uint32_t)i, b);
    }
    return result;
}
_Static_assert((int)POOL_COUNT == (int)MANAGER_COUNT, "each pool has its manager");

/* ---- slots ----------------------------------------------------------------------------------------------- */

jobjectArray JNICALL management_pools(JNIEnv *env, jobject manager)
{
    VM_ENTRY(env);
    int only = manager == NULL ? -1 : index_of(management_of(t->vm)->managers, MANAGER_COUNT, handle_get(manager));
    struct object *result = NULL;
    if (manager != NULL && only < 0)
        exception_throw(t, "java/lang/InternalError", "Invalid memory manager");
    else
        result = bean_array(t, true, only);
    jobjectArray pools = handle_local(t, result);
    VM_LEAVE();
    return pools;
}

jobjectArray JNICALL management_managers(JNIEnv *env, jobject pool)
{
    VM_ENTRY(env);
    int only = pool == NULL ? -1 : pool_of(t, handle_get(pool));
    jobjectArray managers = exception_pending(t) ? NULL : handle_local(t, bean_array(t, false, only));
    VM_LEAVE();
    return managers;
}

jobject JNICALL management_pool_usage(JNIEnv *env, jobject bean)
{
    VM_ENTRY(env);
    int pool = pool_of(t, handle_get(bean));
    jobject usage = pool < 0 ? NULL : handle_local(t, usage_object(t, pool_usage(t, (enum memory_pool)pool)));
    VM_LEAVE();
    return usage;
}

jobject JNICALL management_pool_peak(JNIEnv *env, jobject bean)
{
    VM_ENTRY(env);
    int pool = pool_of(t, handle_get(bean));
    jobject usage = pool < 0 ? NULL : handle_local(t, usage_object(t, pool_peak(t, (enum memory_pool)pool)));
    VM_LEAVE();
    return usage;
}

bool management_reset_peak(struct thread *t, struct object *bean)
{
    int pool = pool_of(t, bean);
    if (pool < 0)
        return false;
    struct management *management = management_of(t->vm);
    struct memory_usage now = pool_usage(t, (enum memory_pool)pool);
    pthread_mutex_lock(&management->lock);
    management->peak[pool] = now;
    pthread_mutex_unlock(&management->lock);
    return true;
}

/* Usage behind the last collection; NULL for a pool that is not collected. */
jobject JNICALL management_pool_collection_usage(JNIEnv *env, jobject bean)
{
    VM_ENTRY(env);
    int pool = pool_of(t, handle_get(bean));
    jobject result = NULL;
    if (pool == POOL_HEAP) {
        struct gc_statistics s;
        gc_statistics(&s);
        struct memory_usage usage = heap_usage(t);
        usage.used = (int64_t)s.used_after_last;
        if (usage.committed < usage.used)
            usage.committed = usage.used;
        result = handle_local(t, usage_object(t, usage));
    }
    VM_LEAVE();
    return result;
}

jobject JNICALL management_memory_usage(JNIEnv *env, jboolean heap)
{
    VM_RETURN(env, handle_local(t, usage_object(t, heap ? heap_usage(t) : metaspace_usage(t))));
}

/* ---- the last collection --------------------------------------------------------------------------------- */

jint JNICALL management_collector_attributes(JNIEnv *env, jobject manager, struct jmm_attribute_info *infos, jint count)
{
    if (count >= 1)
        infos[0] = (struct jmm_attribute_info){"GcThreadCount", 'I', "Number of GC threads"};
    return 1;
}

static bool store_usages(struct thread *t, struct object *array, struct memory_usage heap)
{
    for (uint32_t pool = 0; pool < POOL_COUNT && pool < array_length(array); pool++) {
        struct object *u = usage_object(t, pool == POOL_HEAP ? heap : metaspace_usage(t));
        if (u == NULL)
            return false;
        gc_store_element(array, pool, u);
    }
    return true;
}

void JNICALL management_last_collection(JNIEnv *env, jobject manager, struct jmm_gc_stat *stat)
{
    VM_ENTRY(env);
    struct gc_statistics s;
    gc_statistics(&s);
    stat->index = (jlong)s.collections;
    stat->end_ms = (references_last_collection_ns() - t->vm->start_ns) / NANOSECONDS_PER_MILLISECOND;
    stat->start_ms = stat->end_ms - (jlong)(s.last_pause_ns / NANOSECONDS_PER_MILLISECOND);
    stat->value_count = stat->value_capacity >= 1 ? 1 : -1;
    if (stat->value_capacity >= 1)
        stat->values[0].i = options_processor_count(&t->vm->options); /* one marker for each */
    struct memory_usage heap = heap_usage(t), before = heap, after = heap;
    before.used = (int64_t)s.used_before_last;
    after.used = (int64_t)s.used_after_last;
    before.committed = before.committed > before.used ? before.committed : before.used;
    after.committed = after.committed > after.used ? after.committed : after.used;
    if (s.collections != 0 && store_usages(t, handle_get(stat->usage_before), before))
        store_usages(t, handle_get(stat->usage_after), after); /* on failure the exception is pending */
    VM_LEAVE();
}
