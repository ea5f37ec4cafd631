/* Access control (JVMS 5.4.4): packages, modules, protected members and nests; and the IllegalAccessErrors. */
#include <stdio.h>

#include "classloader/modules.h"
#include "classloader/resolution_private.h"
#include "vm/exception.h"
#include "vm/monitor.h"

enum access_result { ACCESS_OK, NOT_READABLE, NOT_EXPORTED, NOT_PUBLIC };

static const struct class *element_of(const struct class *c)
{
    return class_is_array(c) ? c->innermost : c;
}

static enum access_result module_access(const struct class *from, const struct class *target)
{
    const struct module *a = from->module, *b = target->module;
    if (a == b || a == NULL || b == NULL)
        return ACCESS_OK;
    if (!module_reads(a, b))
        return NOT_READABLE;
    if (b->name == NULL || b->open)
        return ACCESS_OK;
    const struct package *p = package_of(target->loader, target->name, false);
    return p == NULL || package_exported_to(p, a) ? ACCESS_OK : NOT_EXPORTED;
}

static enum access_result class_access(const struct class *from, const struct class *target)
{
    target = element_of(target);
    if (from == NULL || from == target || class_is_primitive(target))
        return ACCESS_OK;
    enum access_result result = NOT_PUBLIC;
    if ((target->access_flags & ACC_PUBLIC) != 0)
        result = module_access(element_of(from), target);
    else if (class_same_package(from, target))
        result = ACCESS_OK;
    if (result != ACCESS_OK && (from->vm_flags & CLASS_MAGIC_ACCESSOR) != 0)
        result = ACCESS_OK; /* generated accessors of core reflection: checked in Java */
    return result;
}

bool access_class(struct class *from, const struct class *target)
{
    return class_access(from, target) == ACCESS_OK;
}

/* Protected (JVMS 5.4.4): declared in a superclass of `from`, and the named class related to `from` by subclassing. */
static bool protected_access(const struct class *from, const struct class *holder, const struct class *declaring,
                             uint16_t flags)
{
    const struct class *super = from;
    while (super != NULL && super != declaring)
        super = super->super;
    if (super == NULL || class_is_interface(from))
        return false;
    return (flags & ACC_STATIC) != 0 || class_is_subtype(holder, from) || class_is_subtype(from, holder);
}

bool access_member(struct thread *t, struct class *from, struct class *holder, struct class *declaring, uint16_t flags)
{
    if ((flags & ACC_PUBLIC) != 0 || from == NULL || from == declaring)
        return true;
    if ((from->vm_flags & CLASS_MAGIC_ACCESSOR) != 0)
        return true;
    if ((flags & ACC_PRIVATE) != 0)
        return class_nest_host(t, from) == class_nest_host(t, declaring);
    if (class_same_package(from, declaring))
        return true;
    return (flags & ACC_PROTECTED) != 0 && protected_access(from, holder, declaring, flags);
}

/* ---- messages -------------------------------------------------------------------------------------------- */

enum { NAME_SIZE = 512, PLACES_SIZE = 2200 };

static const char *module_name(const struct module *m)
{
    return m->name->bytes;
}

static unsigned long module_identity(const struct module *m)
{
    return *m->java == NULL ? 0 : (unsigned long)object_identity_hash(*m->java);
}

static void unreadable(const struct module *a, const struct module *b, const char *from, const char *to, char *buffer,
                       size_t size)
{
    if (b->name != NULL)
        snprintf(buffer, size,
                 "class %s (in module %s) cannot access class %s (in module %s) because module %s does not read"
                 " module %s",
                 from, module_name(a), to, module_name(b), module_name(a), module_name(b));
    else
        snprintf(buffer, size,
                 "class %s (in module %s) cannot access class %s (in unnamed module @0x%lx) because module %s does"
                 " not read unnamed module @0x%lx",
                 from, module_name(a), to, module_identity(b), module_name(a), module_identity(b));
}

static void unexported(const struct module *a, const struct module *b, const char *from, const char *to,
                       const char *package, char *buffer, size_t size)
{
    if (a->name != NULL)
        snprintf(buffer, size,
                 "class %s (in module %s) cannot access class %s (in module %s) because module %s does not export"
                 " %s to module %s",
                 from, module_name(a), to, module_name(b), module_name(b), package, module_name(a));
    else
        snprintf(buffer, size,
                 "class %s (in unnamed module @0x%lx) cannot access class %s (in module %s) because module %s does"
                 " not export %s to unnamed module @0x%lx",
                 from, module_identity(a), to, module_name(b), module_name(b), package, module_identity(a));
}

bool class_access_message(struct thread *t, struct class *from, struct class *target, char *buffer, size_t size)
{
    enum access_result result = class_access(from, target);
    const struct class *x = element_of(from), *y = element_of(target);
    char a[NAME_SIZE], b[NAME_SIZE], package[NAME_SIZE];
    class_external_name(x, a, sizeof a);
    class_external_name(y, b, sizeof b);
    if (result == NOT_READABLE) {
        unreadable(x->module, y->module, a, b, buffer, size);
    } else if (result == NOT_EXPORTED) {
        class_external_name(y, package, sizeof package);
        char *dot = strrchr(package, '.');
        *(dot != NULL ? dot : package) = '\0';
        unexported(x->module, y->module, a, b, package, buffer, size);
    }
    return result == NOT_READABLE || result == NOT_EXPORTED;
}

void throw_class_access(struct thread *t, struct class *from, struct class *target)
{
    char a[NAME_SIZE], b[NAME_SIZE], text[PLACES_SIZE];
    if (class_access_message(t, from, target, text, sizeof text)) {
        exception_throw(t, "java/lang/IllegalAccessError", "%s", text);
        return;
    }
    classes_in_modules_of_loaders(t, target, from, text, sizeof text);
    exception_throw(t, "java/lang/IllegalAccessError", "failed to access class %s from class %s (%s)",
                    class_external_name(target, a, sizeof a), class_external_name(from, b, sizeof b), text);
}

/* Why a class with a NestHost attribute is not in that nest; false: it names none, or is in it. */
static bool nest_host_problem(struct thread *t, struct class *c, char *buffer, size_t size)
{
    uint16_t index = c->attributes.nest_host_index;
    if (index == 0 || class_nest_host(t, c) != c)
        return false;
    char a[NAME_SIZE], b[NAME_SIZE], one[256], two[256];
    class_external_name(c, a, sizeof a);
    const struct cp_slot *slot = cp_slot(&c->cp, index);
    const struct class *host = atomic_load_explicit(&slot->a, memory_order_acquire);
    if (host == NULL || host == CP_SLOT_FAILED) {
        snprintf(buffer, size, "Nest host resolution of %s with host %s failed", a,
                 cp_class_name(&c->cp, index)->bytes);
        return true;
    }
    const char *reason = class_is_array(host)           ? "host is not an instance class"
                         : !class_same_package(c, host) ? "types are in different packages"
                                                        : "current type is not listed as a nest member";
    snprintf(buffer, size, "Type %s (loader: %s) is not a nest member of type %s (loader: %s): %s", a,
             loader_name_and_id(t, c->loader, one, sizeof one), class_external_name(host, b, sizeof b),
             loader_name_and_id(t, host->loader, two, sizeof two), reason);
    return true;
}

/* ", (problem of one and problem of the other)" behind the refusal of a private member. */
static void append_nest_problems(struct thread *t, struct class *from, struct class *owner, char *buffer, size_t size)
{
    char a[PLACES_SIZE], b[PLACES_SIZE];
    bool first = nest_host_problem(t, from, a, sizeof a), second = nest_host_problem(t, owner, b, sizeof b);
    size_t at = strlen(buffer);
    if (first || second)
        snprintf(buffer + at, size - at, ", (%s%s%s)", first ? a : "", first && second ? " and " : "", second ? b : "");
}

/* "(places)" and what private members add to it. */
static void describe_places(struct thread *t, struct class *from, struct class *owner, bool private, char *buffer,
                            size_t size)
{
    buffer[0] = '(';
    classes_in_modules_of_loaders(t, from, owner, buffer + 1, size - 2);
    strcat(buffer, ")");
    if (private)
        append_nest_problems(t, from, owner, buffer, size);
}

void throw_method_access(struct thread *t, struct class *from, const struct method *m)
{
    char a[NAME_SIZE], method[1024], places[3 * PLACES_SIZE];
    describe_places(t, from, m->owner, method_is_private(m), places, sizeof places);
    exception_throw(t, "java/lang/IllegalAccessError", "class %s tried to access %s%s%smethod '%s' %s",
                    class_external_name(from, a, sizeof a), method_is_abstract(m) ? "abstract " : "",
                    (m->access_flags & ACC_PROTECTED) != 0 ? "protected " : "", method_is_private(m) ? "private " : "",
                    method_external_name(m, method, sizeof method), places);
}

void throw_field_access(struct thread *t, struct class *from, const struct field *f)
{
    char a[NAME_SIZE], b[NAME_SIZE], places[3 * PLACES_SIZE];
    describe_places(t, from, f->owner, (f->access_flags & ACC_PRIVATE) != 0, places, sizeof places);
    exception_throw(t, "java/lang/IllegalAccessError", "class %s tried to access %s%sfield %s.%s %s",
                    class_external_name(from, a, sizeof a), (f->access_flags & ACC_PROTECTED) != 0 ? "protected " : "",
                    (f->access_flags & ACC_PRIVATE) != 0 ? "private " : "", class_external_name(f->owner, b, sizeof b),
                    f->name->bytes, places);
}
