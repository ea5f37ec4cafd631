/* Class initialization, step by step as in JVMS 5.5. */
#include <stdio.h>

#include "classloader/initialization_private.h"
#include "classloader/resolution.h"
#include "vm/call.h"
#include "vm/exception.h"
#include "vm/safepoint.h"
#include "vm/symbol.h"

/* One per process, as the VM is.  The lock stands for the initialization locks LC of all classes: it is only held to
 * read and change a state, so one is enough; whoever waits for another thread's initializer waits on the condition. */
static pthread_mutex_t states_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t states_changed = PTHREAD_COND_INITIALIZER;

static struct thread *worker(struct class *c)
{
    return atomic_load_explicit(&c->init_thread, memory_order_relaxed);
}

/* Another thread links or initializes c. */
static bool is_busy(struct thread *t, struct class *c)
{
    enum class_state state = class_state(c);
    return (state == CLASS_LOADED || state == CLASS_INITIALIZING) && worker(c) != NULL && worker(c) != t;
}

/* Enters with the lock held and leaves with it held, in the same thread state. */
static void wait_until_idle(struct thread *t, struct class *c)
{
    while (is_busy(t, c)) {
        pthread_mutex_unlock(&states_lock);
        t->init_class = c;
        thread_leave_java(t, THREAD_BLOCKED);
        pthread_mutex_lock(&states_lock);
        while (is_busy(t, c))
            pthread_cond_wait(&states_changed, &states_lock);
        pthread_mutex_unlock(&states_lock);
        thread_enter_java(t);
        t->init_class = NULL;
        pthread_mutex_lock(&states_lock);
    }
}

static void set_state(struct class *c, enum class_state state, struct thread *by)
{
    pthread_mutex_lock(&states_lock);
    atomic_store_explicit(&c->init_thread, by, memory_order_relaxed);
    atomic_store_explicit(&c->state, state, memory_order_release);
    pthread_cond_broadcast(&states_changed);
    pthread_mutex_unlock(&states_lock);
}

enum linking_claim class_claim_linking(struct thread *t, struct class *c)
{
    enum linking_claim result = LINKING_DONE;
    pthread_mutex_lock(&states_lock);
    wait_until_idle(t, c);
    if (class_state(c) == CLASS_LOADED) {
        result = worker(c) == t ? LINKING_NESTED : LINKING_CLAIMED;
        atomic_store_explicit(&c->init_thread, t, memory_order_relaxed);
    }
    pthread_mutex_unlock(&states_lock);
    return result;
}

/* A nested attempt that failed leaves the class to the outer one. */
void class_release_linking(struct thread *t, struct class *c, bool linked, enum linking_claim claim)
{
    set_state(c, linked ? CLASS_LINKED : CLASS_LOADED, !linked && claim == LINKING_NESTED ? t : NULL);
}

/* The thread may use statics of c without waiting: also inside its own <clinit>. */
static bool done_or_mine(struct thread *t, struct class *c)
{
    enum class_state state = class_state(c);
    return state == CLASS_INITIALIZED || (state == CLASS_INITIALIZING && worker(c) == t);
}

/* ---- the steps ------------------------------------------------------------------------------------------- */

enum claim { CLAIMED, DONE, FAILED_BEFORE };

/* Steps 1 - 6 */
static enum claim claim(struct thread *t, struct class *c)
{
    enum claim result = DONE;
    pthread_mutex_lock(&states_lock);
    wait_until_idle(t, c);
    switch (class_state(c)) {
    case CLASS_LINKED:
        atomic_store_explicit(&c->init_thread, t, memory_order_relaxed);
        atomic_store_explicit(&c->state, CLASS_INITIALIZING, memory_order_release);
        result = CLAIMED;
        break;
    case CLASS_ERRONEOUS:
        result = FAILED_BEFORE;
        break;
    default:
        break; /* initialized, or a recursive request of this thread */
    }
    pthread_mutex_unlock(&states_lock);
    return result;
}

/* Step 6: static fields with a ConstantValue. */
static bool assign_constants(struct thread *t, struct class *c)
{
    for (uint32_t i = 0; i < c->field_count; i++) {
        struct field *f = &c->fields[i];
        if (f->constant_index == 0 || (f->access_flags & ACC_STATIC) == 0)
            continue;
        const union cp_value *value = &c->cp.values[f->constant_index];
        switch (f->type) {
        case 'Z': case 'B': *(int8_t *)f->address = (int8_t)value->i; break;
        case 'C': case 'S': *(int16_t *)f->address = (int16_t)value->i; break;
        case 'I': *(int32_t *)f->address = value->i; break;
        case 'F': *(float *)f->address = value->f; break;
        case 'J': *(int64_t *)f->address = value->j; break;
        case 'D': *(double *)f->address = value->d; break;
        default: {
            struct object *string = resolve_string(t, c, f->constant_index);
            if (string == NULL)
                return false;
            gc_store_root(f->address, string);
        }
        }
    }
    return true;
}

static bool initialize_interface(struct thread *t, struct class *interface)
{
    return (interface->vm_flags & CLASS_HAS_DEFAULTS) == 0 || initialize_class(t, interface);
}

/* Step 7 for superinterfaces: those that declare default methods, supertypes before subtypes, in the order of the
 * interfaces clauses.  That is the order of all_interfaces, where each stands once: a recursion would meet it on each
 * of exponentially many paths.  Inherited ones were initialized with the superclass. */
static bool initialize_superinterfaces(struct thread *t, struct class *c)
{
    for (uint32_t i = 0; i < c->interface_count; i++) {
        struct class *interface = c->interfaces[i];
        for (uint32_t k = 0; k < interface->all_interface_count; k++)
            if (!initialize_interface(t, interface->all_interfaces[k]))
                return false;
        if (!initialize_interface(t, interface))
            return false;
    }
    return true;
}

static bool initialize_supers(struct thread *t, struct class *c)
{
    if (class_is_interface(c))
        return true;
    return (c->super == NULL || initialize_class(t, c->super)) && initialize_superinterfaces(t, c);
}

/* Step 9 */
static bool run_initializer(struct thread *t, struct class *c)
{
    struct method *m = NULL;
    if ((c->vm_flags & CLASS_HAS_CLINIT) != 0)
        m = class_find_declared_method(c, sym_clinit, sym_void_descriptor);
    if (log_on(LOG_CLASS_INIT, LOG_INFO)) {
        static _Atomic uint32_t number; /* one per process: HotSpot numbers the lines of its log so */
        log_line(LOG_CLASS_INIT, LOG_INFO, "%u Initializing '%s'%s (0x%016lx)", atomic_fetch_add(&number, 1),
                 c->name->bytes, m == NULL ? "(no method)" : "", (unsigned long)(uintptr_t)c);
    }
    return m == NULL || java_call(t, m, NULL, NULL);
}

/* Steps 11 and 12; the exception is pending. */
static void fail(struct thread *t, struct class *c)
{
    record_initialization_error(t, c);
    set_state(c, CLASS_ERRONEOUS, NULL);
}

bool initialize_class_slow(struct thread *t, struct class *c)
{
    if (done_or_mine(t, c))
        return true;
    if (thread_c_stack_low(t)) {
        exception_throw_stack_overflow(t);
        return false;
    }
    if (!link_class(t, c))
        return false;
    switch (claim(t, c)) {
    case DONE:
        return true;
    case FAILED_BEFORE:
        throw_erroneous_class(t, c);
        return false;
    case CLAIMED:
        break;
    }
    if (!assign_constants(t, c) || !initialize_supers(t, c)) {
        fail(t, c);
        return false;
    }
    if (run_initializer(t, c)) {
        set_state(c, CLASS_INITIALIZED, NULL);
        return true;
    }
    fail(t, c);
    wrap_initializer_exception(t);
    return false;
}
