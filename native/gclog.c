/* -Xlog:gc and -verbose:gc in HotSpot's layout. */
#include "native/boot_private.h"

static const char *cause_text(enum gc_cause cause)
{
    switch (cause) {
    case GC_CAUSE_ALLOCATION: return "Allocation";
    case GC_CAUSE_SYSTEM_GC: return "System.gc()";
    case GC_CAUSE_LAST_DITCH: return "Last ditch collection";
    case GC_CAUSE_DIAGNOSTIC: return "Diagnostic Command";
    }
    return "unknown";
}

static void log_collection(const struct gc_event *event, void *arg)
{
    LOG(GC, INFO, "GC(%llu) Pause Full (%s) %zuM->%zuM(%zuM) %.3fms", (unsigned long long)event->number,
        cause_text(event->cause), event->used_before >> 20, event->used_after >> 20, event->committed >> 20,
        (double)event->pause_ns / 1e6);
    LOG(GC_HEAP, INFO, "GC(%llu) heap: %zuK->%zuK, committed %zuK", (unsigned long long)event->number,
        event->used_before >> 10, event->used_after >> 10, event->committed >> 10);
}

void gclog_init(struct vm *vm)
{
    LOG(GC, INFO, "Using the mark-sweep collector");
    if (log_on(LOG_GC, LOG_INFO) || log_on(LOG_GC_HEAP, LOG_INFO))
        gc_set_event_hook(log_collection, vm);
}
