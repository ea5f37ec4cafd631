/* java.lang.ref from the VM: the list of references that the collector cleared, and the Reference Handler's wait. */
#include <errno.h>
#include <semaphore.h>
#include <time.h>

#include "native/boot_private.h"
#include "native/handles.h"
#include "native/jvm.h"
#include "native/references_private.h"
#include "vm/safepoint.h"

/* One per process because the collector is. */
static sem_t pending_changed;             /* posted whenever the pending list got its first element */
static _Atomic int64_t last_collection_ns;/* CLOCK_MONOTONIC */

/* Called by the collecting thread with the collector's lock held, so it takes no other. */
static void wake_handler(void *arg)
{
    sem_post(&pending_changed);
}

/* A weak visitor without a table: it only sees that a collection happens. */
static void note_collection(void *arg)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    atomic_store_explicit(&last_collection_ns, (int64_t)now.tv_sec * 1000000000 + now.tv_nsec, memory_order_relaxed);
}

int64_t references_last_collection_ns(void)
{
    return atomic_load_explicit(&last_collection_ns, memory_order_relaxed);
}

void references_init(struct vm *vm)
{
    sem_init(&pending_changed, 0, 0);
    last_collection_ns = vm->start_ns;
    gc_set_pending_hook(wake_handler, NULL);
    gc_add_weak_visitor("time of the last collection", note_collection, NULL);
}

JNIEXPORT void JNICALL JVM_WaitForReferencePendingList(JNIEnv *env)
{
    /* In native state, which counts as stopped: the thread may wait as it is.  No object is touched. */
    while (!gc_has_pending())
        while (sem_wait(&pending_changed) != 0 && errno == EINTR) /* the collector stops threads by signals */
            continue;
}

JNIEXPORT jboolean JNICALL JVM_HasReferencePendingList(JNIEnv *env)
{
    (void)env;
    return gc_has_pending();
}

JNIEXPORT jobject JNICALL JVM_GetAndClearReferencePendingList(JNIEnv *env)
{
    VM_ENTRY(env);
    jobject list = handle_local(t, gc_take_pending());
    VM_LEAVE();
    return list;
}

JNIEXPORT void JNICALL JVM_ReferenceClear(JNIEnv *env, jobject ref)
{
    VM_ENTRY(env);
    gc_store_ref(handle_get(ref), t->vm->known.Reference_referent, NULL);
    VM_LEAVE();
}

static jboolean refers_to(JNIEnv *env, jobject ref, jobject o)
{
    VM_ENTRY(env);
    bool same = gc_ref_get(handle_get(ref), t->vm->known.Reference_referent) == handle_get(o);
    VM_LEAVE();
    return same;
}

JNIEXPORT jboolean JNICALL JVM_ReferenceRefersTo(JNIEnv *env, jobject ref, jobject o)
{
    return refers_to(env, ref, o);
}

JNIEXPORT jboolean JNICALL JVM_PhantomReferenceRefersTo(JNIEnv *env, jobject ref, jobject o)
{
    return refers_to(env, ref, o);
}
