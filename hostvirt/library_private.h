/* Between the files of libcloister. */
#ifndef HOSTVIRT_LIBRARY_PRIVATE_H
#define HOSTVIRT_LIBRARY_PRIVATE_H

#include "include/cloister.h"

#include <stddef.h>
#include <sys/types.h>

#define API __attribute__((visibility("default")))

struct cloister {
    pid_t pid;
    int connection; /* of a zygote's clone; -1: it is a child of this process */
    int ended;      /* 1: `status` holds the end */
    int status;
    char *monitor;
    char name[80];
};

/* A command line, ended by NULL. */
struct words {
    const char **list;
    size_t count;
};

int library_add(struct words *w, const char *word);
int library_add_all(struct words *w, const char *const *list); /* NULL: none */

/* One sentence, `word` in the place of %s.  Returns `error`. */
int library_fail(int error, char *reason, size_t bytes, const char *format, const char *word);
/* The command, malloc'ed: as given, by the environment, or beside the library; NULL with a sentence. */
char *library_monitor(const char *given, char *reason, size_t bytes);

#define NOTIFY_BYTES 16
/* Starts a command line and waits until it tells of its start: its process and the name that it has taken.  `number` is
 * the text behind the line's --notify, which is filled in here. */
int library_launch(const struct words *w, char number[NOTIFY_BYTES], const int *standard, pid_t *pid, char name[80],
                   char *reason, size_t bytes);
int library_reap(pid_t pid, int *status);

#endif
