/* Throwing from C.  The constructor is run, so that traces and causes are as Java code would make them; where memory or
 * stack is short the object is built without running Java, and if even that fails a preallocated one is thrown. */
#include "vm/exception.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "vm/call.h"
#include "vm/exception_private.h"
#include "vm/object.h"
#include "vm/string.h"
#include "vm/symbol.h"
#include "vm/vm.h"

enum { THROW_DEPTH_MAXIMUM = 6, MESSAGE_BUFFER = 1024 };

static const char string_constructor[] = "(Ljava/lang/String;)V";

/* ---- making throwables ----------------------------------------------------------------------------------- */

static struct object *throwable_static(struct vm *vm, const char *name, const char *descriptor)
{
    const struct symbol *n = symbol_lookup(name, strlen(name)), *d = symbol_lookup(descriptor, strlen(descriptor));
    struct field *f = n != NULL && d != NULL ? class_find_declared_field(vm->known.Throwable, n, d) : NULL;
    return f != NULL && f->address != NULL ? *(struct object **)f->address : NULL;
}

/* As Throwable's field initializers leave it, without running Java.  NULL without an exception when memory is out. */
static struct object *new_throwable_plain(struct thread *t, struct class *c, struct object *message)
{
    struct wellknown *k = &t->vm->known;
    struct object *o = gc_alloc_object(&t->gc, &c->layout);
    if (o == NULL)
        return NULL;
    gc_store_ref(o, k->Throwable_detailMessage, message);
    gc_store_ref(o, k->Throwable_cause, o);
    gc_store_ref(o, k->Throwable_stackTrace,
                 throwable_static(t->vm, "UNASSIGNED_STACK", "[Ljava/lang/StackTraceElement;"));
    struct symbol *name = symbol_intern_cstr("suppressedExceptions"),
                  *descriptor = symbol_intern_cstr("Ljava/util/List;");
    struct field *suppressed = class_find_declared_field(k->Throwable, name, descriptor);
    if (suppressed != NULL)
        gc_store_ref(o, suppressed->offset, throwable_static(t->vm, "SUPPRESSED_SENTINEL", "Ljava/util/List;"));
    exception_fill_stack_trace(t, o);
    return o;
}

static struct object *construct(struct thread *t, struct class *c, const char *message)
{
    struct object *text = NULL;
    if (message != NULL && (text = string_new_utf8(t, message)) == NULL)
        return NULL;
    const struct symbol *with_string = symbol_intern_cstr(string_constructor);
    if (text != NULL && class_find_declared_method(c, sym_init, with_string) != NULL)
        return java_new(t, c, string_constructor, text);
    struct object *o = java_new(t, c, "()V");
    if (o != NULL && text != NULL)
        gc_store_ref(o, t->vm->known.Throwable_detailMessage, text);
    return o;
}

static void log_thrown(struct thread *t, struct object *throwable)
{
    struct object *message = gc_load_ref(throwable, t->vm->known.Throwable_detailMessage);
    struct frame *f = thread_top_frame(t);
    char *text = message != NULL ? string_to_utf8(message) : NULL;
    char method[512];
    LOG(EXCEPTIONS, INFO, "Exception <a '%s'{%p}%s%s> thrown in <%s> at bci %d for thread %p",
        object_class(throwable)->name->bytes, (void *)throwable, text != NULL ? ": " : "", text != NULL ? text : "",
        f != NULL ? method_external_name(f->method, method, sizeof method) : "no Java frame",
        f != NULL ? frame_bci(f) : -1, (void *)t);
    free(text);
}

void exception_throw_object(struct thread *t, struct object *throwable)
{
    t->exception = throwable;
    if (log_on(LOG_EXCEPTIONS, LOG_INFO))
        log_thrown(t, throwable);
}

/* Before the main thread's object exists no constructor can run; the spare exceptions come later still. */
static _Noreturn void fail_start_up(struct vm *vm, const char *class_name, const char *message)
{
    printf("Error occurred during initialization of VM\n%s%s%s\n", class_name, message != NULL ? ": " : "",
           message != NULL ? message : "");
    vm_exit(vm, 1);
}

static bool throwing_works(const struct thread *t)
{
    return t->vm->initialized || t->java_thread != NULL;
}

/* What is thrown when throwing throws, again and again: mostly an exhausted stack or heap, or a broken library. */
static void throw_last_resort(struct thread *t, const char *wanted, const char *message)
{
    if (t->vm->stack_overflow == NULL || *t->vm->stack_overflow == NULL)
        fail_start_up(t->vm, wanted, message);
    exception_throw_object(t, thread_c_stack_low(t) ? *t->vm->stack_overflow : *t->vm->out_of_memory);
}

static void throw_new(struct thread *t, struct class *c, const char *class_name, struct object *cause,
                      const char *message)
{
    exception_clear(t);
    if (!throwing_works(t))
        fail_start_up(t->vm, class_name, message);
    if (t->throw_depth >= THROW_DEPTH_MAXIMUM) {
        throw_last_resort(t, class_name, message);
        return;
    }
    t->throw_depth++;
    if (c == NULL)
        c = t->vm->hooks.find_boot_class(t, class_name);
    struct object *o = NULL;
    if (c != NULL && t->vm->hooks.initialize_class(t, c))
        o = construct(t, c, message);
    if (o != NULL && cause != NULL)
        gc_store_ref(o, t->vm->known.Throwable_cause, cause);
    t->throw_depth--;
    if (o != NULL && !exception_pending(t))
        exception_throw_object(t, o);
    else if (!exception_pending(t))
        throw_last_resort(t, class_name, message);
}

static void throw_formatted(struct thread *t, struct class *c, const char *class_name, struct object *cause,
                            const char *fmt, va_list args)
{
    char buffer[MESSAGE_BUFFER], *text = NULL;
    if (fmt == NULL) {
        throw_new(t, c, class_name, cause, NULL);
        return;
    }
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(buffer, sizeof buffer, fmt, args);
    if (length >= (int)sizeof buffer && (text = malloc((size_t)length + 1)) != NULL)
        vsnprintf(text, (size_t)length + 1, fmt, again);
    va_end(again);
    throw_new(t, c, class_name, cause, text != NULL ? text : buffer);
    free(text);
}

void exception_throw(struct thread *t, const char *class_name, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    throw_formatted(t, NULL, class_name, NULL, fmt, args);
    va_end(args);
}

void exception_throw_class(struct thread *t, struct class *c, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    throw_formatted(t, c, c->name->bytes, NULL, fmt, args);
    va_end(args);
}

void exception_throw_with_cause(struct thread *t, const char *class_name, const char *fmt, ...)
{
    va_list args;
    struct object *cause = t->exception;
    va_start(args, fmt);
    throw_formatted(t, NULL, class_name, cause, fmt, args);
    va_end(args);
}

/* ---- without memory or stack ----------------------------------------------------------------------------- */

void exception_throw_stack_overflow(struct thread *t)
{
    struct vm *vm = t->vm;
    exception_clear(t);
    if (vm->stack_overflow == NULL || *vm->stack_overflow == NULL)
        fail_start_up(vm, "java/lang/StackOverflowError", NULL);
    struct object *o = new_throwable_plain(t, object_class(*vm->stack_overflow), NULL);
    exception_throw_object(t, o != NULL ? o : *vm->stack_overflow);
}

void exception_throw_out_of_memory(struct thread *t, const char *why)
{
    struct vm *vm = t->vm;
    exception_clear(t);
    if (vm->out_of_memory == NULL || *vm->out_of_memory == NULL)
        fail_start_up(vm, "java/lang/OutOfMemoryError", why);
    bool array = strcmp(why, "Requested array size exceeds VM limit") == 0;
    if (array || strcmp(why, "Java heap space") == 0 || strcmp(why, "Metaspace") == 0)
        out_of_memory_actions(t, why);
    struct object *spare = array ? *vm->out_of_memory_array : *vm->out_of_memory, *o = NULL;
    if (t->throw_depth == 0) { /* making the message may fail and come back here */
        t->throw_depth++;
        struct object *message = string_new_utf8(t, why);
        exception_clear(t);
        if (message != NULL)
            o = new_throwable_plain(t, object_class(spare), message);
        t->throw_depth--;
    }
    exception_throw_object(t, o != NULL ? o : spare);
}

static struct object **preallocate(struct thread *t, const char *class_name, const char *message)
{
    struct object **slot = gc_roots_new(1);
    struct class *c = t->vm->hooks.find_boot_class(t, class_name);
    if (slot == NULL || c == NULL || !t->vm->hooks.initialize_class(t, c))
        return NULL;
    struct object *text = message != NULL ? string_new_utf8(t, message) : NULL;
    if (message != NULL && text == NULL)
        return NULL;
    struct object *o = new_throwable_plain(t, c, text);
    if (o == NULL)
        return NULL;
    gc_store_ref(o, t->vm->known.Throwable_backtrace, NULL);
    object_set_int(o, t->vm->known.Throwable_depth, 0);
    gc_store_root(slot, o);
    return slot;
}

bool exceptions_init(struct thread *t)
{
    struct vm *vm = t->vm;
    vm->out_of_memory = preallocate(t, "java/lang/OutOfMemoryError", "Java heap space");
    vm->out_of_memory_array = preallocate(t, "java/lang/OutOfMemoryError", "Requested array size exceeds VM limit");
    vm->stack_overflow = preallocate(t, "java/lang/StackOverflowError", NULL);
    return vm->out_of_memory != NULL && vm->out_of_memory_array != NULL && vm->stack_overflow != NULL;
}
