/* JNI references: the local-reference stack of each thread, and the tables of global and weak global references. */
#include "native/handles.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include "native/native_state.h"
#include "vm/exception.h"

/* A slot of the handle stack that holds no reference has bit 0 set and is not a pointer into the heap:
 *   free slot   index + 1 of the next chained free slot of the frame or 0, shifted by two, | 1
 *   frame mark  frame_base of the enclosing frame, shifted by two, | 3 */
enum { SLOT_TAG = 1, SLOT_MARK = 3, SLOT_SHIFT = 2, FREE_TOLERATED = 64 };

struct native_state *native_state(struct vm *vm)
{
    if (vm->native != NULL)
        return vm->native;
    struct native_state *state = calloc(1, sizeof *state); /* first called from boot, before a second thread exists */
    if (state == NULL) {
        fputs("The tables of native code cannot be allocated: out of memory.\n", stderr);
        exit(1);
    }
    pthread_mutex_init(&state->handles_lock, NULL);
    pthread_mutex_init(&state->libjava_lock, NULL);
    pthread_mutex_init(&state->monitors_lock, NULL);
    vm->native = state;
    return state;
}

/* ---- local references ------------------------------------------------------------------------------------ */

static inline bool slot_is_tagged(const struct object *value)
{
    return ((uintptr_t)value & SLOT_TAG) != 0;
}

static inline struct object *slot_make(uint32_t number, uintptr_t tag)
{
    return (struct object *)((uintptr_t)number << SLOT_SHIFT | tag);
}

static inline uint32_t slot_number(const struct object *value)
{
    return (uint32_t)((uintptr_t)value >> SLOT_SHIFT);
}

/* Chains the freed slots of the current frame. */
static void link_free_slots(struct handle_stack *h)
{
    h->free_count = 0;
    for (uint32_t i = h->top; i-- > h->frame_base;) {
        if (((uintptr_t)h->slots[i] & SLOT_MARK) != SLOT_TAG)
            continue;
        h->slots[i] = slot_make(h->free_list, SLOT_TAG);
        h->free_list = i + 1;
        h->free_count++;
    }
}

static jobject push_slow(struct thread *t, struct object *o)
{
    struct handle_stack *h = &t->handles;
    bool full = h->top >= h->capacity;
    if (h->free_list == 0 && (full || h->free_count > (h->top - h->frame_base) / 2))
        link_free_slots(h);
    if (h->free_list != 0) {
        struct object **slot = &h->slots[h->free_list - 1];
        h->free_list = slot_number(*slot);
        h->free_count--;
        *(struct object *volatile *)slot = o;
        return (jobject)slot;
    }
    if (full) {
        exception_throw_out_of_memory(t, "JNI local references");
        return NULL;
    }
    h->slots[h->top] = o;
    return (jobject)&h->slots[h->top++];
}

jobject handle_local(struct thread *t, struct object *o)
{
    struct handle_stack *h = &t->handles;
    if (o == NULL)
        return NULL;
    /* A frame with many holes refills them before it grows, so that native loops that delete in another order than
     * last in, first out stay bounded. */
    if (UNLIKELY(h->top >= h->capacity || h->free_count > FREE_TOLERATED))
        return push_slow(t, o);
    struct object **slot = &h->slots[h->top];
    *(struct object *volatile *)slot = o; /* before top covers it: the collector may look between the two */
    h->top++;
    return (jobject)slot;
}

/* Arguments of native methods are slots of the Java stack. */
static bool on_java_stack(const struct thread *t, const struct object *const *slot)
{
    const union slot *s = (const union slot *)(const void *)slot;
    return s >= t->stack_base && s < t->stack_end;
}

static bool on_handle_stack(const struct thread *t, struct object *const *slot)
{
    return t->handles.slots != NULL && slot >= t->handles.slots && slot < t->handles.slots + t->handles.top;
}

void handle_delete_local(struct thread *t, jobject ref)
{
    struct object **slot = (struct object **)ref;
    struct handle_stack *h = &t->handles;
    if (on_handle_stack(t, slot)) {
        if (slot_is_tagged(*slot))
            return; /* deleted before */
        if (slot == &h->slots[h->top - 1] && h->top > h->frame_base) {
            h->top--;
            return;
        }
        *slot = slot_make(0, SLOT_TAG);
        if (slot >= h->slots + h->frame_base)
            h->free_count++;
    } else if (slot != NULL && on_java_stack(t, (const struct object *const *)slot)) {
        *slot = NULL;
    }
    /* Anything else is the root slot of a class mirror (the jclass of a static native method): not ours to clear. */
}

uint32_t handles_push_frame(struct thread *t, uint32_t capacity)
{
    struct handle_stack *h = &t->handles;
    if (capacity > h->capacity || h->top + 1 > h->capacity - capacity) {
        exception_throw_out_of_memory(t, "JNI local references");
        return UINT32_MAX;
    }
    uint32_t mark = h->top;
    h->slots[mark] = slot_make(h->frame_base, SLOT_MARK);
    h->top = mark + 1;
    h->frame_base = mark + 1;
    h->free_count = h->free_list = 0; /* holes of the enclosing frame are not refilled any more */
    return mark;
}

void handles_pop_frame(struct thread *t, uint32_t mark)
{
    struct handle_stack *h = &t->handles;
    if (mark >= h->top || ((uintptr_t)h->slots[mark] & SLOT_MARK) != SLOT_MARK)
        return; /* not a frame's mark */
    h->frame_base = slot_number(h->slots[mark]);
    h->top = mark;
    h->free_count = h->free_list = 0;
}

/* ---- global and weak references -------------------------------------------------------------------------- */

static struct handle_block *block_new(bool weak)
{
    struct handle_block *b = calloc(1, sizeof *b);
    if (b == NULL)
        return NULL;
    b->slots = weak ? calloc(HANDLE_BLOCK_SLOTS, sizeof *b->slots) : gc_roots_try(HANDLE_BLOCK_SLOTS);
    if (b->slots == NULL) {
        free(b);
        return NULL;
    }
    for (uint32_t i = 0; i < HANDLE_BLOCK_SLOTS; i++)
        b->chain[i] = i + 1 < HANDLE_BLOCK_SLOTS ? (uint8_t)(i + 1) : HANDLE_NONE;
    return b;
}

static struct object **take_from(struct handle_block *b, struct object *o)
{
    for (; b != NULL; b = b->next) {
        if (b->first_free == HANDLE_NONE)
            continue;
        uint32_t i = b->first_free;
        b->first_free = b->chain[i];
        b->chain[i] = HANDLE_TAKEN;
        gc_store_root(&b->slots[i], o);
        return &b->slots[i];
    }
    return NULL;
}

/* NULL: out of memory, as JNI's New*GlobalRef say it. */
static struct object **take_slot(struct vm *vm, struct object *o, bool weak)
{
    struct native_state *state = native_state(vm);
    struct handle_block *fresh = NULL;
    for (;;) {
        pthread_mutex_lock(&state->handles_lock);
        if (fresh != NULL && weak) {
            fresh->next = atomic_load_explicit(&state->weaks, memory_order_relaxed);
            atomic_store_explicit(&state->weaks, fresh, memory_order_release);
        } else if (fresh != NULL) {
            fresh->next = state->globals;
            state->globals = fresh;
        }
        struct object **slot = take_from(weak ? atomic_load(&state->weaks) : state->globals, o);
        pthread_mutex_unlock(&state->handles_lock);
        if (slot != NULL)
            return slot;
        fresh = block_new(weak); /* outside the lock: it may collect */
        if (fresh == NULL)
            return NULL;
    }
}

static struct handle_block *find_block(struct handle_block *b, struct object **slot, uint32_t *index)
{
    for (; b != NULL; b = b->next) {
        if (slot >= b->slots && slot < b->slots + HANDLE_BLOCK_SLOTS) {
            *index = (uint32_t)(slot - b->slots);
            return b;
        }
    }
    return NULL;
}

static void release_slot(struct vm *vm, struct object **slot, bool weak)
{
    struct native_state *state = native_state(vm);
    uint32_t i;
    pthread_mutex_lock(&state->handles_lock);
    struct handle_block *b = find_block(weak ? atomic_load(&state->weaks) : state->globals, slot, &i);
    if (b != NULL && b->chain[i] == HANDLE_TAKEN) {
        gc_store_root(&b->slots[i], NULL);
        b->chain[i] = b->first_free;
        b->first_free = (uint8_t)i;
    }
    pthread_mutex_unlock(&state->handles_lock);
}

jobject handle_global(struct thread *t, struct object *o)
{
    return o == NULL ? NULL : (jobject)take_slot(t->vm, o, false);
}

void handle_delete_global(struct thread *t, jobject ref)
{
    if (ref != NULL)
        release_slot(t->vm, (struct object **)ref, false);
}

jweak handle_weak(struct thread *t, struct object *o)
{
    struct object **slot = o == NULL ? NULL : take_slot(t->vm, o, true);
    return slot == NULL ? NULL : (jweak)((uintptr_t)slot | 1);
}

static struct object **weak_slot(jweak ref)
{
    return (struct object **)((uintptr_t)ref & ~(uintptr_t)1);
}

void handle_delete_weak(struct thread *t, jweak ref)
{
    if (ref != NULL)
        release_slot(t->vm, weak_slot(ref), true);
}

struct object *handle_get_weak(jobject ref);
struct object *handle_get_weak(jobject ref)
{
    return *(struct object *volatile *)weak_slot(ref);
}

/* World stopped, marking complete (gc_add_weak_visitor). */
static void clear_dead_weaks(void *arg)
{
    struct native_state *state = arg;
    struct handle_block *b = atomic_load_explicit(&state->weaks, memory_order_acquire);
    for (; b != NULL; b = b->next)
        for (uint32_t i = 0; i < HANDLE_BLOCK_SLOTS; i++)
            if (b->slots[i] != NULL && !gc_is_live(b->slots[i]))
                b->slots[i] = NULL;
}

/* ---- kinds ----------------------------------------------------------------------------------------------- */

/* JNI lets GetObjectRefType be asked about any address: reads without risking a fault. */
static bool read_safely(const void *address, struct object **value)
{
    struct iovec to = {.iov_base = value, .iov_len = sizeof *value};
    struct iovec from = {.iov_base = (void *)address, .iov_len = sizeof *value};
    return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == (ssize_t)sizeof *value;
}

static bool is_taken(struct native_state *state, struct object **slot, bool weak)
{
    uint32_t i;
    pthread_mutex_lock(&state->handles_lock);
    struct handle_block *b = find_block(weak ? atomic_load(&state->weaks) : state->globals, slot, &i);
    bool taken = b != NULL && b->chain[i] == HANDLE_TAKEN;
    pthread_mutex_unlock(&state->handles_lock);
    return taken;
}

jobjectRefType handle_type(struct thread *t, jobject ref)
{
    struct object **slot = (struct object **)ref, *value;
    struct native_state *state = native_state(t->vm);
    if (ref == NULL)
        return JNIInvalidRefType;
    if ((uintptr_t)ref & 1)
        return is_taken(state, weak_slot((jweak)ref), true) ? JNIWeakGlobalRefType : JNIInvalidRefType;
    if ((uintptr_t)ref % sizeof(struct object *) != 0)
        return JNIInvalidRefType;
    if (on_handle_stack(t, slot))
        return *slot != NULL && !slot_is_tagged(*slot) ? JNILocalRefType : JNIInvalidRefType;
    if (on_java_stack(t, (const struct object *const *)slot))
        return *slot != NULL && gc_object_base(*slot) == *slot ? JNILocalRefType : JNIInvalidRefType;
    if (is_taken(state, slot, false))
        return JNIGlobalRefType;
    /* The jclass of a static native method is the root slot of its class's mirror. */
    if (!read_safely(slot, &value) || value == NULL || gc_object_base(value) != value ||
        object_class(value) != t->vm->known.Class)
        return JNIInvalidRefType;
    struct class *c = class_from_mirror(value);
    return c != NULL && c->mirror == slot ? JNILocalRefType : JNIInvalidRefType;
}

void handles_init(struct vm *vm)
{
    struct native_state *state = native_state(vm);
    gc_add_weak_visitor("JNI weak references", clear_dead_weaks, state);
    jni_install(vm, state);
}
