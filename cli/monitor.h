/* How this process becomes the monitor of an isolate: the same steps for run, restore and clone. */
#ifndef CLI_MONITOR_H
#define CLI_MONITOR_H

#include "cli/cli.h"
#include "hostvirt/calls.h"
#include "hostvirt/process.h"

struct snapshot;

struct start {
    struct policy policy;
    bool detach;       /* in the background, with a terminal of its own whose output is kept */
    bool bound;        /* ends with the thread that started it */
    int notify;        /* a descriptor that is told "ok NAME" or "error SENTENCE", a line; -1: none */
    /* what is started: a program, or a snapshot */
    char *program;     /* as a path of the isolate */
    char **argv;
    struct snapshot *snapshot;
    uint64_t clone_number;
    char **again;      /* the command to execute instead when the snapshot cannot be restored; NULL: an error */
    bool trial;        /* of a snapshot: prints in the end which pages it has written */
    bool explain;      /* then: says why */
    struct call_files call; /* a call of the program, and where its answer goes, taken over; connection -1: none */
    int messages[2];   /* for the snapshot's program, in this order (isolate/message.h), taken over; -1: none */
};

/* Rows for --config, and for --detach, --bound and --notify; `to` is a struct start.  policy_options' `to` is its
 * policy. */
extern const struct option_row config_options[], start_options[];

void start_init(struct start *s);
void start_free(struct start *s);
/* The monitor's whole life.  Returns the exit status, or does not return when a signal ended the guest: then this
 * process ends by it, too.  With `detach` the isolate's name is printed and 0 returned as soon as it runs. */
int start_monitor(struct start *s);
/* `cloister clone --zygote` (clone.c): has options of its own. */
int cli_clone_from_zygote(int argc, char **argv);
/* Runs `body` in a process of its own, which tells of its start by start_tell: prints the name and returns 0, or the
 * sentence and EXIT_NOT_RUN. */
int start_detached(struct start *s, int (*body)(struct start *s));
/* "ok NAME" or "error SENTENCE" for whoever waits for the start. */
void start_tell(const struct start *s, const char *word, const char *text);
/* Ends this process as a program with this status (of wait4) ended, or returns its exit status. */
int start_end_like(int status);
/* Inherited descriptors are closed, before the policy opens its own; a cgroup that is named is one.  False: the error
 * is printed. */
bool start_begin(const struct start *s);
/* fork(2), for a child that ends when this process does, however that comes about. */
pid_t start_fork(void);
/* At the other end: the line of a monitor's start, up to its end and not the pipe's, which may be the monitor's. */
void start_hear(int from, char *line, size_t bytes);
/* The isolate's name in it; NULL when it did not start, with the sentence. */
const char *start_heard_name(const char *line, char *reason, size_t bytes);
/* Tells whoever started this process that it fails, else the user.  Returns `status`. */
int start_failed(const struct start *s, int status, const char *reason);
/* The command's options were not read, as is printed: told to whoever waits for the start.  */
void start_unread(const struct start *s, int status);

#endif
