/* How native methods are found: the VM's own tables, RegisterNatives, libjava, and ClassLoader.findNative. */
#include "native/natives.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "native/bridge.h"
#include "native/handles.h"
#include "native/native_state.h"
#include "vm/call.h"
#include "vm/exception.h"
#include "vm/string.h"

/* ---- the VM's own natives -------------------------------------------------------------------------------- */

static const struct vm_native *find_in_class(const struct vm_native_class *table, const struct method *m)
{
    if (strcmp(table->class_name, m->owner->name->bytes) != 0)
        return NULL;
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->methods[i].name, m->name->bytes) == 0 &&
            strcmp(table->methods[i].descriptor, m->descriptor->bytes) == 0)
            return &table->methods[i];
    return NULL;
}

static const struct vm_native_class *const vm_tables[] = {
    &natives_object, &natives_unsafe, &natives_method_handle_natives, &natives_method_handle, &natives_perf,
    &natives_scoped_memory, &natives_native_entry_point, &natives_vector_support, &natives_jfr,
    &natives_whitebox, &natives_whitebox_old, &natives_isolate,
};

/* `registerNatives` of a class whose natives the VM supplies: they need no registration (VectorSupport's returns 0). */
static void nothing_to_register(struct thread *t, struct method *m, union slot *args)
{
    if (m->return_type != 'V')
        args[0].i = 0;
}

static const struct vm_native *find_vm_native(const struct method *m)
{
    static const struct vm_native no_registration = {.name = "registerNatives", .direct = nothing_to_register};
    const struct vm_native *found = NULL;
    bool table_exists = false;
    if (!m->owner->loader->is_boot)
        return NULL;
    for (size_t i = 0; found == NULL && i < natives_intrinsics_count; i++)
        found = find_in_class(&natives_intrinsics[i], m);
    for (size_t i = 0; found == NULL && i < ARRAY_COUNT(vm_tables); i++) {
        found = find_in_class(vm_tables[i], m);
        table_exists |= strcmp(vm_tables[i]->class_name, m->owner->name->bytes) == 0;
    }
    if (found == NULL && table_exists && strcmp(m->name->bytes, no_registration.name) == 0)
        return &no_registration;
    return found;
}

/* ---- names (JNI specification, "Resolving Native Method Names") ------------------------------------------ */

struct text {
    char *bytes;
    size_t length, capacity;
    bool impossible; /* no native function can have this name */
    bool no_memory;
};

static void text_append(struct text *x, const char *bytes, size_t length)
{
    if (x->length + length + 1 > x->capacity) {
        size_t capacity = (x->length + length + 1) * 2;
        char *grown = x->no_memory ? NULL : realloc(x->bytes, capacity);
        if (grown == NULL) {
            x->no_memory = true;
            return;
        }
        x->bytes = grown;
        x->capacity = capacity;
    }
    memcpy(x->bytes + x->length, bytes, length);
    x->length += length;
    x->bytes[x->length] = '\0';
}

/* One UTF-16 unit of modified UTF-8 (JVMS 4.4.7). */
static uint32_t next_unit(const uint8_t **p)
{
    const uint8_t *s = *p;
    if (s[0] < 0x80) {
        *p += 1;
        return s[0];
    }
    if (s[0] < 0xe0) {
        *p += 2;
        return (uint32_t)(s[0] & 0x1f) << 6 | (s[1] & 0x3f);
    }
    *p += 3;
    return (uint32_t)(s[0] & 0x0f) << 12 | (uint32_t)(s[1] & 0x3f) << 6 | (s[2] & 0x3f);
}

static bool is_ascii_alphanumeric(uint32_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* A digit 0..3 behind the '_' that stands for '/' (or precedes the whole name) would read as an escape: such names have
 * no native function. */
static void append_mangled(struct text *x, const char *name, size_t length)
{
    const uint8_t *p = (const uint8_t *)name, *end = p + length;
    bool behind_separator = true;
    while (p < end) {
        uint32_t c = next_unit(&p);
        char escape[8];
        if (is_ascii_alphanumeric(c)) {
            if (behind_separator && c >= '0' && c <= '3')
                x->impossible = true;
            text_append(x, &(char){(char)c}, 1);
        } else {
            const char *short_escape = c == '_' ? "_1" : c == '/' ? "_" : c == ';' ? "_2" : c == '[' ? "_3" : escape;
            snprintf(escape, sizeof escape, "_0%04x", c & 0xffff);
            text_append(x, short_escape, strlen(short_escape));
        }
        behind_separator = c == '/';
    }
}

/* malloc'ed; NULL: no such name, or OutOfMemoryError pending. */
static char *native_name(struct thread *t, const struct method *m, bool with_signature)
{
    struct text x = {0};
    text_append(&x, "Java_", 5);
    append_mangled(&x, m->owner->name->bytes, m->owner->name->length);
    text_append(&x, "_", 1);
    append_mangled(&x, m->name->bytes, m->name->length);
    if (with_signature) {
        const char *arguments = m->descriptor->bytes + 1;
        text_append(&x, "__", 2);
        append_mangled(&x, arguments, (size_t)(strchr(arguments, ')') - arguments));
    }
    if (x.no_memory)
        exception_throw_out_of_memory(t, "the name of a native method");
    if (x.no_memory || x.impossible) {
        free(x.bytes);
        return NULL;
    }
    return x.bytes;
}

/* ---- binding --------------------------------------------------------------------------------------------- */

static void *find_in_loader(struct thread *t, struct loader *loader, const char *name)
{
    union slot result = {0};
    struct object *java_name = string_new_utf8(t, name);
    if (java_name == NULL || !java_callv(t, t->vm->known.ClassLoader_findNative, &result, *loader->java, java_name))
        return NULL;
    return (void *)(intptr_t)result.j;
}

/* One of the two forms of the name: libjava first for boot classes, then the loader's libraries. */
static void *find_by_name(struct thread *t, struct method *m, bool with_signature)
{
    char *name = native_name(t, m, with_signature);
    void *found = NULL;
    if (name == NULL)
        return NULL;
    if (m->owner->loader->is_boot)
        found = dlsym(native_libjava(t->vm), name);
    if (found == NULL)
        found = find_in_loader(t, m->owner->loader, name);
    free(name);
    return found;
}

/* NULL: UnsatisfiedLinkError pending. */
static void *native_bind(struct thread *t, struct method *m)
{
    void *function = atomic_load_explicit(&m->native_function, memory_order_acquire);
    char external[1024];
    if (function != NULL)
        return function;
    const struct vm_native *own = find_vm_native(m);
    function = own != NULL ? own->function : NULL;
    if (function == NULL)
        function = find_by_name(t, m, false);
    if (function == NULL && !exception_pending(t))
        function = find_by_name(t, m, true);
    if (function == NULL) {
        if (!exception_pending(t))
            exception_throw(t, "java/lang/UnsatisfiedLinkError", "'%s'",
                            method_external_name(m, external, sizeof external));
        return NULL;
    }
    LOG(JNI_RESOLVE, DEBUG, "[Dynamic-linking native method %s.%s ... JNI]",
        class_external_name(m->owner, external, sizeof external), m->name->bytes);
    void *registered = NULL; /* by RegisterNatives in the meantime: that counts */
    return atomic_compare_exchange_strong(&m->native_function, &registered, function) ? function : registered;
}

/* First call of a native method.  The frame is pushed before binding, so that traces show the method and the upcall to
 * findNative does not run over its arguments. */
void native_entry(struct thread *t, struct method *m, union slot *args)
{
    const struct vm_native *own = find_vm_native(m);
    method_entry entry = own != NULL ? own->direct : NULL;
    if (entry == NULL) {
        struct frame *f = bridge_push_frame(t, m, args);
        if (f == NULL)
            return;
        void *function = native_bind(t, m);
        t->frame = f->previous;
        if (function == NULL)
            return;
        entry = bridge_prepare(m);
        if (entry == NULL) {
            exception_throw_out_of_memory(t, "native memory for the call of a native method");
            return;
        }
    }
    __atomic_store_n(&m->entry, entry, __ATOMIC_RELEASE);
    entry(t, m, args);
}

bool native_register(struct thread *t, struct class *c, const char *name, const char *descriptor, void *function)
{
    char external[1024];
    struct symbol *name_symbol = symbol_lookup(name, strlen(name));
    struct symbol *descriptor_symbol = symbol_lookup(descriptor, strlen(descriptor));
    if (name_symbol == NULL || descriptor_symbol == NULL) {
        exception_throw(t, "java/lang/NoSuchMethodError", "Method %s.%s%s not found",
                        class_external_name(c, external, sizeof external), name, descriptor);
        return false;
    }
    struct method *m = class_find_method(c, name_symbol, descriptor_symbol);
    if (m == NULL || !method_is_native(m)) {
        /* Named as method_external_name would, of a method that need not exist. */
        struct method named = {.owner = c, .name = name_symbol, .descriptor = descriptor_symbol};
        exception_throw(t, "java/lang/NoSuchMethodError", "Method '%s' %s",
                        method_external_name(&named, external, sizeof external),
                        m == NULL ? "name or signature does not match" : "is not declared as native");
        return false;
    }
    LOG(JNI_RESOLVE, DEBUG, "[Registering JNI native method %s.%s]",
        class_external_name(m->owner, external, sizeof external), m->name->bytes);
    atomic_store_explicit(&m->native_function, function, memory_order_release);
    if (function == NULL) /* unregistered: bind again at the next call */
        __atomic_store_n(&m->entry, native_entry, __ATOMIC_RELEASE);
    return true;
}

/* ---- libjava --------------------------------------------------------------------------------------------- */

static void *open_library(const struct vm *vm, const char *name)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/lib/%s", vm->options.java_home, name) >= (int)sizeof path) {
        fprintf(stderr, "The path of %s below %s is too long.\n", name, vm->options.java_home);
        return NULL;
    }
    void *handle = dlopen(path, RTLD_LAZY);
    if (handle == NULL)
        fprintf(stderr, "The class library's native code cannot be loaded: %s\n", dlerror());
    return handle;
}

/* Nobody else calls libjava's JNI_OnLoad (it is not loaded through NativeLibraries); it records the JavaVM. */
static void *load_libjava(struct vm *vm)
{
    typedef jint (*on_load_function)(JavaVM *, void *);
    struct native_state *state = native_state(vm);
    state->libverify = open_library(vm, "libverify.so");
    void *handle = state->libverify != NULL ? open_library(vm, "libjava.so") : NULL;
    on_load_function on_load = handle != NULL ? (on_load_function)dlsym(handle, "JNI_OnLoad") : NULL;
    if (on_load != NULL)
        on_load((JavaVM *)vm, NULL);
    return handle;
}

void *native_libjava(struct vm *vm)
{
    struct native_state *state = native_state(vm);
    void *handle = atomic_load_explicit(&state->libjava, memory_order_acquire);
    if (handle != NULL)
        return handle;
    pthread_mutex_lock(&state->libjava_lock);
    handle = atomic_load(&state->libjava);
    if (handle == NULL) {
        handle = load_libjava(vm);
        atomic_store_explicit(&state->libjava, handle, memory_order_release);
    }
    pthread_mutex_unlock(&state->libjava_lock);
    return handle;
}

void *native_libverify(struct vm *vm)
{
    return native_libjava(vm) != NULL ? native_state(vm)->libverify : NULL;
}

void natives_init(struct vm *vm)
{
    vm->hooks.native_entry = native_entry;
    vm->hooks.verify_types = verifier_verify;
}
