/* Who called: Reflection.getCallerClass, SecurityManager.getClassContext, AccessController's contexts. */
#include "native/jvm.h"

#include <stdlib.h>

#include "native/handles.h"
#include "native/stackwalk_private.h"
#include "vm/exception.h"
#include "vm/object.h"
#include "vm/symbol.h"
#include "vm/vm.h"

static bool is_named(const struct symbol *s, const char *text)
{
    return strcmp(s->bytes, text) == 0;
}

static bool is_method_of(const struct frame *f, const struct class *c, const char *name)
{
    return f->method->owner == c && is_named(f->method->name, name);
}

static bool is_method_accessor(const struct class *c)
{
    for (; c != NULL; c = c->super)
        if (is_named(c->name, "jdk/internal/reflect/MethodAccessorImpl"))
            return true;
    return false;
}

/* Frames that caller-sensitive methods look through: reflection's and method handles' own. */
static bool frame_ignored_for_security(const struct frame *f)
{
    const struct method *m = f->method;
    struct wellknown *k = &vm_instance()->known;
    if ((m->vm_flags & METHOD_LAMBDA_FORM_COMPILED) != 0 || m->intrinsic != INTRINSIC_NONE)
        return true;
    if (m->owner == k->ReflectMethod && is_named(m->name, "invoke"))
        return true;
    return (m->owner->vm_flags & CLASS_MAGIC_ACCESSOR) != 0 && is_method_accessor(m->owner);
}

/* Frame 0 is getCallerClass itself, frame 1 the caller-sensitive method; the answer is who called that. */
static struct object *caller_class(struct thread *t)
{
    struct frame *f = thread_top_frame(t);
    if (f != NULL && is_method_of(f, t->vm->known.Reflection, "getCallerClass"))
        f = frame_caller(f);
    if (f == NULL)
        return NULL;
    if ((f->method->vm_flags & METHOD_CALLER_SENSITIVE) == 0) {
        exception_throw(t, "java/lang/InternalError", "CallerSensitive annotation expected at frame 1");
        return NULL;
    }
    do
        f = frame_caller(f);
    while (f != NULL && frame_ignored_for_security(f));
    return f != NULL ? class_mirror(f->method->owner) : NULL;
}

JNIEXPORT jclass JNICALL JVM_GetCallerClass(JNIEnv *env)
{
    VM_RETURN(env, (jclass)handle_local(t, caller_class(t)));
}

static bool in_class_context(const struct frame *f)
{
    return !frame_ignored_for_security(f) && !method_is_native(f->method) && !method_is_launcher(f->method);
}

static struct object *class_context(struct thread *t)
{
    int32_t count = 0;
    for (struct frame *f = thread_top_frame(t); f != NULL; f = frame_caller(f))
        count += in_class_context(f);
    struct object *array = array_new_of(t, t->vm->known.Class, count);
    uint32_t at = 0;
    for (struct frame *f = thread_top_frame(t); array != NULL && f != NULL; f = frame_caller(f))
        if (in_class_context(f))
            gc_store_element(array, at++, class_mirror(f->method->owner));
    return array;
}

JNIEXPORT jobjectArray JNICALL JVM_GetClassContext(JNIEnv *env)
{
    VM_RETURN(env, handle_local(t, class_context(t)));
}

/* ---- access control -------------------------------------------------------------------------------------- */

struct context_walk { struct frame *f; struct object *last; struct object *privileged_context; bool privileged; };

/* The next protection domain on the stack that differs from the one before; NULL: no more.  The walk ends behind
 * AccessController.executePrivileged(action, context, caller), whose locals tell on whose behalf it runs, and before
 * the code that only caused a verification. */
static struct object *next_domain(struct thread *t, struct context_walk *walk)
{
    struct object *found = NULL;
    while (walk->f != NULL && !walk->privileged && found == NULL) {
        struct frame *f = walk->f;
        struct object *domain;
        if (f == t->permission_limit) {
            walk->privileged = true;
            break;
        }
        if (is_method_of(f, t->vm->known.AccessController, "executePrivileged")) {
            walk->privileged = true;
            walk->privileged_context = f->locals[1].a;
            struct object *caller = f->locals[2].a;
            domain = caller != NULL ? class_protection_domain(class_from_mirror(caller)) : NULL;
        } else {
            domain = class_protection_domain(f->method->owner);
        }
        if (domain != NULL && domain != walk->last)
            found = walk->last = domain;
        walk->f = frame_caller(f);
    }
    return found;
}

static struct object *new_context(struct thread *t, struct object *domains, const struct context_walk *walk)
{
    struct wellknown *k = &t->vm->known;
    if (!t->vm->hooks.initialize_class(t, k->AccessControlContext))
        return NULL;
    struct object *context = object_new(t, k->AccessControlContext);
    if (context == NULL)
        return NULL;
    gc_store_ref(context, k->AccessControlContext_context, domains);
    gc_store_ref(context, k->AccessControlContext_privilegedContext, walk->privileged_context);
    object_set_byte(context, k->AccessControlContext_isPrivileged, walk->privileged);
    object_set_byte(context, k->AccessControlContext_isAuthorized, 1); /* made by the VM: trusted */
    return context;
}

/* NULL without exception: every domain on the stack has all permissions. */
static struct object *stack_context(struct thread *t)
{
    struct context_walk count_walk = {.f = thread_top_frame(t)};
    int32_t count = 0;
    while (next_domain(t, &count_walk) != NULL)
        count++;
    if (count == 0)
        return count_walk.privileged && count_walk.privileged_context == NULL ? NULL
                                                                              : new_context(t, NULL, &count_walk);
    struct object *domains = array_new_of(t, t->vm->known.ProtectionDomain, count);
    if (domains == NULL)
        return NULL;
    struct context_walk walk = {.f = thread_top_frame(t)};
    for (int32_t i = 0; i < count; i++)
        gc_store_element(domains, (uint32_t)i, next_domain(t, &walk));
    return new_context(t, domains, &count_walk);
}

JNIEXPORT jobject JNICALL JVM_GetStackAccessControlContext(JNIEnv *env, jclass unused)
{
    VM_RETURN(env, handle_local(t, stack_context(t)));
}

JNIEXPORT jobject JNICALL JVM_GetInheritedAccessControlContext(JNIEnv *env, jclass unused)
{
    VM_ENTRY(env);
    struct object *context = NULL;
    if (t->java_thread != NULL)
        context = gc_load_ref(t->java_thread, t->vm->known.Thread_inheritedAccessControlContext);
    jobject result = handle_local(t, context);
    VM_LEAVE();
    return result;
}
