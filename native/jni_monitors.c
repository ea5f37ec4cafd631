/* JNI: MonitorEnter and MonitorExit.  What a thread entered this way is recorded, because DetachCurrentThread releases
 * it (JNI specification, "Detaching from the VM"). */
#include "native/jni_private.h"

#include <stdlib.h>

#include "vm/monitor.h"

struct jni_monitor {
    struct jni_monitor *next;
    struct thread *owner;
    jobject object;   /* global reference */
    uint32_t entries;
};

/* The record of `owner` for o, with its place in the list; NULL: none.  o == NULL: any.  Under the lock. */
static struct jni_monitor **find_record(struct native_state *state, struct thread *owner, struct object *o)
{
    for (struct jni_monitor **at = &state->monitors; *at != NULL; at = &(*at)->next)
        if ((*at)->owner == owner && (o == NULL || handle_get((*at)->object) == o))
            return at;
    return NULL;
}

/* false: OutOfMemoryError pending. */
static bool record_entry(struct thread *t, struct object *o)
{
    struct native_state *state = native_state(t->vm);
    pthread_mutex_lock(&state->monitors_lock);
    struct jni_monitor **at = find_record(state, t, o);
    if (at != NULL)
        (*at)->entries++;
    pthread_mutex_unlock(&state->monitors_lock);
    if (at != NULL)
        return true;
    struct jni_monitor *record = malloc(sizeof *record);
    jobject object = record != NULL ? handle_global(t, o) : NULL; /* allocates: not under the lock */
    if (object == NULL) {
        free(record);
        exception_throw_out_of_memory(t, "MonitorEnter");
        return false;
    }
    pthread_mutex_lock(&state->monitors_lock);
    *record = (struct jni_monitor){.next = state->monitors, .owner = t, .object = object, .entries = 1};
    state->monitors = record;
    pthread_mutex_unlock(&state->monitors_lock);
    return true;
}

/* Unlinks and returns the record if this was its last entry. */
static struct jni_monitor *forget_entry(struct native_state *state, struct thread *t, struct object *o)
{
    pthread_mutex_lock(&state->monitors_lock);
    struct jni_monitor **at = find_record(state, t, o), *last = NULL;
    if (at != NULL && --(*at)->entries == 0) {
        last = *at;
        *at = last->next;
    }
    pthread_mutex_unlock(&state->monitors_lock);
    return last;
}

static void discard(struct thread *t, struct jni_monitor *record)
{
    if (record != NULL)
        handle_delete_global(t, record->object);
    free(record);
}

static jint JNICALL monitor_enter_jni(JNIEnv *env, jobject ref)
{
    VM_ENTRY(env);
    struct object *o = handle_get(ref), *pending = t->exception;
    bool entered = false;
    t->exception = NULL; /* JNI allows neither, but cleanup code calls this with an exception pending */
    if (o == NULL) {
        exception_throw(t, "java/lang/NullPointerException", NULL);
    } else {
        monitor_enter(t, o);
        entered = !exception_pending(t);
        if (entered && !record_entry(t, o)) {
            struct object *failure = t->exception;
            t->exception = NULL;
            monitor_exit(t, o);
            t->exception = failure;
            entered = false;
        }
    }
    if (t->exception == NULL)
        t->exception = pending;
    VM_LEAVE();
    return entered ? JNI_OK : JNI_ERR;
}

static jint JNICALL monitor_exit_jni(JNIEnv *env, jobject ref)
{
    VM_ENTRY(env);
    struct object *o = handle_get(ref), *pending = t->exception;
    bool left = false;
    t->exception = NULL; /* MonitorExit may be called with an exception pending, which stays so */
    if (o == NULL)
        exception_throw(t, "java/lang/NullPointerException", NULL);
    else
        left = monitor_exit(t, o);
    if (left)
        discard(t, forget_entry(native_state(t->vm), t, o));
    if (t->exception == NULL)
        t->exception = pending;
    VM_LEAVE();
    return left ? JNI_OK : JNI_ERR;
}

void jni_release_monitors(struct thread *t)
{
    struct native_state *state = native_state(t->vm);
    for (;;) {
        pthread_mutex_lock(&state->monitors_lock);
        struct jni_monitor **at = find_record(state, t, NULL), *record = at != NULL ? *at : NULL;
        if (record != NULL)
            *at = record->next;
        pthread_mutex_unlock(&state->monitors_lock);
        if (record == NULL)
            return;
        while (record->entries-- > 0)
            monitor_exit(t, handle_get(record->object));
        exception_clear(t); /* an unbalanced exit in native code is no reason to fail the detach */
        discard(t, record);
    }
}

void jni_fill_monitors(struct JNINativeInterface_ *f)
{
    f->MonitorEnter = monitor_enter_jni;
    f->MonitorExit = monitor_exit_jni;
}
