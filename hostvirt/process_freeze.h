/* What fork holds still while the host copies the monitor, and how the copy frees it: a copy has one thread, so what
 * another thread had locked or half changed in that moment would stay so for ever. */
#ifndef HOSTVIRT_PROCESS_FREEZE_H
#define HOSTVIRT_PROCESS_FREEZE_H

#include "hostvirt/process.h"

/* Around each change of a list that hangs from an open description (an epoll set's interests, an inotify descriptor's
 * watches), with the list's own lock: forks wait for it.  May be begun with m->network_lock held, with no other. */
void change_begin(pthread_mutex_t *lock);
void change_end(pthread_mutex_t *lock);

/* Before and after the fork of a process whose copy has its memory and its descriptors. */
void freeze_process(struct process *p);
void thaw_process(struct process *p);
/* The same for a process that shares its memory with others of its monitor: their tables are copied, too.  m->lock is
 * taken and given back. */
void freeze_sharers(struct process *p);
void thaw_sharers(struct process *p);
/* In the copy, before all else: all locks are free, those of the processes that it will forget included. */
void thaw_copy(struct process *p);

#endif
