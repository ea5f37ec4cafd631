/* Descriptors that stand for processes (pidfd_open(2)): file->data of FILE_PROCESS. */
#ifndef HOSTVIRT_PROCESS_FILE_H
#define HOSTVIRT_PROCESS_FILE_H

#include "hostvirt/file.h"

struct process_file {
    struct process_file *next; /* of monitor->process_files, when it has an eventfd.  Under monitor->lock */
    struct monitor *monitor;
    int pid;
    int told;  /* that eventfd, owned; -1: the host knows by itself */
    bool over; /* it was told */
};

/* A new descriptor for a process of the family, closed on exec.  The number, -ESRCH, -EMFILE... */
int64_t process_file_open(struct thread *t, int pid, int flags);
/* The process behind a descriptor, or -EBADF. */
int process_file_pid(struct thread *t, int number, bool *nonblock);
/* A process may have ended: those who watch it are told.  Without family->lock and monitor->lock. */
void process_files_look(struct monitor *m);

#endif
