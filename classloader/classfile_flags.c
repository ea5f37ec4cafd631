/* Combinations of access flags (JVMS 4.1, 4.5, 4.6, 4.7.6), per class-file version. */
#include "classloader/classfile_private.h"

static bool has(uint16_t flags, uint16_t mask)
{
    return (flags & mask) != 0;
}

/* At most one of public, private, protected. */
static bool visibility_is_legal(uint16_t flags)
{
    uint16_t v = flags & (ACC_PUBLIC | ACC_PRIVATE | ACC_PROTECTED);
    return (v & (v - 1)) == 0;
}

bool classfile_check_class_flags(struct parser *ps, uint16_t flags)
{
    if (has(flags, ACC_MODULE))
        return classfile_fail_as(ps, "java/lang/NoClassDefFoundError",
                                 "%s is not a class because access_flag ACC_MODULE is set", ps->name);
    if (!ps->verify)
        return true;
    bool modern = ps->major >= VERSION_1_5, interface = has(flags, ACC_INTERFACE);
    bool illegal = (has(flags, ACC_ABSTRACT) && has(flags, ACC_FINAL)) || (interface && !has(flags, ACC_ABSTRACT)) ||
                   (modern && interface && has(flags, ACC_SUPER | ACC_ENUM)) ||
                   (modern && !interface && has(flags, ACC_ANNOTATION));
    CHECK(!illegal, "Illegal class modifiers in class %s: 0x%X", ps->name, flags);
    return true;
}

bool classfile_check_field_flags(struct parser *ps, uint16_t flags)
{
    if (!ps->verify)
        return true;
    bool legal;
    if (class_is_interface(ps->class)) {
        const uint16_t constant = ACC_PUBLIC | ACC_STATIC | ACC_FINAL;
        legal = (flags & constant) == constant && !has(flags,
                                                       ACC_PRIVATE | ACC_PROTECTED | ACC_VOLATILE | ACC_TRANSIENT) &&
                !(ps->major >= VERSION_1_5 && has(flags, ACC_ENUM));
    } else {
        legal = visibility_is_legal(flags) && !(has(flags, ACC_FINAL) && has(flags, ACC_VOLATILE));
    }
    CHECK(legal, "Illegal field modifiers in class %s: 0x%X", ps->name, flags);
    return true;
}

static bool interface_method_is_legal(const struct parser *ps, uint16_t flags)
{
    if (ps->major >= VERSION_8) {
        uint16_t never = ACC_PROTECTED | ACC_FINAL | ACC_NATIVE | ACC_SYNCHRONIZED;
        uint16_t not_abstract = ACC_PRIVATE | ACC_STATIC | (ps->major < VERSION_17 ? ACC_STRICT : 0);
        return has(flags, ACC_PUBLIC) != has(flags, ACC_PRIVATE) && !has(flags, never) &&
               !(has(flags, ACC_ABSTRACT) && has(flags, not_abstract));
    }
    uint16_t never = ACC_STATIC | ACC_FINAL | ACC_NATIVE;
    if (ps->major >= VERSION_1_5)
        never |= ACC_PRIVATE | ACC_PROTECTED | ACC_SYNCHRONIZED | ACC_STRICT;
    return has(flags, ACC_PUBLIC) && has(flags, ACC_ABSTRACT) && !has(flags, never);
}

static bool class_method_is_legal(const struct parser *ps, uint16_t flags, bool initializer)
{
    bool modern = ps->major >= VERSION_1_5;
    if (!visibility_is_legal(flags))
        return false;
    if (initializer)
        return !has(flags, ACC_STATIC | ACC_FINAL | ACC_SYNCHRONIZED | ACC_NATIVE | ACC_ABSTRACT) &&
               !(modern && has(flags, ACC_BRIDGE));
    uint16_t not_abstract = ACC_FINAL | ACC_NATIVE | ACC_PRIVATE | ACC_STATIC;
    if (modern)
        not_abstract |= ACC_SYNCHRONIZED | (ps->major < VERSION_17 ? ACC_STRICT : 0);
    return !(has(flags, ACC_ABSTRACT) && has(flags, not_abstract));
}

bool classfile_check_method_flags(struct parser *ps, uint16_t flags, const struct symbol *name)
{
    if (!ps->verify)
        return true;
    bool legal = class_is_interface(ps->class) ? interface_method_is_legal(ps, flags)
                                               : class_method_is_legal(ps, flags, name == sym_init);
    CHECK(legal, "Method %s in class %s has illegal modifiers: 0x%X", name->bytes, ps->name, flags);
    return true;
}
