/* jdk.jfr.internal.JVM: there is no flight recorder here, and its class finds that out by asking isAvailable.  What its
 * initializer and its reports touch before that is bound; the other natives stay unbound. */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "native/direct.h"
#include "native/natives.h"
#include "vm/string.h"

enum { NANOSECONDS_PER_SECOND = 1000000000 };

static void jfr_false(struct thread *t, struct method *m, union slot *args)
{
    args[0].i = false;
}

static void jfr_counter_time(struct thread *t, struct method *m, union slot *args)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    args[0].j = (int64_t)now.tv_sec * NANOSECONDS_PER_SECOND + now.tv_nsec;
}

static void jfr_ticks_frequency(struct thread *t, struct method *m, union slot *args)
{
    args[0].j = NANOSECONDS_PER_SECOND;
}

static void jfr_pid(struct thread *t, struct method *m, union slot *args)
{
    char text[16];
    snprintf(text, sizeof(text), "%d", (int)getpid());
    args[0].a = string_new_utf8(t, text);
}

static const struct vm_native jfr_methods[] = {
    {"registerNatives", "()V", NULL, direct_nothing},
    {"subscribeLogLevel", "(Ljdk/jfr/internal/LogTag;I)V", NULL, direct_nothing}, /* no log of ours has JFR tags */
    {"isAvailable", "()Z", NULL, jfr_false},
    {"isRecording", "()Z", NULL, jfr_false},
    {"counterTime", "()J", NULL, jfr_counter_time},
    {"getTicksFrequency", "()J", NULL, jfr_ticks_frequency},
    {"getPid", "()Ljava/lang/String;", NULL, jfr_pid},
};

const struct vm_native_class natives_jfr = {"jdk/jfr/internal/JVM", jfr_methods, ARRAY_COUNT(jfr_methods)};
