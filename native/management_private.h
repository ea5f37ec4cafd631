/* The interface between libmanagement and the VM: 40 function slots, and what implements them.
 * Every function is called like a JNI function: THREAD_NATIVE, references are handles. */
#ifndef CLOISTER_NATIVE_MANAGEMENT_PRIVATE_H
#define CLOISTER_NATIVE_MANAGEMENT_PRIVATE_H

#include <jni.h>
#include <pthread.h>

#include "vm/vm.h"

enum { JMM_VERSION_3 = 0x20030000 };

enum jmm_long_attribute {
    JMM_CLASS_LOADED_COUNT = 1, JMM_CLASS_UNLOADED_COUNT, JMM_THREAD_TOTAL_COUNT, JMM_THREAD_LIVE_COUNT,
    JMM_THREAD_PEAK_COUNT, JMM_THREAD_DAEMON_COUNT, JMM_JVM_INIT_DONE_TIME_MS, JMM_COMPILE_TOTAL_TIME_MS,
    JMM_GC_TIME_MS, JMM_GC_COUNT, JMM_JVM_UPTIME_MS,
    JMM_CLASS_LOADED_BYTES = 101, JMM_CLASS_UNLOADED_BYTES, JMM_TOTAL_CLASSLOAD_TIME_MS, JMM_VM_GLOBAL_COUNT,
    JMM_SAFEPOINT_COUNT, JMM_TOTAL_SAFEPOINTSYNC_TIME_MS, JMM_TOTAL_STOPPED_TIME_MS, JMM_TOTAL_APP_TIME_MS,
    JMM_VM_THREAD_COUNT,
    JMM_OS_PROCESS_ID = 201, JMM_OS_MEM_TOTAL_PHYSICAL_BYTES,
    JMM_GC_EXT_ATTRIBUTE_INFO_SIZE = 401,
};

enum jmm_bool_attribute {
    JMM_VERBOSE_GC = 21, JMM_VERBOSE_CLASS, JMM_THREAD_CONTENTION_MONITORING, JMM_THREAD_CPU_TIME,
    JMM_THREAD_ALLOCATED_MEMORY,
};

enum jmm_statistic_type {
    JMM_STAT_PEAK_THREAD_COUNT = 801, JMM_STAT_THREAD_CONTENTION_COUNT, JMM_STAT_THREAD_CONTENTION_TIME,
    JMM_STAT_THREAD_CONTENTION_STAT, JMM_STAT_PEAK_POOL_USAGE, JMM_STAT_GC_STAT,
};

enum jmm_global_type { JMM_GLOBAL_UNKNOWN, JMM_GLOBAL_BOOLEAN, JMM_GLOBAL_STRING, JMM_GLOBAL_LONG, JMM_GLOBAL_DOUBLE };
enum jmm_global_origin { JMM_ORIGIN_DEFAULT = 1, JMM_ORIGIN_COMMAND_LINE = 2 };

struct jmm_optional_support {
    unsigned low_memory_detection : 1, compilation_time : 1, thread_contention : 1, current_thread_cpu_time : 1,
        other_thread_cpu_time : 1, object_monitor_usage : 1, synchronizer_usage : 1, thread_allocated_memory : 1,
        remote_diagnostic_commands : 1, reserved : 23;
};

struct jmm_global {
    jstring name;
    jvalue value;
    enum jmm_global_type type;
    enum jmm_global_origin origin;
    unsigned writeable : 1, external : 1, reserved : 30;
    void *reserved1, *reserved2;
};

struct jmm_gc_stat {
    jlong index, start_ms, end_ms;       /* index 0: no collection so far */
    jobjectArray usage_before, usage_after; /* MemoryUsage[], one element per pool */
    jint value_capacity;
    jvalue *values;
    jint value_count;                    /* -1: capacity too small */
};

struct jmm_attribute_info { const char *name; char type; const char *description; };

struct jmm_interface {
    void *reserved[2];
    jint(JNICALL *GetVersion)(JNIEnv *);
    jint(JNICALL *GetOptionalSupport)(JNIEnv *, struct jmm_optional_support *);
    jint(JNICALL *GetThreadInfo)(JNIEnv *, jlongArray ids, jint depth, jobjectArray infos);
    jobjectArray(JNICALL *GetMemoryPools)(JNIEnv *, jobject manager);
    jobjectArray(JNICALL *GetMemoryManagers)(JNIEnv *, jobject pool);
    jobject(JNICALL *GetMemoryPoolUsage)(JNIEnv *, jobject pool);
    jobject(JNICALL *GetPeakMemoryPoolUsage)(JNIEnv *, jobject pool);
    jlong(JNICALL *GetOneThreadAllocatedMemory)(JNIEnv *, jlong id);
    void(JNICALL *GetThreadAllocatedMemory)(JNIEnv *, jlongArray ids, jlongArray sizes);
    jobject(JNICALL *GetMemoryUsage)(JNIEnv *, jboolean heap);
    jlong(JNICALL *GetLongAttribute)(JNIEnv *, jobject, enum jmm_long_attribute);
    jboolean(JNICALL *GetBoolAttribute)(JNIEnv *, enum jmm_bool_attribute);
    jboolean(JNICALL *SetBoolAttribute)(JNIEnv *, enum jmm_bool_attribute, jboolean);
    jint(JNICALL *GetLongAttributes)(JNIEnv *, jobject, const enum jmm_long_attribute *, jint count, jlong *result);
    jobjectArray(JNICALL *FindMonitorDeadlockedThreads)(JNIEnv *);
    jlong(JNICALL *GetThreadCpuTime)(JNIEnv *, jlong id);
    jobjectArray(JNICALL *GetVMGlobalNames)(JNIEnv *);
    jint(JNICALL *GetVMGlobals)(JNIEnv *, jobjectArray names, struct jmm_global *globals, jint count);
    jint(JNICALL *GetInternalThreadTimes)(JNIEnv *, jobjectArray names, jlongArray times);
    jboolean(JNICALL *ResetStatistic)(JNIEnv *, jvalue, enum jmm_statistic_type);
    void(JNICALL *SetPoolSensor)(JNIEnv *, jobject pool, jint type, jobject sensor);
    jlong(JNICALL *SetPoolThreshold)(JNIEnv *, jobject pool, jint type, jlong threshold);
    jobject(JNICALL *GetPoolCollectionUsage)(JNIEnv *, jobject pool);
    jint(JNICALL *GetGCExtAttributeInfo)(JNIEnv *, jobject manager, struct jmm_attribute_info *, jint count);
    void(JNICALL *GetLastGCStat)(JNIEnv *, jobject manager, struct jmm_gc_stat *);
    jlong(JNICALL *GetThreadCpuTimeWithKind)(JNIEnv *, jlong id, jboolean with_system);
    void(JNICALL *GetThreadCpuTimesWithKind)(JNIEnv *, jlongArray ids, jlongArray times, jboolean with_system);
    jint(JNICALL *DumpHeap0)(JNIEnv *, jstring file, jboolean live);
    jobjectArray(JNICALL *FindDeadlocks)(JNIEnv *, jboolean monitors_only);
    jint(JNICALL *SetVMGlobal)(JNIEnv *, jstring name, jvalue);
    jlong(JNICALL *GetTotalThreadAllocatedMemory)(JNIEnv *);
    jobjectArray(JNICALL *DumpThreads)(JNIEnv *, jlongArray ids, jboolean monitors, jboolean synchronizers, jint depth);
    void(JNICALL *SetGCNotificationEnabled)(JNIEnv *, jobject manager, jboolean);
    jobjectArray(JNICALL *GetDiagnosticCommands)(JNIEnv *);
    void(JNICALL *GetDiagnosticCommandInfo)(JNIEnv *, jobjectArray commands, void *infos);
    void(JNICALL *GetDiagnosticCommandArgumentsInfo)(JNIEnv *, jstring command, void *infos, jint count);
    jstring(JNICALL *ExecuteDiagnosticCommand)(JNIEnv *, jstring command);
    void(JNICALL *SetDiagnosticFrameworkNotificationEnabled)(JNIEnv *, jboolean);
};
_Static_assert(sizeof(struct jmm_interface) == 40 * sizeof(void *), "40 slots in release 17");

enum memory_pool { POOL_HEAP, POOL_METASPACE, POOL_COUNT };
enum memory_manager { MANAGER_COLLECTOR, MANAGER_METASPACE, MANAGER_COUNT };

struct memory_usage { int64_t initial, used, committed, maximum; }; /* -1: undefined */

/* vm->management */
struct management {
    pthread_mutex_t lock;                /* the fields below; never held over allocation */
    struct object **pools, **managers;   /* root blocks: the beans, made on first use */
    struct memory_usage peak[POOL_COUNT];
    bool thread_cpu_time, thread_allocated_memory;
};
struct management *management_of(struct vm *vm);

/* new C(...) for a class of the management modules, initialized. */
struct class *management_class(struct thread *t, const char *name);

/* management_memory.c */
jobjectArray JNICALL management_pools(JNIEnv *env, jobject manager);
jobjectArray JNICALL management_managers(JNIEnv *env, jobject pool);
jobject JNICALL management_pool_usage(JNIEnv *env, jobject pool);
jobject JNICALL management_pool_peak(JNIEnv *env, jobject pool);
jobject JNICALL management_pool_collection_usage(JNIEnv *env, jobject pool);
jobject JNICALL management_memory_usage(JNIEnv *env, jboolean heap);
jint JNICALL management_collector_attributes(JNIEnv *env, jobject manager, struct jmm_attribute_info *infos,
                                             jint count);
void JNICALL management_last_collection(JNIEnv *env, jobject manager, struct jmm_gc_stat *stat);
int64_t management_metaspace_used(struct vm *vm); /* bytes of class metadata */
bool management_reset_peak(struct thread *t, struct object *pool); /* false: exception pending */
/* management_threads.c */
jlong JNICALL management_allocated_by(JNIEnv *env, jlong id);
void JNICALL management_allocated_by_all(JNIEnv *env, jlongArray ids, jlongArray sizes);
jlong JNICALL management_allocated_total(JNIEnv *env);
jlong JNICALL management_cpu_time(JNIEnv *env, jlong id);
jlong JNICALL management_cpu_time_kind(JNIEnv *env, jlong id, jboolean with_system);
void JNICALL management_cpu_times(JNIEnv *env, jlongArray ids, jlongArray times, jboolean with_system);
jobjectArray JNICALL management_monitor_deadlocks(JNIEnv *env);
jobjectArray JNICALL management_deadlocks(JNIEnv *env, jboolean monitors_only);
/* What a stopped thread waits for: the lock's object and its owner (either may be NULL).  At a safepoint only. */
struct blocker { struct object *object, *owner; bool monitor; };
struct blocker management_blocker(struct thread *of);
/* The live thread with this java.lang.Thread id, under threads_lock; 0: the caller. */
struct thread *management_find_thread(struct thread *t, int64_t id);
/* management_threadinfo.c */
jint JNICALL management_thread_info(JNIEnv *env, jlongArray ids, jint depth, jobjectArray infos);
jobjectArray JNICALL management_dump_threads(JNIEnv *env, jlongArray ids, jboolean monitors, jboolean synchronizers,
                                             jint depth);
/* management_flags.c */
jobjectArray JNICALL management_flag_names(JNIEnv *env);
jint JNICALL management_flags(JNIEnv *env, jobjectArray names, struct jmm_global *globals, jint count);
jint JNICALL management_set_flag(JNIEnv *env, jstring name, jvalue value);
jlong management_flag_count(void);

#endif
