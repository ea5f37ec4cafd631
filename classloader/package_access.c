/* What a security manager has to say about classes that a class refers to: ClassLoader.checkPackageAccess for the
 * protection domain of the referring class, once per reference, when it is resolved. */
#include "classloader/loading.h"

#include "vm/call.h"
#include "vm/object.h"

/* A check in progress, in the frame of the C function that makes it. */
struct package_check {
    struct class *c;
    struct object *domain;
    struct package_check *outer;
};

/* Code of a security manager that itself refers to the class: asking it again would never end. */
static bool in_progress(const struct thread *t, const struct class *c, const struct object *domain)
{
    for (const struct package_check *check = t->package_checks; check != NULL; check = check->outer)
        if (check->c == c && check->domain == domain)
            return true;
    return false;
}

bool check_package_access(struct thread *t, struct class *c, struct loader *loader, struct object *domain)
{
    if (LIKELY(domain == NULL || *(struct object **)t->vm->known.System_security == NULL))
        return true;
    while (class_is_array(c))
        c = c->element;
    if (class_is_primitive(c) || loader->is_boot || domain == class_protection_domain(c) || in_progress(t, c, domain))
        return true;
    struct package_check check = {c, domain, t->package_checks};
    t->package_checks = &check;
    struct method *check_access = t->vm->known.ClassLoader_checkPackageAccess;
    bool allowed = java_callv(t, check_access, NULL, *loader->java, class_mirror(c), domain);
    t->package_checks = check.outer;
    return allowed;
}
