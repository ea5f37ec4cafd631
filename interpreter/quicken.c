/* First executions of field, constant and class instructions: resolve (JVMS 5.4.3), initialize classes (5.5), and
 * rewrite the instruction to the form that does neither.  While a class is being initialized by this very thread,
 * instructions that would have to wait for it in other threads are executed here and left unresolved. */
#include "interpreter/code.h"

#include "classloader/linking.h"
#include "classloader/loading.h"
#include "classloader/resolution.h"
#include "interpreter/mh_link.h"
#include "vm/exception.h"
#include "vm/object.h"
#include "vm/vm.h"

static struct insn rewritten(const struct insn *pc, enum ir op, uint32_t c)
{
    return (struct insn){ (uint16_t)op, pc->a, pc->b, (uint16_t)c };
}

/* ---- fields ------------------------------------------------------------------------------------------------------ */

static enum ir get_form(enum ir byte_form, char type)
{
    static const char order[] = "BCSIJL"; /* the order of GETFIELD_B.. and GETSTATIC_B.. */
    switch (type) {
    case 'Z': type = 'B'; break;
    case 'F': type = 'I'; break;
    case 'D': type = 'J'; break;
    case '[': type = 'L'; break;
    default: break;
    }
    return (enum ir)(byte_form + (strchr(order, type) - order));
}

static enum ir put_form(enum ir boolean_form, char type)
{
    static const char order[] = "ZBCIJL"; /* the order of PUTFIELD_Z.. and PUTSTATIC_Z.. */
    switch (type) {
    case 'S': type = 'C'; break;
    case 'F': type = 'I'; break;
    case 'D': type = 'J'; break;
    case '[': type = 'L'; break;
    default: break;
    }
    return (enum ir)(boolean_form + (strchr(order, type) - order));
}

static void load_field(const struct field *field, const void *address, union slot *to)
{
    switch (field->type) {
    case 'Z':
    case 'B': to->raw = (uint32_t)__atomic_load_n((const int8_t *)address, __ATOMIC_SEQ_CST); break;
    case 'C': to->raw = __atomic_load_n((const uint16_t *)address, __ATOMIC_SEQ_CST); break;
    case 'S': to->raw = (uint32_t)__atomic_load_n((const int16_t *)address, __ATOMIC_SEQ_CST); break;
    case 'I':
    case 'F': to->raw = (uint32_t)__atomic_load_n((const int32_t *)address, __ATOMIC_SEQ_CST); break;
    default: to->j = __atomic_load_n((const int64_t *)address, __ATOMIC_SEQ_CST); break;
    }
}

static void store_field(const struct field *field, void *address, union slot value)
{
    switch (field->type) {
    case 'Z': __atomic_store_n((int8_t *)address, (int8_t)(value.i & 1), __ATOMIC_SEQ_CST); break;
    case 'B': __atomic_store_n((int8_t *)address, (int8_t)value.i, __ATOMIC_SEQ_CST); break;
    case 'C':
    case 'S': __atomic_store_n((int16_t *)address, (int16_t)value.i, __ATOMIC_SEQ_CST); break;
    case 'I':
    case 'F': __atomic_store_n((int32_t *)address, value.i, __ATOMIC_SEQ_CST); break;
    case 'J':
    case 'D': __atomic_store_n((int64_t *)address, value.j, __ATOMIC_SEQ_CST); break;
    default: __atomic_store_n((struct object **)address, value.a, __ATOMIC_SEQ_CST); break;
    }
}

enum quickened quicken_getfield(struct thread *t, struct frame *f, struct insn *pc)
{
    struct insn now = insn_load(pc);
    if (now.op != IR_GETFIELD_U)
        return QUICK_AGAIN; /* another thread was faster: c is an offset now */
    struct field *field = resolve_field(t, f->method->owner, now.c, false, false, f->method);
    if (field == NULL)
        return QUICK_FAILED;
    /* A volatile load is a plain load under x86-64's ordering; each handler's load happens once and in program
     * order. */
    enum ir op = field->offset <= UINT16_MAX ? get_form(IR_GETFIELD_B, field->type) : IR_GETFIELD_SLOW;
    struct insn resolved = rewritten(&now, op, op == IR_GETFIELD_SLOW ? now.c : field->offset);
    if (code_contains(f->method->code, pc))
        fuse_resolved(pc, resolved);
    else
        insn_publish(pc, resolved); /* the plain form has no pairs: it may be left between any two instructions */
    return QUICK_AGAIN;
}

enum quickened quicken_putfield(struct thread *t, struct frame *f, struct insn *pc)
{
    struct insn now = insn_load(pc);
    if (now.op != IR_PUTFIELD_U)
        return QUICK_AGAIN;
    struct field *field = resolve_field(t, f->method->owner, now.c, false, true, f->method);
    if (field == NULL)
        return QUICK_FAILED;
    bool slow = (field->access_flags & ACC_VOLATILE) || field->offset > UINT16_MAX;
    enum ir op = slow ? IR_PUTFIELD_SLOW : put_form(IR_PUTFIELD_Z, field->type);
    insn_publish(pc, rewritten(&now, op, slow ? now.c : field->offset));
    return QUICK_AGAIN;
}

static struct field *resolved_field(const struct frame *f, const struct insn *pc)
{
    return atomic_load_explicit(&cp_slot(&f->method->owner->cp, pc->c)->a, memory_order_acquire);
}

bool run_getfield_slow(struct thread *t, struct frame *f, struct insn *pc)
{
    struct object *o = f->locals[pc->b].a;
    if (o == NULL) {
        throw_null(t);
        return false;
    }
    const struct field *field = resolved_field(f, pc);
    load_field(field, object_at(o, field->offset), &f->locals[pc->a]);
    return true;
}

bool run_putfield_slow(struct thread *t, struct frame *f, struct insn *pc)
{
    struct object *o = f->locals[pc->b].a;
    if (o == NULL) {
        throw_null(t);
        return false;
    }
    const struct field *field = resolved_field(f, pc);
    if (field->type == 'L' || field->type == '[')
        gc_store_ref_volatile(o, field->offset, f->locals[pc->a].a);
    else
        store_field(field, object_at(o, field->offset), f->locals[pc->a]);
    return true;
}

void run_putstatic_slow(struct frame *f, struct insn *pc)
{
    const struct field *field = insn_pointer(pc);
    store_field(field, field->address, f->locals[pc->a]);
}

/* Resolves a static field and initializes its class. */
static struct field *static_field(struct thread *t, struct frame *f, struct insn *pc, bool put)
{
    struct field *field = resolve_field(t, f->method->owner, pc->c, true, put, f->method);
    return field != NULL && initialize_class(t, field->owner) ? field : NULL;
}

enum quickened quicken_getstatic(struct thread *t, struct frame *f, struct insn *pc)
{
    struct field *field = static_field(t, f, pc, false);
    if (field == NULL)
        return QUICK_FAILED;
    if (!class_is_initialized(field->owner)) {
        load_field(field, field->address, &f->locals[pc->a]);
        return QUICK_DONE;
    }
    insn_set_pointer(pc, field->address);
    insn_publish(pc, rewritten(pc, get_form(IR_GETSTATIC_B, field->type), pc->c));
    return QUICK_AGAIN;
}

enum quickened quicken_putstatic(struct thread *t, struct frame *f, struct insn *pc)
{
    struct field *field = static_field(t, f, pc, true);
    if (field == NULL)
        return QUICK_FAILED;
    if (!class_is_initialized(field->owner)) {
        store_field(field, field->address, f->locals[pc->a]);
        return QUICK_DONE;
    }
    bool slow = (field->access_flags & ACC_VOLATILE) != 0;
    insn_set_pointer(pc, slow ? (void *)field : field->address);
    insn_publish(pc, rewritten(pc, slow ? IR_PUTSTATIC_SLOW : put_form(IR_PUTSTATIC_Z, field->type), pc->c));
    return QUICK_AGAIN;
}

/* ---- constants --------------------------------------------------------------------------------------------------- */

/* A dynamic constant of primitive type becomes an immediate. */
static bool unbox_constant(struct frame *f, struct insn *pc, struct object *boxed, char type)
{
    union slot value = { .raw = 0 };
    char actual = type;
    if (boxed == NULL || !unbox(boxed, &actual, &value))
        return false;
    uint64_t word = type == 'J' || type == 'D' ? (uint64_t)value.j : (uint32_t)value.i;
    insn_set_pointer(pc, (void *)(uintptr_t)word);
    insn_publish(pc, rewritten(pc, IR_CONST64, pc->c));
    (void)f;
    return true;
}

static enum quickened ldc_dynamic(struct thread *t, struct frame *f, struct insn *pc, const struct constant_pool *cp)
{
    struct object *o = mh_resolve_constant(t, f->method->owner, pc->c);
    if (t->exception != NULL)
        return QUICK_FAILED;
    if (cp->tags[pc->c] == CP_DYNAMIC) {
        char type = cp_utf8(cp, cp->values[cp->values[pc->c].ref.b].ref.b)->bytes[0];
        if (type != 'L' && type != '[') {
            if (unbox_constant(f, pc, o, type))
                return QUICK_AGAIN;
            exception_throw(t, "java/lang/BootstrapMethodError", "dynamic constant of primitive type %c is no box",
                            type);
            return QUICK_FAILED;
        }
    }
    insn_set_pointer(pc, atomic_load_explicit(&cp_slot(cp, pc->c)->a, memory_order_acquire));
    insn_publish(pc, rewritten(pc, IR_LDC_REF, pc->c));
    return QUICK_AGAIN;
}

enum quickened quicken_ldc(struct thread *t, struct frame *f, struct insn *pc)
{
    struct class *owner = f->method->owner;
    const struct constant_pool *cp = &owner->cp;
    if (cp->tags[pc->c] == CP_STRING) {
        if (resolve_string(t, owner, pc->c) == NULL)
            return QUICK_FAILED;
        insn_set_pointer(pc, atomic_load_explicit(&cp_slot(cp, pc->c)->a, memory_order_acquire));
    } else if (cp->tags[pc->c] == CP_CLASS) {
        struct class *c = resolve_class(t, owner, pc->c);
        if (c == NULL)
            return QUICK_FAILED;
        insn_set_pointer(pc, c->mirror);
    } else {
        return ldc_dynamic(t, f, pc, cp);
    }
    insn_publish(pc, rewritten(pc, IR_LDC_REF, pc->c));
    return QUICK_AGAIN;
}

/* ---- classes ----------------------------------------------------------------------------------------------------- */

enum quickened quicken_new(struct thread *t, struct frame *f, struct insn *pc)
{
    struct class *c = resolve_class(t, f->method->owner, pc->c);
    if (c == NULL)
        return QUICK_FAILED;
    if (class_is_interface(c) || class_is_abstract(c) || c == t->vm->known.Class) {
        char name[512];
        exception_throw(t, "java/lang/InstantiationError", "%s", class_external_name(c, name, sizeof name));
        return QUICK_FAILED;
    }
    if (!initialize_class(t, c))
        return QUICK_FAILED;
    if (!class_is_initialized(c)) {
        struct object *o = object_new(t, c);
        f->locals[pc->a].a = o;
        return o != NULL ? QUICK_DONE : QUICK_FAILED;
    }
    insn_set_pointer(pc, c);
    insn_publish(pc, rewritten(pc, IR_NEW, pc->c));
    return QUICK_AGAIN;
}

enum quickened quicken_anewarray(struct thread *t, struct frame *f, struct insn *pc)
{
    struct class *c = resolve_class(t, f->method->owner, pc->c);
    struct class *array = c != NULL ? array_class_of(t, c) : NULL;
    if (array == NULL)
        return QUICK_FAILED;
    insn_set_pointer(pc, array);
    insn_publish(pc, rewritten(pc, IR_ANEWARRAY, pc->c));
    return QUICK_AGAIN;
}

bool run_multianewarray(struct thread *t, struct frame *f, struct insn *pc)
{
    struct class *c = resolve_class(t, f->method->owner, pc->c);
    if (c == NULL)
        return false;
    int32_t lengths[255];
    for (uint32_t i = 0; i < pc->b; i++)
        lengths[i] = f->locals[pc->a + i].i;
    struct object *array = array_new_multi(t, c, pc->b, lengths);
    f->locals[pc->a].a = array;
    return array != NULL;
}

/* JVMS 6.5: null passes without resolving the class. */
enum quickened quicken_checkcast(struct thread *t, struct frame *f, struct insn *pc)
{
    if (f->locals[pc->a].a == NULL)
        return QUICK_DONE;
    struct class *c = resolve_class(t, f->method->owner, pc->c);
    if (c == NULL)
        return QUICK_FAILED;
    insn_set_pointer(pc, c);
    insn_publish(pc, rewritten(pc, IR_CHECKCAST, pc->c));
    return QUICK_AGAIN;
}

enum quickened quicken_instanceof(struct thread *t, struct frame *f, struct insn *pc)
{
    if (f->locals[pc->b].a == NULL) {
        f->locals[pc->a].raw = 0;
        return QUICK_DONE;
    }
    struct class *c = resolve_class(t, f->method->owner, pc->c);
    if (c == NULL)
        return QUICK_FAILED;
    insn_set_pointer(pc, c);
    insn_publish(pc, rewritten(pc, IR_INSTANCEOF, pc->c));
    return QUICK_AGAIN;
}
