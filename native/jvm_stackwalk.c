/* java.lang.StackWalker's natives, and StackTraceElements. */
#include "native/jvm.h"

#include "interpreter/mh_link.h"
#include "native/handles.h"
#include "native/methodhandles.h"
#include "native/stackwalk_private.h"
#include "vm/call.h"
#include "vm/exception.h"
#include "vm/object.h"
#include "vm/vm.h"

enum { WALK_CLASSES_ONLY = 0x2, WALK_CALLER_CLASS = 0x4, WALK_SHOW_HIDDEN = 0x20, WALK_LIVE_FRAMES = 0x100 };

/* A walk in progress: on the C stack of the native that called doStackWalk; its address is the anchor. */
struct stack_walk {
    struct thread *t;
    struct stack_walk *outer;  /* walks nest: a function of a walk may walk again */
    struct frame *frame;       /* the last one delivered, or the next while `fresh` */
    bool fresh;
};

/* ---- one frame ------------------------------------------------------------------------------------------- */

static bool fill_info(struct thread *t, struct object *info, struct frame *f, jlong mode)
{
    struct wellknown *k = &t->vm->known;
    struct object *member = gc_load_ref(info, k->StackFrameInfo_memberName);
    if (member == NULL || !member_name_init_method(t, member, f->method, false, f->method->owner))
        return false;
    int32_t bci = method_is_native(f->method) ? 0 : frame_bci(f);
    object_set_int(info, k->StackFrameInfo_bci, bci);
    return (mode & WALK_LIVE_FRAMES) == 0 || live_frame_fill(t, info, f);
}

static bool fill_slot(struct thread *t, struct object *frames, jint index, struct frame *f, jlong mode)
{
    if ((uint32_t)index >= array_length(frames)) {
        exception_throw(t, "java/lang/InternalError", "stack walk: the buffer is too short");
        return false;
    }
    if ((mode & WALK_CLASSES_ONLY) != 0) {
        gc_store_element(frames, (uint32_t)index, class_mirror(f->method->owner));
        return true;
    }
    struct object *info = gc_load_element(frames, (uint32_t)index);
    return info != NULL && fill_info(t, info, f, mode);
}

static bool refuse_sensitive_caller(struct thread *t, const struct frame *f)
{
    char name[1024];
    exception_throw(t, "java/lang/UnsupportedOperationException",
                    "StackWalker::getCallerClass called from @CallerSensitive '%s' method",
                    method_external_name(f->method, name, sizeof name));
    return false;
}

static bool is_skipped(struct thread *t, const struct frame *f, jlong mode)
{
    bool skip_hidden = (mode & WALK_SHOW_HIDDEN) == 0 || (mode & WALK_CALLER_CLASS) != 0;
    return method_is_launcher(f->method) ||
           (skip_hidden && !t->vm->options.show_hidden_frames && method_is_hidden(f->method));
}

/* Delivers up to `batch` frames into frames[start ..]; the index behind the last, or -1 with an exception pending. */
static jint fill_batch(struct stack_walk *walk, jlong mode, jint batch, jint start, struct object *frames)
{
    struct thread *t = walk->t;
    jint end = start;
    struct frame *f = walk->fresh ? walk->frame : frame_caller(walk->frame);
    struct frame *last = NULL;
    for (; f != NULL && end - start < batch; f = frame_caller(f)) {
        last = f;
        if (is_skipped(t, f, mode))
            continue;
        bool first = end == start && walk->fresh;
        if (first && (mode & WALK_CALLER_CLASS) != 0 && (f->method->vm_flags & METHOD_CALLER_SENSITIVE) != 0) {
            refuse_sensitive_caller(t, f);
            return -1;
        }
        if (!fill_slot(t, frames, end, f, mode))
            return -1;
        end++;
    }
    if (last != NULL) {
        walk->frame = last;
        walk->fresh = false;
    }
    return end;
}

/* ---- the walk -------------------------------------------------------------------------------------------- */

static bool is_walker_frame(struct thread *t, const struct frame *f)
{
    const struct class *c = f->method->owner;
    struct class *walker = t->vm->known.AbstractStackWalker;
    return c == walker || c->super == walker || strcmp(c->name->bytes, "java/lang/StackWalker") == 0;
}

static struct object *walk_with_callback(struct stack_walk *walk, struct object *stream, jint skip, jint batch,
                                         jint start, jint end)
{
    struct thread *t = walk->t;
    union slot result = {0};
    walk->outer = t->walk_anchor;
    t->walk_anchor = walk;
    bool ok = java_call_virtualv(t, t->vm->known.AbstractStackWalker_doStackWalk, &result, stream,
                                 (int64_t)(uintptr_t)walk, skip, batch, start, end);
    t->walk_anchor = walk->outer;
    return ok ? result.a : NULL;
}

static struct object *call_stack_walk(struct thread *t, struct object *stream, jlong mode, jint skip, jint batch,
                                      jint start, struct object *frames)
{
    struct stack_walk walk = {.t = t, .fresh = true, .frame = thread_top_frame(t)};
    while (walk.frame != NULL && is_walker_frame(t, walk.frame))
        walk.frame = frame_caller(walk.frame);
    for (jint i = 0; i < skip && walk.frame != NULL; i++)
        walk.frame = frame_caller(walk.frame);
    jint end = start;
    if (batch > 0) {
        end = fill_batch(&walk, mode, batch, start, frames);
        if (end == start)
            exception_throw(t, "java/lang/InternalError", "stack walk: decode failed");
        if (end <= start)
            return NULL;
    }
    return walk_with_callback(&walk, stream, skip, batch, start, end);
}

JNIEXPORT jobject JNICALL JVM_CallStackWalk(JNIEnv *env, jobject stream, jlong mode, jint skip, jint batch, jint start,
                                            jobjectArray frames)
{
    VM_ENTRY(env);
    struct object *array = handle_get(frames), *result = NULL;
    if (array == NULL)
        exception_throw(t, "java/lang/NullPointerException", "frames_array is NULL");
    else
        result = call_stack_walk(t, handle_get(stream), mode, skip, batch, start, array);
    jobject handle = handle_local(t, result);
    VM_LEAVE();
    return handle;
}

/* Java hands the anchor back: it must be one of this thread's walks that has not ended. */
static struct stack_walk *walk_of_anchor(struct thread *t, jlong anchor)
{
    for (struct stack_walk *w = t->walk_anchor; w != NULL; w = w->outer)
        if ((jlong)(uintptr_t)w == anchor)
            return w;
    exception_throw(t, "java/lang/InternalError", "doStackWalk: null buffers");
    return NULL;
}

static jint more_stack_walk(struct thread *t, jlong mode, jlong anchor, jint batch, jint start, struct object *frames)
{
    struct stack_walk *walk = walk_of_anchor(t, anchor);
    if (walk == NULL || batch <= 0)
        return 0;
    if (walk->frame == NULL || (!walk->fresh && frame_caller(walk->frame) == NULL))
        return start;
    jint end = fill_batch(walk, mode, batch, start, frames);
    return end < 0 ? 0 : end;
}

JNIEXPORT jint JNICALL JVM_MoreStackWalk(JNIEnv *env, jobject stream, jlong mode, jlong anchor, jint batch, jint start,
                                         jobjectArray frames)
{
    VM_ENTRY(env);
    struct object *array = handle_get(frames);
    jint end = 0;
    if (array == NULL)
        exception_throw(t, "java/lang/NullPointerException", "frames_array is NULL");
    else
        end = more_stack_walk(t, mode, anchor, batch, start, array);
    VM_LEAVE();
    return end;
}

/* ---- Throwable and StackTraceElement --------------------------------------------------------------------- */

JNIEXPORT void JNICALL JVM_FillInStackTrace(JNIEnv *env, jobject throwable)
{
    VM_ENTRY(env);
    exception_fill_stack_trace(t, handle_get(throwable));
    VM_LEAVE();
}

JNIEXPORT void JNICALL JVM_InitStackTraceElementArray(JNIEnv *env, jobjectArray elements, jobject throwable)
{
    VM_ENTRY(env);
    struct object *array = handle_get(elements), *thrown = handle_get(throwable);
    if (array == NULL || thrown == NULL)
        exception_throw(t, "java/lang/NullPointerException", NULL);
    else
        exception_fill_elements(t, array, thrown);
    VM_LEAVE();
}

JNIEXPORT void JNICALL JVM_InitStackTraceElement(JNIEnv *env, jobject element, jobject frame_info)
{
    VM_ENTRY(env);
    struct wellknown *k = &t->vm->known;
    struct object *info = handle_get(frame_info);
    struct object *member = info != NULL ? gc_load_ref(info, k->StackFrameInfo_memberName) : NULL;
    struct method *m = member != NULL ? member_name_method(t, member) : NULL;
    if (m == NULL)
        exception_throw(t, "java/lang/InternalError", "uninitialized StackFrameInfo !");
    else
        stack_trace_element_fill(t, handle_get(element), m, object_get_int(info, k->StackFrameInfo_bci));
    VM_LEAVE();
}

JNIEXPORT jstring JNICALL JVM_GetExtendedNPEMessage(JNIEnv *env, jthrowable throwable)
{
    VM_ENTRY(env);
    struct object *thrown = handle_get(throwable);
    struct object *text = t->vm->options.show_code_details && thrown != NULL ? exception_npe_message(t, thrown) : NULL;
    jstring result = (jstring)handle_local(t, text);
    VM_LEAVE();
    return result;
}
