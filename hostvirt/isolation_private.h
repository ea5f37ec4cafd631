/* Between the files of --isolation=process and --isolation=none. */
#ifndef HOSTVIRT_ISOLATION_PRIVATE_H
#define HOSTVIRT_ISOLATION_PRIVATE_H

#include "hostvirt/policy.h"

#include <signal.h>
#include <sys/types.h>

/* What the parent and the namespaces' first process say to each other over one socket. */
enum isolation_word { WORD_GO, WORD_FAILED, WORD_READY, WORD_STOPPED, WORD_CONTINUED, WORD_ENDED };

struct isolation_message {
    int word;
    int status;        /* WORD_ENDED: as wait4 reports it */
    char reason[400];  /* WORD_FAILED: a sentence */
};

/* ---- the private root (isolation_root.c); inside the new namespaces, single-threaded ---- */

/* Binds the policy's mounts into a new root and enters it.  *proc: a descriptor of its /proc, for the watch. */
int isolation_root(const struct policy *p, int *proc, char *reason, size_t bytes);

/* ---- the first process (isolation_child.c) ---- */

/* The life of the namespaces' first process: never returns. */
_Noreturn void isolation_first(const struct policy *p, const char *program, char *const argv[], const sigset_t *before,
                               int link, int network /* the relay's (relay.h); -1: none */);
/* Becomes the program: limits, signals as at the start of the parent (`before`), exec.  Returns only on failure: the
 * errno of what failed, which `reason` describes. */
int isolation_exec(const struct policy *p, const char *program, char *const argv[], const sigset_t *before,
                   char *reason, size_t bytes);

/* ---- what a tree of processes uses (isolation_watch.c) ---- */

struct isolation_use {
    uint64_t cpu_time; /* ns, of all that live and of their children that ended and were waited for */
    uint64_t memory;   /* bytes resident that no file backs; shared ones count in each process that maps them */
    unsigned threads;
};

/* `proc` is a descriptor of a folder like /proc; `root`: only that process of it and its descendants; 0: all that it
 * shows.
 * `kill_them`: each gets SIGKILL; only where `proc` shows the caller's own pid namespace.  Not counted: the memory and
 * the threads of `root` itself. */
int isolation_look(int proc, pid_t root, bool kill_them, struct isolation_use *use);

#endif
