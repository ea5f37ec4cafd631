/* Linking (JVMS 5.4): supertypes first, then verification, tables and layout, once per class whoever asks first. */
#include "classloader/linking.h"

#include <stdio.h>

#include "classloader/initialization_private.h"
#include "classloader/linking_private.h"
#include "classloader/loading.h"
#include "classloader/modules.h"
#include "classloader/resolution_private.h"
#include "vm/exception.h"
#include "vm/metadata.h"
#include "vm/symbol.h"

static bool link_supers(struct thread *t, struct class *c)
{
    if (c->super != NULL && !link_class(t, c->super))
        return false;
    for (uint32_t i = 0; i < c->interface_count; i++)
        if (!link_class(t, c->interfaces[i]))
            return false;
    return true;
}

static void forget_indexes(struct class *c)
{
    for (uint32_t i = 0; i < c->method_count; i++) /* an earlier attempt may have failed half way */
        c->methods[i]->vtable_index = c->methods[i]->itable_index = -1;
}

bool link_class(struct thread *t, struct class *c)
{
    if (LIKELY(class_state(c) != CLASS_LOADED))
        return true;
    if (thread_c_stack_low(t)) {
        exception_throw_stack_overflow(t);
        return false;
    }
    if (!metadata_admit(t, METADATA_LIBRARY, 0) || !link_supers(t, c))
        return false;
    enum linking_claim claim = class_claim_linking(t, c);
    if (claim == LINKING_DONE)
        return true;
    bool ok = verify_class(t, c);
    if (class_state(c) != CLASS_LOADED) /* verification asks class loaders, one of which has used the class */
        return ok;
    if (ok) {
        forget_indexes(c);
        ok = build_vtable(t, c) && layout_class(t, c);
    }
    class_release_linking(t, c, ok, claim);
    return ok;
}

bool constrain_override(struct thread *t, struct class *c, const struct method *selected, const struct method *above,
                        bool interface)
{
    struct symbol *type;
    if (constrain_descriptor(t, selected->descriptor, selected->owner->loader, above->owner->loader, &type))
        return true;
    char name[512], method[1024], of[512], over[512], one[256], two[256], where[1024], there[1024];
    class_external_name(c, name, sizeof name);
    method_external_name(interface ? above : selected, method, sizeof method);
    class_external_name(selected->owner, of, sizeof of);
    class_external_name(above->owner, over, sizeof over);
    loader_name_and_id(t, selected->owner->loader, one, sizeof one);
    loader_name_and_id(t, above->owner->loader, two, sizeof two);
    class_is_in_module_with_parent(t, selected->owner, where, sizeof where);
    class_is_in_module_with_parent(t, above->owner, there, sizeof there);
    if (interface)
        exception_throw(
            t, "java/lang/LinkageError",
            "loader constraint violation in interface itable initialization for class %s: when selecting method"
            " '%s' the class loader %s for super interface %s, and the class loader %s of the selected method's"
            " %s, %s have different Class objects for the type %s used in the signature (%s; %s)",
            name, method, two, over, one, class_is_interface(selected->owner) ? "interface" : "class", of, type->bytes,
            there, where);
    else
        exception_throw(
            t, "java/lang/LinkageError",
            "loader constraint violation for class %s: when selecting overriding method '%s' the class loader %s"
            " of the selected method's type %s, and the class loader %s for its super type %s have different"
            " Class objects for the type %s used in the signature (%s; %s)",
            name, method, one, of, two, over, type->bytes, where, there);
    return false;
}
