/* Locks around the host's fork. */
#include "hostvirt/process_freeze.h"
#include "hostvirt/file.h"
#include "hostvirt/path_private.h"

/* One per monitor process, as the copies that fork makes are.  Before all locks but m->network_lock: a change may drop
 * the last reference of a description, which takes others.  Writers first: guests that change sets all the time do
 * not keep their own forks waiting. */
static pthread_rwlock_t changes = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;

void change_begin(pthread_mutex_t *lock)
{
    pthread_rwlock_rdlock(&changes);
    pthread_mutex_lock(lock);
}

void change_end(pthread_mutex_t *lock)
{
    pthread_mutex_unlock(lock);
    pthread_rwlock_unlock(&changes);
}

void freeze_process(struct process *p)
{
    pthread_mutex_lock(&p->monitor->network_lock);
    pthread_rwlock_wrlock(&changes);
    pthread_mutex_lock(&p->lock);
    pthread_mutex_lock(&p->memory->lock);
    descriptors_freeze(p->descriptors);
    locks_freeze(p->monitor->locks);
}

void thaw_process(struct process *p)
{
    locks_thaw(p->monitor->locks);
    descriptors_thaw(p->descriptors);
    pthread_mutex_unlock(&p->memory->lock);
    pthread_mutex_unlock(&p->lock);
    pthread_rwlock_unlock(&changes);
    pthread_mutex_unlock(&p->monitor->network_lock);
}

/* Under m->lock.  A process that begins or has just ended has no table. */
static void each_table(struct monitor *m, void (*do_it)(struct descriptors *d))
{
    for (struct process *p = m->processes; p != NULL; p = p->next)
        if (p->descriptors != NULL)
            do_it(p->descriptors);
}

void freeze_sharers(struct process *p)
{
    pthread_mutex_lock(&p->monitor->network_lock);
    pthread_rwlock_wrlock(&changes);
    pthread_mutex_lock(&p->monitor->lock);
    pthread_mutex_lock(&p->lock);
    pthread_mutex_lock(&p->memory->lock);
    each_table(p->monitor, descriptors_freeze);
    locks_freeze(p->monitor->locks);
}

void thaw_sharers(struct process *p)
{
    locks_thaw(p->monitor->locks);
    each_table(p->monitor, descriptors_thaw);
    pthread_mutex_unlock(&p->memory->lock);
    pthread_mutex_unlock(&p->lock);
    pthread_mutex_unlock(&p->monitor->lock);
    pthread_rwlock_unlock(&changes);
    pthread_mutex_unlock(&p->monitor->network_lock);
}

void thaw_copy(struct process *p)
{
    static const pthread_rwlock_t fresh = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
    struct monitor *m = p->monitor;

    changes = fresh;
    pthread_mutex_init(&m->lock, NULL);
    pthread_mutex_init(&m->network_lock, NULL);
    pthread_mutex_init(&p->memory->lock, NULL);
    for (struct process *each = m->processes; each != NULL; each = each->next)
        pthread_mutex_init(&each->lock, NULL); /* at its end a signalfd that p has inherited takes it */
    descriptors_thaw(p->descriptors);
    listings_thaw(p);
    pthread_cond_init(&p->thread_ended, NULL);
    locks_thaw(m->locks); /* before descriptors are closed */
    locks_forget(m->locks);
}
