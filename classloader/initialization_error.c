/* What a failed class initializer leaves behind: ExceptionInInitializerError now, NoClassDefFoundError with the first
 * failure as its cause later (JVMS 5.5 steps 5, 10 - 12). */
#include <stdio.h>
#include <stdlib.h>

#include "classloader/initialization_private.h"
#include "classloader/loading.h"
#include "vm/call.h"
#include "vm/exception.h"
#include "vm/object.h"
#include "vm/string.h"
#include "vm/symbol.h"

static struct class *error_class(struct thread *t)
{
    struct class *c =
        load_class(t, symbol_intern_cstr("java/lang/ExceptionInInitializerError"), t->vm->boot_loader, false);
    return c != NULL && initialize_class(t, c) ? c : NULL;
}

static char *thread_name(struct thread *t)
{
    struct object *name = t->java_thread == NULL ? NULL : gc_load_ref(t->java_thread, t->vm->known.Thread_name);
    return name == NULL ? strdup(t->name) : string_to_utf8(name);
}

/* An error that tells the first failure's class, message and trace without keeping its objects alive. */
static struct object *describe(struct thread *t, struct object *failure)
{
    struct wellknown *known = &t->vm->known;
    struct class *c = error_class(t);
    if (c == NULL)
        return NULL;
    char class_name[512];
    class_external_name(object_class(failure), class_name, sizeof class_name);
    struct object *detail = gc_load_ref(failure, known->Throwable_detailMessage);
    char *message = detail == NULL ? NULL : string_to_utf8(detail);
    char *name = thread_name(t), *text = NULL;
    struct object *error = NULL, *string = NULL;
    if (asprintf(&text, "Exception %s%s%s [in thread \"%s\"]", class_name, message != NULL ? ": " : "",
                 message != NULL ? message : "", name != NULL ? name : "") >= 0)
        string = string_new_utf8(t, text);
    else
        text = NULL;
    if (string != NULL)
        error = java_new(t, c, "(Ljava/lang/String;)V", string);
    free(text);
    free(name);
    free(message);
    if (error == NULL)
        return NULL;
    gc_store_ref(error, known->Throwable_backtrace, gc_load_ref(failure, known->Throwable_backtrace));
    gc_store_ref(error, known->Throwable_stackTrace, gc_load_ref(failure, known->Throwable_stackTrace));
    object_set_int(error, known->Throwable_depth, object_get_int(failure, known->Throwable_depth));
    return error;
}

void record_initialization_error(struct thread *t, struct class *c)
{
    struct object *failure = t->exception;
    t->exception = NULL;
    struct object *error = describe(t, failure);
    if (error != NULL) { /* else memory is short: the later error goes without a cause */
        c->init_error = gc_roots_new(1);
        gc_store_root(c->init_error, error);
    }
    t->exception = failure;
}

void throw_erroneous_class(struct thread *t, struct class *c)
{
    char name[1024];
    class_external_name(c, name, sizeof name);
    if (c->init_error == NULL) {
        exception_throw(t, "java/lang/NoClassDefFoundError", "Could not initialize class %s", name);
        return;
    }
    t->exception = *c->init_error;
    exception_throw_with_cause(t, "java/lang/NoClassDefFoundError", "Could not initialize class %s", name);
}

void wrap_initializer_exception(struct thread *t)
{
    struct object *e = t->exception;
    if (class_is_subtype(object_class(e), t->vm->known.Error))
        return;
    t->exception = NULL;
    struct class *c = error_class(t);
    struct object *error = c == NULL ? NULL : java_new(t, c, "(Ljava/lang/Throwable;)V", e);
    if (error != NULL)
        exception_throw_object(t, error);
}
