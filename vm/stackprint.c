/* Printing throwables and stacks from C: for failures before System.err exists, for thread dumps and fatal reports. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "vm/exception_private.h"
#include "vm/stackprint.h"
#include "vm/string.h"

enum { CAUSES_MAXIMUM = 64 };

void print_method_location(int fd, const struct method *m, int32_t bci)
{
    char class_name[1024], where[512];
    const struct class *c = m->owner;
    const struct symbol *module = c->module != NULL ? c->module->name : NULL, *source = c->attributes.source_file;
    int32_t line = method_is_native(m) ? -2 : method_line_number(m, (uint32_t)(bci < 0 ? 0 : bci));
    if (line == -2)
        snprintf(where, sizeof where, "Native Method");
    else if (source == NULL)
        snprintf(where, sizeof where, "Unknown Source");
    else if (line == -1)
        snprintf(where, sizeof where, "%s", source->bytes);
    else
        snprintf(where, sizeof where, "%s:%d", source->bytes, line);
    class_external_name(c, class_name, sizeof class_name);
    dprintf(fd, "\tat %s%s%s.%s(%s)\n", module != NULL ? module->bytes : "", module != NULL ? "/" : "", class_name,
            m->name->bytes, where);
}

static void print_header(struct thread *t, struct object *throwable, int fd, const char *prefix)
{
    char class_name[1024];
    struct object *message = gc_load_ref(throwable, t->vm->known.Throwable_detailMessage);
    char *text = message != NULL ? string_to_utf8(message) : NULL;
    class_external_name(object_class(throwable), class_name, sizeof class_name);
    dprintf(fd, "%s%s%s%s\n", prefix, class_name, text != NULL ? ": " : "", text != NULL ? text : "");
    free(text);
}

/* Frames in common with the trace that this one is the cause of are counted, not repeated. */
static void print_trace(struct object *backtrace, struct object *enclosing, int fd)
{
    if (backtrace == NULL)
        return;
    int64_t *entries = array_data(backtrace);
    uint32_t count = array_length(backtrace), common = 0;
    uint32_t outer = enclosing != NULL ? array_length(enclosing) : 0;
    while (common < count && common < outer &&
           entries[count - 1 - common] == ((int64_t *)array_data(enclosing))[outer - 1 - common])
        common++;
    for (uint32_t i = 0; i < count - common; i++)
        print_method_location(fd, backtrace_method(entries[i]), backtrace_bci(entries[i]));
    if (common != 0)
        dprintf(fd, "\t... %u more\n", common);
}

/* ExceptionInInitializerError keeps its cause where every Throwable does. */
void exception_print(struct thread *t, struct object *throwable, int fd)
{
    struct wellknown *k = &t->vm->known;
    struct object *enclosing = NULL;
    const char *prefix = "";
    for (int i = 0; throwable != NULL && i < CAUSES_MAXIMUM; i++) {
        struct object *backtrace = gc_load_ref(throwable, k->Throwable_backtrace);
        print_header(t, throwable, fd, prefix);
        print_trace(backtrace, enclosing, fd);
        struct object *cause = gc_load_ref(throwable, k->Throwable_cause);
        throwable = cause != throwable ? cause : NULL;
        enclosing = backtrace;
        prefix = "Caused by: ";
    }
}
