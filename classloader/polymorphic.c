/* Signature-polymorphic methods (JVMS 2.9.3): recognition, and the methods that stand for them per descriptor. */
#include <stdlib.h>

#include "classloader/classfile.h"
#include "classloader/resolution_private.h"
#include "vm/exception.h"
#include "vm/symbol.h"

static const struct { const char *name; enum method_intrinsic intrinsic; bool is_static; } handle_methods[] = {
    {"invokeBasic", INTRINSIC_INVOKE_BASIC, false},
    {"linkToStatic", INTRINSIC_LINK_TO_STATIC, true},
    {"linkToSpecial", INTRINSIC_LINK_TO_SPECIAL, true},
    {"linkToVirtual", INTRINSIC_LINK_TO_VIRTUAL, true},
    {"linkToInterface", INTRINSIC_LINK_TO_INTERFACE, true},
    {"linkToNative", INTRINSIC_LINK_TO_NATIVE, true},
    {"invoke", INTRINSIC_INVOKE_GENERIC, false},
    {"invokeExact", INTRINSIC_INVOKE_GENERIC, false},
};

/* One formal parameter Object[], native and varargs. */
static bool is_declared_polymorphic(const struct method *m)
{
    static const char parameters[] = "([Ljava/lang/Object;)";
    return (m->access_flags & (ACC_NATIVE | ACC_VARARGS)) == (ACC_NATIVE | ACC_VARARGS)
           && strncmp(m->descriptor->bytes, parameters, sizeof parameters - 1) == 0;
}

static const struct method *declared_polymorphic(const struct class *holder, const struct symbol *name)
{
    for (uint32_t i = 0; i < holder->method_count; i++)
        if (holder->methods[i]->name == name && is_declared_polymorphic(holder->methods[i]))
            return holder->methods[i];
    return NULL;
}

enum method_intrinsic polymorphic_intrinsic(const struct class *holder, const struct symbol *name)
{
    bool is_handle = holder->name == sym_java_lang_invoke_MethodHandle;
    if ((!is_handle && holder->name != sym_java_lang_invoke_VarHandle) || !holder->loader->is_boot)
        return INTRINSIC_NONE;
    if (declared_polymorphic(holder, name) == NULL)
        return INTRINSIC_NONE;
    for (size_t i = 0; is_handle && i < ARRAY_COUNT(handle_methods); i++)
        if (strcmp(handle_methods[i].name, name->bytes) == 0)
            return handle_methods[i].intrinsic;
    return INTRINSIC_INVOKE_GENERIC;
}

/* ---- one method per intrinsic, name and descriptor ------------------------------------------------------- */

struct entry {
    struct method *method;
    struct entry *next;
};

/* One per process, as the VM is: these methods belong to java.base's MethodHandle and VarHandle. */
static struct {
    pthread_mutex_t lock;
    struct entry *_Atomic buckets[256];
} table = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct method *find(struct entry *e, enum method_intrinsic intrinsic, const struct symbol *name,
                           const struct symbol *descriptor)
{
    for (; e != NULL; e = e->next)
        if (e->method->descriptor == descriptor && e->method->name == name && e->method->intrinsic == intrinsic)
            return e->method;
    return NULL;
}

static bool is_static_intrinsic(enum method_intrinsic intrinsic)
{
    return intrinsic >= INTRINSIC_LINK_TO_STATIC && intrinsic <= INTRINSIC_LINK_TO_NATIVE;
}

static struct method *make(struct vm *vm, enum method_intrinsic intrinsic, struct symbol *name,
                           struct symbol *descriptor)
{
    struct class *owner = vm->known.MethodHandle;
    const struct method *declared = declared_polymorphic(owner, name);
    if (declared == NULL) {
        owner = vm->known.VarHandle;
        declared = declared_polymorphic(owner, name);
    }
    struct descriptor_shape shape = descriptor_shape(descriptor);
    bool is_static = is_static_intrinsic(intrinsic);
    struct method *m = arena_alloc(vm->boot_loader->arena, sizeof *m);
    *m = (struct method){
        .owner = owner,
        .name = name,
        .descriptor = descriptor,
        .intrinsic = intrinsic,
        .access_flags =
            (declared != NULL ? declared->access_flags & (ACC_PUBLIC | ACC_PROTECTED | ACC_PRIVATE) : ACC_PUBLIC) |
            ACC_NATIVE | ACC_FINAL | ACC_SYNTHETIC | (is_static ? ACC_STATIC : 0),
        .arg_slots = shape.arg_slots + !is_static,
        .arg_count = shape.arg_count,
        .return_type = shape.return_type,
        .result_slots = shape.result_slots,
        .vtable_index = -1,
        .itable_index = -1,
        .index = declared != NULL ? declared->index : 0,
        .vm_flags = METHOD_HIDDEN,
    };
    m->max_locals = m->arg_slots;
    vm->hooks.install_entry(m);
    return m;
}

struct method *polymorphic_method(struct thread *t, enum method_intrinsic intrinsic, struct symbol *name,
                                  struct symbol *descriptor)
{
    struct entry *_Atomic *bucket = &table.buckets[(name->hash * 31 + descriptor->hash) % ARRAY_COUNT(table.buckets)];
    struct method *m = find(atomic_load_explicit(bucket, memory_order_acquire), intrinsic, name, descriptor);
    if (m != NULL)
        return m;
    pthread_mutex_lock(&table.lock);
    m = find(*bucket, intrinsic, name, descriptor);
    if (m == NULL) {
        struct entry *e = arena_alloc(t->vm->boot_loader->arena, sizeof *e);
        m = make(t->vm, intrinsic, name, descriptor);
        e->method = m;
        e->next = *bucket;
        atomic_store_explicit(bucket, e, memory_order_release);
    }
    pthread_mutex_unlock(&table.lock);
    return m;
}
