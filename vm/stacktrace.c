/* Stack traces: the compact backtrace that a Throwable keeps, and StackTraceElements made from it on demand. */
#include <stdlib.h>

#include "vm/exception_private.h"
#include "vm/object.h"
#include "vm/string.h"
#include "vm/symbol.h"
#include "vm/vm.h"

/* ---- taking -------------------------------------------------------------------------------------------- */

static int64_t backtrace_entry(const struct frame *f)
{
    uint32_t bci = method_is_native(f->method) ? BACKTRACE_NATIVE : (uint32_t)frame_bci(f) & 0xffff;
    return (int64_t)((uint64_t)(uintptr_t)f->method << 16 | bci);
}

size_t backtrace_collect(struct frame *f, bool show_hidden, int64_t *out, size_t maximum)
{
    size_t count = 0;
    int64_t hidden_top = 0;
    for (; f != NULL && (maximum == 0 || count < maximum); f = frame_caller(f)) {
        if (method_is_launcher(f->method))
            continue;
        if (method_is_hidden(f->method) && !show_hidden) {
            if (count == 0)
                hidden_top = BACKTRACE_HIDDEN_TOP;
            continue;
        }
        if (out != NULL)
            out[count] = backtrace_entry(f) | (count == 0 ? hidden_top : 0);
        count++;
    }
    return count;
}

/* The frames that made the throwable are not part of its trace: fillInStackTrace and its class's constructors. */
static struct frame *skip_making(struct frame *f, const struct class *throwable_class)
{
    static const char fill[] = "fillInStackTrace";
    while (f != NULL && f->method->name->length == sizeof fill - 1 &&
           memcmp(f->method->name->bytes, fill, sizeof fill - 1) == 0)
        f = frame_caller(f);
    while (f != NULL && f->method->name == sym_init && class_is_subtype(throwable_class, f->method->owner))
        f = frame_caller(f);
    return f;
}

/* NULL without an exception: a trace is not worth an OutOfMemoryError of its own. */
static struct object *new_backtrace(struct thread *t, size_t count)
{
    struct class *element = vm_primitive_class(t->vm, 'J');
    struct class *c = atomic_load_explicit(&element->array, memory_order_acquire);
    if (c == NULL) {
        struct object *pending = t->exception;
        exception_clear(t);
        c = t->vm->hooks.array_class_of(t, element);
        t->exception = pending;
    }
    return c != NULL ? gc_alloc_array(&t->gc, &c->layout, (uint32_t)count) : NULL;
}

void exception_fill_stack_trace(struct thread *t, struct object *throwable)
{
    struct wellknown *k = &t->vm->known;
    struct frame *f = skip_making(thread_top_frame(t), object_class(throwable));
    bool show_hidden = t->vm->options.show_hidden_frames;
    size_t count = backtrace_collect(f, show_hidden, NULL, t->vm->options.max_stack_trace_depth);
    struct object *backtrace = new_backtrace(t, count);
    if (backtrace != NULL)
        backtrace_collect(f, show_hidden, array_data(backtrace), count != 0 ? count : 1);
    gc_store_ref(throwable, k->Throwable_backtrace, backtrace);
    object_set_int(throwable, k->Throwable_depth, backtrace != NULL ? (int32_t)count : 0);
}

/* ---- StackTraceElement ---------------------------------------------------------------------------------- */

/* Class.getName() caches its answer in the mirror; so do we. */
static struct object *class_name_string(struct thread *t, struct class *c)
{
    uint32_t offset = t->vm->known.Class_name;
    struct object *name = gc_load_ref(class_mirror(c), offset);
    if (name != NULL)
        return name;
    char buffer[1024], *text = buffer;
    size_t size = c->name->length + 1u;
    if (size > sizeof buffer && (text = malloc(size)) == NULL) {
        exception_throw_out_of_memory(t, "Java heap space");
        return NULL;
    }
    class_external_name(c, text, text == buffer ? sizeof buffer : size);
    struct object *fresh = string_new_utf8(t, text);
    name = fresh != NULL ? string_intern(t, fresh) : NULL;
    if (text != buffer)
        free(text);
    if (name != NULL)
        gc_store_ref(class_mirror(c), offset, name);
    return name;
}

static bool store_symbol(struct thread *t, struct object *element, uint32_t offset, const struct symbol *s)
{
    struct object *text = s != NULL ? string_intern_symbol(t, s) : NULL;
    gc_store_ref(element, offset, text);
    return s == NULL || text != NULL;
}

static bool fill_module(struct thread *t, struct object *element, const struct class *c)
{
    struct wellknown *k = &t->vm->known;
    struct object *loader = c->loader != NULL && c->loader->java != NULL ? *c->loader->java : NULL;
    if (loader != NULL)
        gc_store_ref(element, k->StackTraceElement_classLoaderName, gc_load_ref(loader, k->ClassLoader_name));
    const struct module *module = c->module;
    if (module == NULL || module->name == NULL)
        return true;
    return store_symbol(t, element, k->StackTraceElement_moduleName, module->name) &&
           store_symbol(t, element, k->StackTraceElement_moduleVersion, module->version);
}

void stack_trace_element_fill(struct thread *t, struct object *element, struct method *m, int32_t bci)
{
    struct wellknown *k = &t->vm->known;
    struct class *c = m->owner;
    struct object *class_name = class_name_string(t, c);
    if (class_name == NULL)
        return;
    gc_store_ref(element, k->StackTraceElement_declaringClassObject, class_mirror(c));
    gc_store_ref(element, k->StackTraceElement_declaringClass, class_name);
    if (!fill_module(t, element, c) || !store_symbol(t, element, k->StackTraceElement_methodName, m->name))
        return;
    if (!store_symbol(t, element, k->StackTraceElement_fileName, c->attributes.source_file))
        return;
    int32_t line = method_is_native(m) ? -2 : method_line_number(m, (uint32_t)(bci < 0 ? 0 : bci));
    if (line == -1 && t->vm->options.show_hidden_frames)
        line = bci + 1000000; /* HotSpot's way to show the index where there is no line */
    object_set_int(element, k->StackTraceElement_lineNumber, line);
}

void exception_fill_elements(struct thread *t, struct object *elements, struct object *throwable)
{
    struct wellknown *k = &t->vm->known;
    struct object *backtrace = gc_load_ref(throwable, k->Throwable_backtrace);
    if (backtrace == NULL)
        return; /* preallocated: no trace was taken */
    uint32_t count = array_length(backtrace);
    if (count != array_length(elements) || (int32_t)count != object_get_int(throwable, k->Throwable_depth)) {
        exception_throw(t, "java/lang/IndexOutOfBoundsException", NULL);
        return;
    }
    for (uint32_t i = 0; i < count && !exception_pending(t); i++) {
        struct object *element = gc_load_element(elements, i);
        if (element == NULL) {
            exception_throw(t, "java/lang/NullPointerException", NULL);
            return;
        }
        int64_t entry = ((int64_t *)array_data(backtrace))[i];
        stack_trace_element_fill(t, element, backtrace_method(entry), backtrace_bci(entry));
    }
}

struct object *exception_npe_message(struct thread *t, struct object *throwable)
{
    struct object *backtrace = gc_load_ref(throwable, t->vm->known.Throwable_backtrace);
    if (backtrace == NULL || array_length(backtrace) == 0)
        return NULL;
    int64_t entry = *(int64_t *)array_data(backtrace);
    struct method *m = backtrace_method(entry);
    if (entry < 0 || method_is_native(m))
        return NULL;
    char text[4096];
    return npe_describe(m, (uint32_t)backtrace_bci(entry), text, sizeof text) ? string_new_utf8(t, text) : NULL;
}
