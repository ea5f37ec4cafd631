/* jdk.test.whitebox.WhiteBox, which OpenJDK's test harness loads to ask a VM about itself before it chooses tests.
 * What it asks then is answered truly; its other natives are HotSpot's inner workings and stay unbound, so that each
 * refuses by its own name. */
#include <stdlib.h>
#include <unistd.h>

#include "gc/gc.h"
#include "interpreter/interpreter.h"
#include "native/direct.h"
#include "native/natives.h"
#include "vm/object.h"
#include "vm/string.h"

/* Boolean getBooleanVMFlag(String): null for a flag that this VM does not have. */
static void whitebox_boolean_flag(struct thread *t, struct method *m, union slot *args)
{
    char *name = args[1].a != NULL ? string_to_utf8(args[1].a) : NULL;
    bool value = false;
    bool known = name != NULL && options_boolean_flag(&t->vm->options, name, &value);
    free(name);
    args[0].a = known ? box(t, 'Z', (union slot){.i = value}) : NULL;
}

/* HotSpot's collectors, its compilers, JVMTI, CDS, JFR, DTrace: not here. */
static void whitebox_no(struct thread *t, struct method *m, union slot *args)
{
    args[0].i = false;
}

static void whitebox_full_gc(struct thread *t, struct method *m, union slot *args)
{
    interpreter_clear_dead_slots(t);
    gc_collect(GC_CAUSE_SYSTEM_GC);
}

static void whitebox_page_size(struct thread *t, struct method *m, union slot *args)
{
    args[0].i = (int32_t)sysconf(_SC_PAGESIZE);
}

static void whitebox_libc(struct thread *t, struct method *m, union slot *args)
{
    args[0].a = string_new_utf8(t, "glibc");
}

static const struct vm_native whitebox_methods[] = {
    {"registerNatives", "()V", NULL, direct_nothing},
    {"getBooleanVMFlag", "(Ljava/lang/String;)Ljava/lang/Boolean;", NULL, whitebox_boolean_flag},
    {"isGCSupported", "(I)Z", NULL, whitebox_no},
    {"isGCSelected", "(I)Z", NULL, whitebox_no},
    {"isGCSelectedErgonomically", "()Z", NULL, whitebox_no},
    {"isGCSupportedByJVMCICompiler", "(I)Z", NULL, whitebox_no},
    {"isJFRIncluded", "()Z", NULL, whitebox_no},
    {"isJVMTIIncluded", "()Z", NULL, whitebox_no},
    {"isDTraceIncluded", "()Z", NULL, whitebox_no},
    {"isCDSIncluded", "()Z", NULL, whitebox_no},
    {"fullGC", "()V", NULL, whitebox_full_gc},
    {"getVMPageSize", "()I", NULL, whitebox_page_size},
    {"getLibcName", "()Ljava/lang/String;", NULL, whitebox_libc},
};

const struct vm_native_class natives_whitebox = {
    "jdk/test/whitebox/WhiteBox", whitebox_methods, ARRAY_COUNT(whitebox_methods),
};
const struct vm_native_class natives_whitebox_old = {
    "sun/hotspot/WhiteBox", whitebox_methods, ARRAY_COUNT(whitebox_methods),
};
