/* Methods made by linking that throw when they are selected: conflicting default methods, and non-public
 * implementations of interface methods (JVMS 5.4.6, invokeinterface). */
#include <stdio.h>

#include "classloader/linking_private.h"
#include "vm/exception.h"

struct overpass {
    struct method method;    /* first: the method is found again by its address */
    const char *exception;
    const char *message;
};

static void overpass_entry(struct thread *t, struct method *m, union slot *args)
{
    const struct overpass *o = (const struct overpass *)m;
    exception_throw(t, o->exception, "%s", o->message);
}

struct method *overpass_method(struct class *c, const struct method *like, const char *exception, const char *message)
{
    struct overpass *o = arena_alloc(c->loader->arena, sizeof *o);
    o->method = (struct method){
        .entry = overpass_entry, .owner = c, .name = like->name, .descriptor = like->descriptor,
        .access_flags = ACC_PUBLIC | ACC_SYNTHETIC, .arg_slots = like->arg_slots, .max_locals = like->arg_slots,
        .return_type = like->return_type, .result_slots = like->result_slots, .arg_count = like->arg_count,
        .vm_flags = METHOD_OVERPASS, .vtable_index = -1, .itable_index = -1,
    };
    o->exception = exception;
    size_t size = strlen(message) + 1;
    o->message = memcpy(arena_alloc(c->loader->arena, size), message, size);
    return &o->method;
}
