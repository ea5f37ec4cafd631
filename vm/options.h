/* Options of the VM, from the launcher's JavaVMInitArgs, JAVA_TOOL_OPTIONS and _JAVA_OPTIONS.  The table is
 * vm/release/options.def; names of HotSpot flags that are accepted and ignored: vm/release/hotspot_flags.def. */
#ifndef CLOISTER_VM_OPTIONS_H
#define CLOISTER_VM_OPTIONS_H

#include <jni.h>
#include <stdio.h>

#include "vm/base.h"

struct property { char *key, *value; };

enum assertion_kind { ASSERT_CLASS, ASSERT_PACKAGE /* with subpackages */, ASSERT_DEFAULT };
struct assertion_option { char *name; /* slash form; NULL for DEFAULT */ enum assertion_kind kind; bool enable; };

struct options {
    struct property *properties;         /* -D and those derived from module options, in order; a later one wins */
    size_t property_count, property_capacity;
    char **arguments;                    /* VM arguments as given, for RuntimeMXBean */
    size_t argument_count;
    struct assertion_option *assertions;
    size_t assertion_count;
    bool system_assertions;
    char *java_home;                     /* found by the VM; see native/boot.c */
    char *boot_append;                   /* -Xbootclasspath/a, ':'-separated, or NULL */
    char **patch_modules;                /* "module=path[:path]" */
    size_t patch_module_count;
    size_t heap_initial, heap_maximum; /* bytes */
    size_t java_stack_size, c_stack_size;/* bytes per thread; -Xss sets the Java stack */
    size_t max_direct_memory;            /* 0: default */
    size_t max_metaspace;                /* 0: as much as there is */
    int64_t soft_ms_per_mb;
    int active_processors;               /* 0: ask the system */
    uint32_t max_stack_trace_depth;      /* 1024 */
    bool reduced_signals /* -Xrs */, enable_preview;
    bool disable_explicit_gc, exit_on_oom, crash_on_oom, heap_dump_on_oom, show_code_details, omit_stack_trace;
    bool show_hidden_frames, ignore_unrecognized_options, use_container_support, profile;
    bool print_flags_final, torture;
    bool verify_local, verify_remote;    /* boot classes; all others */
    bool display_vm_output, log_vm_output; /* where -XX:+PrintFlagsFinal goes: stdout, vm_log_file */
    bool vm_output_to_stderr;              /* options_output */
    char *vm_log_file;
    char *heap_dump_path, *error_file, *on_out_of_memory, *on_error;
    void (*exit_hook)(jint code);        /* JNI invocation "exit", "abort", "vfprintf" */
    void (*abort_hook)(void);
    jint (*vfprintf_hook)(FILE *, const char *, va_list);
};

/* Parses everything.  JNI_OK, or JNI_ERR after a message in HotSpot's words. */
jint options_parse(struct options *o, const JavaVMInitArgs *args);
const char *options_property(const struct options *o, const char *key); /* last value or NULL */
void options_add_property(struct options *o, const char *key, const char *value);
/* -ea / -da tables: desired assertion status of a class ("java/lang/String", boot: system classes). */
bool options_desired_assertion(const struct options *o, const char *class_name, bool system);
/* Finds java.home: beside our own libjvm.so, then the launcher's, then $JAVA_HOME.  malloc'ed, or NULL. */
char *options_find_java_home(void);
/* The value of a boolean -XX flag by name: true and *value when this VM has it. */
bool options_boolean_flag(const struct options *o, const char *name, bool *value);
/* Where the VM writes what is not an error: HotSpot's "tty". */
static inline FILE *options_output(const struct options *o) { return o->vm_output_to_stderr ? stderr : stdout; }
int options_processor_count(const struct options *o); /* affinity- and cgroup-aware */

#endif
