/* JVM_GetManagement: the table that libmanagement works through, with the attributes that are plain numbers. */
#include "native/management_private.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "classloader/linking.h"
#include "native/boot_private.h"
#include "native/direct.h"
#include "native/handles.h"
#include "native/jvm.h"
#include "vm/exception.h"
#include "vm/safepoint.h"

enum { NANOSECONDS_PER_SECOND = 1000000000, NANOSECONDS_PER_MILLISECOND = 1000000, UNKNOWN = -1 };

struct management *management_of(struct vm *vm)
{
    return vm->management;
}

struct class *management_class(struct thread *t, const char *name)
{
    struct class *c = t->vm->hooks.find_boot_class(t, name);
    return c != NULL && initialize_class(t, c) ? c : NULL;
}

static jint JNICALL get_version(JNIEnv *env)
{
    return JMM_VERSION_3;
}

static jint JNICALL get_optional_support(JNIEnv *env, struct jmm_optional_support *support)
{
    *support = (struct jmm_optional_support){
        .current_thread_cpu_time = 1, .other_thread_cpu_time = 1, .object_monitor_usage = 1, .synchronizer_usage = 1,
        .thread_allocated_memory = 1,
    };
    return 0;
}

/* ---- numbers --------------------------------------------------------------------------------------------- */

static jlong uptime_ms(const struct vm *vm)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return ((int64_t)now.tv_sec * NANOSECONDS_PER_SECOND + now.tv_nsec - vm->start_ns) / NANOSECONDS_PER_MILLISECOND;
}

static jlong collector_attribute(enum jmm_long_attribute attribute)
{
    struct gc_statistics s;
    gc_statistics(&s);
    return attribute == JMM_GC_COUNT ? (jlong)s.collections : (jlong)(s.collection_ns / NANOSECONDS_PER_MILLISECOND);
}

static jlong thread_attribute(struct vm *vm, enum jmm_long_attribute attribute)
{
    pthread_mutex_lock(&vm->threads_lock); /* in native state: waiting here hinders nobody */
    jlong value = UNKNOWN;
    if (attribute == JMM_THREAD_TOTAL_COUNT)
        value = (jlong)vm->threads_started;
    else if (attribute == JMM_THREAD_LIVE_COUNT)
        value = vm->thread_count;
    else if (attribute == JMM_THREAD_PEAK_COUNT)
        value = (jlong)vm->threads_peak;
    else if (attribute == JMM_THREAD_DAEMON_COUNT)
        value = vm->daemon_count;
    pthread_mutex_unlock(&vm->threads_lock);
    return value;
}

/* Figures that nobody keeps (times of class loading, of reaching safepoints, of compilation) are -1, as the Java side
 * expects of a VM without them. */
static jlong long_attribute(struct vm *vm, enum jmm_long_attribute attribute)
{
    switch (attribute) {
    case JMM_CLASS_LOADED_COUNT: return (jlong)vm->classes_loaded;
    case JMM_CLASS_UNLOADED_COUNT: return (jlong)vm->classes_unloaded;
    case JMM_THREAD_TOTAL_COUNT:
    case JMM_THREAD_LIVE_COUNT:
    case JMM_THREAD_PEAK_COUNT:
    case JMM_THREAD_DAEMON_COUNT: return thread_attribute(vm, attribute);
    case JMM_JVM_INIT_DONE_TIME_MS: return vm->start_ms;
    case JMM_GC_TIME_MS:
    case JMM_GC_COUNT: return collector_attribute(attribute);
    case JMM_JVM_UPTIME_MS: return uptime_ms(vm);
    case JMM_VM_GLOBAL_COUNT: return management_flag_count();
    case JMM_SAFEPOINT_COUNT: return (jlong)vm->safepoints;
    case JMM_OS_PROCESS_ID: return getpid();
    case JMM_OS_MEM_TOTAL_PHYSICAL_BYTES: return (jlong)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
    case JMM_GC_EXT_ATTRIBUTE_INFO_SIZE: return 1;
    default: return UNKNOWN;
    }
}

static jlong JNICALL get_long_attribute(JNIEnv *env, jobject ignored, enum jmm_long_attribute attribute)
{
    return long_attribute(thread_of(env)->vm, attribute);
}

static jint JNICALL get_long_attributes(JNIEnv *env, jobject ignored, const enum jmm_long_attribute *attributes,
                                        jint count, jlong *result)
{
    jint known = 0;
    for (jint i = 0; i < count; i++) {
        result[i] = long_attribute(thread_of(env)->vm, attributes[i]);
        known += result[i] != UNKNOWN;
    }
    return known;
}

/* ---- switches -------------------------------------------------------------------------------------------- */

static jboolean bool_attribute(struct vm *vm, enum jmm_bool_attribute attribute)
{
    switch (attribute) {
    case JMM_VERBOSE_GC: return log_on(LOG_GC, LOG_INFO);
    case JMM_VERBOSE_CLASS: return log_on(LOG_CLASS_LOAD, LOG_INFO);
    case JMM_THREAD_CPU_TIME: return management_of(vm)->thread_cpu_time;
    case JMM_THREAD_ALLOCATED_MEMORY: return management_of(vm)->thread_allocated_memory;
    default: return JNI_FALSE;
    }
}

static jboolean JNICALL get_bool_attribute(JNIEnv *env, enum jmm_bool_attribute attribute)
{
    return bool_attribute(thread_of(env)->vm, attribute);
}

static jboolean JNICALL set_bool_attribute(JNIEnv *env, enum jmm_bool_attribute attribute, jboolean value)
{
    struct vm *vm = thread_of(env)->vm;
    jboolean former = bool_attribute(vm, attribute);
    if (former == value)
        return former;
    switch (attribute) {
    case JMM_VERBOSE_GC:
        log_levels[LOG_GC] = value ? LOG_INFO : LOG_OFF;
        if (value)
            gclog_init(vm);
        break;
    case JMM_VERBOSE_CLASS:
        log_levels[LOG_CLASS_LOAD] = log_levels[LOG_CLASS_UNLOAD] = value ? LOG_INFO : LOG_OFF;
        break;
    case JMM_THREAD_CPU_TIME:
        management_of(vm)->thread_cpu_time = value;
        break;
    case JMM_THREAD_ALLOCATED_MEMORY:
        management_of(vm)->thread_allocated_memory = value;
        break;
    default:
        break; /* thread contention monitoring: not offered by GetOptionalSupport */
    }
    return former;
}

/* id 0: all threads. */
static void reset_contention(JNIEnv *env, int64_t id)
{
    VM_ENTRY(env);
    threads_lock(t);
    struct thread *only = id == 0 ? NULL : management_find_thread(t, id);
    for (struct thread *other = t->vm->threads; other != NULL; other = other->next)
        if (id == 0 || other == only)
            other->blocked_count = other->waited_count = 0;
    threads_unlock(t);
    VM_LEAVE();
}

static jboolean JNICALL reset_statistic(JNIEnv *env, jvalue of, enum jmm_statistic_type type)
{
    bool done = true;
    switch (type) {
    case JMM_STAT_PEAK_THREAD_COUNT:
        pthread_mutex_lock(&thread_of(env)->vm->threads_lock);
        thread_of(env)->vm->threads_peak = thread_of(env)->vm->thread_count;
        pthread_mutex_unlock(&thread_of(env)->vm->threads_lock);
        break;
    case JMM_STAT_THREAD_CONTENTION_COUNT:
        reset_contention(env, of.j);
        break;
    case JMM_STAT_PEAK_POOL_USAGE: {
        VM_ENTRY(env);
        done = management_reset_peak(t, handle_get(of.l));
        VM_LEAVE();
        break;
    }
    case JMM_STAT_GC_STAT:
        done = false; /* the collector's totals are never reset */
        break;
    default:
        break; /* times of contention: always zero here */
    }
    return done;
}

/* ---- what is not offered: refused by name ---------------------------------------------------------------- */

static void refuse(JNIEnv *env, const char *what)
{
    VM_ENTRY(env);
    exception_throw(t, "java/lang/UnsupportedOperationException", "%s: not supported by this VM", what);
    VM_LEAVE();
}

static jint JNICALL get_internal_thread_times(JNIEnv *env, jobjectArray names, jlongArray times)
{
    refuse(env, "CPU times of VM-internal threads");
    return 0;
}

static void JNICALL set_pool_sensor(JNIEnv *env, jobject pool, jint type, jobject sensor)
{
    refuse(env, "Memory usage thresholds");
}

static jlong JNICALL set_pool_threshold(JNIEnv *env, jobject pool, jint type, jlong threshold)
{
    refuse(env, "Memory usage thresholds");
    return UNKNOWN;
}

static jint JNICALL dump_heap(JNIEnv *env, jstring file, jboolean live)
{
    refuse(env, "Heap dumps");
    return UNKNOWN;
}

static void JNICALL set_gc_notification(JNIEnv *env, jobject manager, jboolean enabled)
{
    if (enabled)
        refuse(env, "Garbage collection notifications");
}

static jobjectArray JNICALL get_diagnostic_commands(JNIEnv *env)
{
    refuse(env, "Diagnostic commands");
    return NULL;
}

static void JNICALL get_diagnostic_command_info(JNIEnv *env, jobjectArray commands, void *infos)
{
    refuse(env, "Diagnostic commands");
}

static void JNICALL get_diagnostic_command_arguments(JNIEnv *env, jstring command, void *infos, jint count)
{
    refuse(env, "Diagnostic commands");
}

static jstring JNICALL execute_diagnostic_command(JNIEnv *env, jstring command)
{
    refuse(env, "Diagnostic commands");
    return NULL;
}

static void JNICALL set_diagnostic_notification(JNIEnv *env, jboolean enabled)
{
    if (enabled)
        refuse(env, "Diagnostic command notifications");
}

/* ---- the table ------------------------------------------------------------------------------------------- */

static const struct jmm_interface table = {
    .GetVersion = get_version, .GetOptionalSupport = get_optional_support, .GetThreadInfo = management_thread_info,
    .GetMemoryPools = management_pools, .GetMemoryManagers = management_managers,
    .GetMemoryPoolUsage = management_pool_usage, .GetPeakMemoryPoolUsage = management_pool_peak,
    .GetOneThreadAllocatedMemory = management_allocated_by, .GetThreadAllocatedMemory = management_allocated_by_all,
    .GetMemoryUsage = management_memory_usage, .GetLongAttribute = get_long_attribute,
    .GetBoolAttribute = get_bool_attribute, .SetBoolAttribute = set_bool_attribute,
    .GetLongAttributes = get_long_attributes, .FindMonitorDeadlockedThreads = management_monitor_deadlocks,
    .GetThreadCpuTime = management_cpu_time, .GetVMGlobalNames = management_flag_names,
    .GetVMGlobals = management_flags,
    .GetInternalThreadTimes = get_internal_thread_times, .ResetStatistic = reset_statistic,
    .SetPoolSensor = set_pool_sensor, .SetPoolThreshold = set_pool_threshold,
    .GetPoolCollectionUsage = management_pool_collection_usage,
    .GetGCExtAttributeInfo = management_collector_attributes,
    .GetLastGCStat = management_last_collection, .GetThreadCpuTimeWithKind = management_cpu_time_kind,
    .GetThreadCpuTimesWithKind = management_cpu_times, .DumpHeap0 = dump_heap, .FindDeadlocks = management_deadlocks,
    .SetVMGlobal = management_set_flag, .GetTotalThreadAllocatedMemory = management_allocated_total,
    .DumpThreads = management_dump_threads, .SetGCNotificationEnabled = set_gc_notification,
    .GetDiagnosticCommands = get_diagnostic_commands, .GetDiagnosticCommandInfo = get_diagnostic_command_info,
    .GetDiagnosticCommandArgumentsInfo = get_diagnostic_command_arguments,
    .ExecuteDiagnosticCommand = execute_diagnostic_command,
    .SetDiagnosticFrameworkNotificationEnabled = set_diagnostic_notification,
};

static bool make_management(struct vm *vm)
{
    struct management *m = calloc(1, sizeof(*m));
    if (m == NULL)
        return false;
    pthread_mutex_init(&m->lock, NULL);
    m->pools = gc_roots_new(POOL_COUNT);
    m->managers = gc_roots_new(MANAGER_COUNT);
    m->thread_cpu_time = m->thread_allocated_memory = true;
    vm->management = m;
    return true;
}

/* libmanagement asks from its JNI_OnLoad, libmanagement_ext from its own: the threads lock settles races. */
JNIEXPORT void *JNICALL JVM_GetManagement(jint version)
{
    struct vm *vm = vm_instance();
    if (version != JMM_VERSION_3)
        return NULL;
    pthread_mutex_lock(&vm->threads_lock);
    bool made = vm->management != NULL || make_management(vm);
    pthread_mutex_unlock(&vm->threads_lock);
    return made ? (void *)&table : NULL;
}
