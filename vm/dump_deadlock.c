/* Deadlocks among Java threads: each thread waits for at most one other (the owner of a monitor that it enters, or of
 * the AbstractOwnableSynchronizer that it is parked on), so cycles are found by following that one edge. */
#include <stdio.h>

#include "vm/dump.h"
#include "vm/exception.h"
#include "vm/monitor.h"
#include "vm/object.h"
#include "vm/vm.h"

enum { SHOWN_MAXIMUM = 256 };

static int32_t status_of(const struct thread *t)
{
    return t->java_thread != NULL ? object_get_int(t->java_thread, t->vm->known.Thread_threadStatus) : STATUS_RUNNABLE;
}

/* The synchronizer that a parked thread waits for, or NULL. */
static struct object *awaited_synchronizer(const struct thread *t)
{
    int32_t status = status_of(t);
    if (status != STATUS_PARKED && status != STATUS_PARKED_TIMED)
        return NULL;
    struct wellknown *k = &t->vm->known;
    struct object *blocker = gc_load_ref(t->java_thread, k->Thread_parkBlocker);
    return object_is_instance(blocker, k->AbstractOwnableSynchronizer) ? blocker : NULL;
}

static struct thread *live_thread_of(struct vm *vm, struct object *java_thread)
{
    for (struct thread *t = vm->threads; t != NULL; t = t->next)
        if (t->java_thread == java_thread && !t->java_exited)
            return t;
    return NULL;
}

static struct thread *waits_for(struct thread *t, bool synchronizers)
{
    if (status_of(t) == STATUS_BLOCKED && t->blocked_object != NULL)
        return monitor_owner(t->vm, t->blocked_object, NULL);
    struct object *synchronizer = synchronizers ? awaited_synchronizer(t) : NULL;
    if (synchronizer == NULL)
        return NULL;
    struct object *owner = gc_load_ref(synchronizer, t->vm->known.AbstractOwnableSynchronizer_exclusiveOwnerThread);
    return owner != NULL ? live_thread_of(t->vm, owner) : NULL;
}

/* Length of the cycle that t is part of, 0: none. */
static size_t cycle_length(struct thread *t, bool synchronizers)
{
    size_t length = 0;
    struct thread *at = t;
    do {
        at = waits_for(at, synchronizers);
        length++;
    } while (at != NULL && at != t && length <= t->vm->thread_count);
    return at == t ? length : 0;
}

static bool contains(struct thread *const *list, size_t count, const struct thread *t)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == t)
            return true;
    return false;
}

/* ---- printing -------------------------------------------------------------------------------------------- */

static void print_class_of(int fd, const struct object *o)
{
    char name[1024];
    dprintf(fd, "a %s", class_external_name(object_class(o), name, sizeof name));
}

static void print_member(int fd, struct thread *t, struct thread *owner)
{
    char name[512];
    dprintf(fd, "\"%s\":\n", dump_thread_name(t, name, sizeof name));
    if (status_of(t) == STATUS_BLOCKED) {
        dprintf(fd, "  waiting to lock monitor 0x%016lx (object 0x%016lx, ", (unsigned long)atomic_load(&t->blocked_on),
                (unsigned long)t->blocked_object);
        print_class_of(fd, t->blocked_object);
        dprintf(fd, "),\n");
    } else {
        struct object *synchronizer = awaited_synchronizer(t);
        dprintf(fd, "  waiting for ownable synchronizer 0x%016lx, (", (unsigned long)synchronizer);
        print_class_of(fd, synchronizer);
        dprintf(fd, "),\n");
    }
    dprintf(fd, "  which is held by \"%s\"\n\n", dump_thread_name(owner, name, sizeof name));
}

static void print_cycle(int fd, struct thread *first, size_t length)
{
    char name[512];
    struct thread *t = first;
    dprintf(fd, "\nFound one Java-level deadlock:\n=============================\n");
    for (size_t i = 0; i < length; i++) {
        struct thread *owner = waits_for(t, true);
        print_member(fd, t, owner);
        t = owner;
    }
    dprintf(fd, "Java stack information for the threads listed above:\n"
                "===================================================\n");
    for (size_t i = 0; i < length; i++, t = waits_for(t, true)) {
        dprintf(fd, "\"%s\":\n", dump_thread_name(t, name, sizeof name));
        thread_print_stack(t, fd);
    }
}

void dump_deadlocks(struct vm *vm, int fd)
{
    struct thread *seen[SHOWN_MAXIMUM];
    size_t count = 0, cycles = 0;
    for (struct thread *t = vm->threads; t != NULL; t = t->next) {
        size_t length = contains(seen, count, t) ? 0 : cycle_length(t, true);
        if (length == 0)
            continue;
        cycles++;
        print_cycle(fd, t, length);
        struct thread *member = t;
        for (size_t i = 0; i < length && count < SHOWN_MAXIMUM; i++, member = waits_for(member, true))
            seen[count++] = member;
    }
    if (cycles != 0)
        dprintf(fd, "\nFound %zu deadlock%s.\n\n", cycles, cycles == 1 ? "" : "s");
}
