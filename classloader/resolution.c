/* Resolution of classes and strings (JVMS 5.4.3.1, 5.1), and the slots that keep what resolution found or how it
 * failed. */
#include "classloader/resolution.h"

#include <stdlib.h>

#include "classloader/loading.h"
#include "classloader/loading_private.h"
#include "classloader/resolution_private.h"
#include "vm/exception.h"
#include "vm/string.h"
#include "vm/symbol.h"

/* ---- slots ----------------------------------------------------------------------------------------------- */

/* One per process, as the VM is: makes the two words of a slot one answer when several threads resolve it.  Held for a
 * few instructions only; readers never take it. */
static pthread_mutex_t slots_lock = PTHREAD_MUTEX_INITIALIZER;

static bool publish(struct cp_slot *slot, void *a, uint64_t b)
{
    pthread_mutex_lock(&slots_lock);
    bool first = atomic_load_explicit(&slot->a, memory_order_relaxed) == NULL;
    if (first) {
        atomic_store_explicit(&slot->b, b, memory_order_relaxed);
        atomic_store_explicit(&slot->a, a, memory_order_release);
    }
    pthread_mutex_unlock(&slots_lock);
    return first;
}

void slot_publish(struct cp_slot *slot, void *a, uint64_t b)
{
    publish(slot, a, b);
}

/* Keeps `o` in a root slot and publishes that; the object of whoever was first. */
static struct object *publish_object(struct cp_slot *slot, struct object *o)
{
    struct object **root = gc_roots_new(1);
    gc_store_root(root, o);
    if (publish(slot, root, 0))
        return o;
    gc_store_root(root, NULL);
    gc_roots_free(root, 1);
    root = atomic_load_explicit(&slot->a, memory_order_acquire);
    return *root;
}

static bool is_linkage_error(const struct object *e)
{
    const struct class *c = object_class(e);
    while (c != NULL && strcmp(c->name->bytes, "java/lang/LinkageError") != 0)
        c = c->super;
    return c != NULL;
}

void slot_record_failure(struct thread *t, struct cp_slot *slot)
{
    if (!is_linkage_error(t->exception))
        return; /* lack of memory or stack, ThreadDeath: another attempt may succeed */
    struct object **root = gc_roots_new(1);
    gc_store_root(root, t->exception);
    if (!publish(slot, CP_SLOT_FAILED, (uint64_t)(uintptr_t)root)) {
        gc_store_root(root, NULL);
        gc_roots_free(root, 1);
    }
}

void throw_again(struct thread *t, struct object *first, bool with_cause)
{
    struct class *c = object_class(first);
    if (!c->loader->is_boot) { /* may lack the constructor */
        exception_throw_object(t, first);
        return;
    }
    struct object *detail = gc_load_ref(first, t->vm->known.Throwable_detailMessage);
    struct object *cause = gc_load_ref(first, t->vm->known.Throwable_cause);
    char *message = detail == NULL ? NULL : string_to_utf8(detail);
    if (message != NULL)
        exception_throw_class(t, c, "%s", message);
    else
        exception_throw_class(t, c, NULL);
    free(message);
    if (with_cause && cause != first && t->exception != NULL && object_class(t->exception) == c)
        gc_store_ref(t->exception, t->vm->known.Throwable_cause, cause);
}

bool slot_failed(struct thread *t, struct cp_slot *slot)
{
    if (LIKELY(atomic_load_explicit(&slot->a, memory_order_acquire) != CP_SLOT_FAILED))
        return false;
    struct object **root = (struct object **)(uintptr_t)atomic_load_explicit(&slot->b, memory_order_relaxed);
    throw_again(t, *root, true);
    return true;
}

/* ---- classes and strings --------------------------------------------------------------------------------- */

struct class *resolve_class(struct thread *t, struct class *from, uint16_t cp_index)
{
    struct cp_slot *slot = cp_slot(&from->cp, cp_index);
    struct class *c = atomic_load_explicit(&slot->a, memory_order_acquire);
    if (LIKELY(c != NULL && c != CP_SLOT_FAILED))
        return c;
    if (slot_failed(t, slot))
        return NULL;
    c = load_class(t, cp_class_name(&from->cp, cp_index), from->loader, false);
    if (c != NULL && !check_package_access(t, c, from->loader, class_protection_domain(from)))
        c = NULL;
    if (c != NULL && !access_class(from, c)) {
        throw_class_access(t, from, c);
        c = NULL;
    }
    if (c == NULL) {
        slot_record_failure(t, slot);
        return NULL;
    }
    slot_publish(slot, c, 0);
    return c;
}

struct object *resolve_string(struct thread *t, struct class *from, uint16_t cp_index)
{
    struct cp_slot *slot = cp_slot(&from->cp, cp_index);
    struct object **root = atomic_load_explicit(&slot->a, memory_order_acquire);
    if (LIKELY(root != NULL))
        return *root;
    struct object *string = string_intern_symbol(t, cp_utf8(&from->cp, from->cp.values[cp_index].ref.a));
    return string == NULL ? NULL : publish_object(slot, string);
}

/* ---- loader constraints of a descriptor ------------------------------------------------------------------ */

bool constrain_descriptor(struct thread *t, const struct symbol *descriptor, struct loader *a, struct loader *b,
                          struct symbol **type)
{
    if (a == b)
        return true;
    for (const char *p = strchr(descriptor->bytes, 'L'); p != NULL; p = strchr(p, 'L')) {
        const char *end = strchr(p, ';');
        *type = symbol_intern(p + 1, (size_t)(end - p - 1));
        if (!constrain_loaders(*type, a, b)) {
            const char *start = p;
            while (start[-1] == '[')
                start--;
            if (start != p) /* arrays are named whole */
                *type = symbol_intern(start, (size_t)(end + 1 - start));
            return false;
        }
        p = end;
    }
    return true;
}
