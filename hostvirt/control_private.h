/* Between the files of the control socket's server. */
#ifndef HOSTVIRT_CONTROL_PRIVATE_H
#define HOSTVIRT_CONTROL_PRIVATE_H

#include "hostvirt/control.h"
#include "hostvirt/control_arrival.h"

#include <sys/socket.h>
#include <time.h>

#define EVENTS_KEPT 256
#define CONTROL_LINE (64 << 10) /* bytes of a request */

struct control_event {
    uint64_t sequence;
    struct timespec time; /* CLOCK_REALTIME */
    char kind[24], text[200];
};

struct control {
    struct monitor *m;
    pthread_t thread;
    bool serving; /* there is a thread */
    char name[80];
    int folder;   /* the runtime folder */
    int listener;
    int wake;     /* eventfd: control_stop */
    int terminal; /* master of the guest's terminal; -1: none */
    int log, end; /* NAME.log, NAME.end with a terminal; -1 */
    int owner;    /* a connection whose end is the guest's; not the structure's own; -1: none */
    void (*begin)(struct monitor *m); /* NULL: nothing */
    int console;  /* who has the console open; -1: nobody */
    struct arrivals arrivals; /* the thread's own */
    uint64_t log_bytes;
    uint64_t kill_at; /* host CLOCK_MONOTONIC ns: the end of stop's grace time; 0: none.  The thread's own */
    bool paused;      /* the thread's own */
    _Atomic int status; /* as wait4 reports it; -1: it runs */
    struct snapshot *snapshot;
    _Atomic int late_saves; /* threads that wait for a CHECKPOINT, or have yet to say how it went: a futex */
    pthread_mutex_t lock;   /* events; a leaf */
    struct control_event events[EVENTS_KEPT];
    uint64_t event_count;
};

/* One request: fills `answer` (with "ok" added by the caller) or returns a negative errno with a sentence.  `stream` is
 * set when the connection goes on as a stream, which the handler has taken over. */
struct control_call {
    struct control *c;
    json_t *request;
    json_t *answer;
    int connection;
    int passed[CONTROL_PASSED]; /* descriptors that came with it, -1 behind the last; closed by the caller */
    bool stream;
    bool later; /* the handler has taken connection and descriptors over and answers in its own time */
    char *reason;
    size_t bytes;
};

int control_answer(struct control_call *call);

/* A connection (control_connection.c).  Adds a message's descriptors behind the last one; those without room are
 * closed. */
void control_take_descriptors(struct msghdr *m, int passed[CONTROL_PASSED]);
void control_close_passed(int passed[CONTROL_PASSED]);
/* Completes an answer and sends it. */
void control_finish(int connection, json_t *answer, int error, const char *reason);

/* Names (control_listen.c): a listening socket NAME.sock in the folder, or another name for one's own.  -EADDRINUSE
 * when somebody living has it. */
int control_listen(int folder, const char *name);
int control_rename(int folder, const char *from, const char *to);
#define CONTROL_STANDBY ".standby-%d" /* the name of a standby, by its process: no list shows it */

int control_save(struct control_call *call); /* control_save.c */
/* Lets the saves that wait for a checkpoint tell their clients that the guest has ended, or how the last one went.
 * False: some have not in time. */
bool control_finish_saves(struct control *c);

/* Stops and continues all threads of the family (control_pause.c). */
int control_pause(struct control *c, char *reason, size_t bytes);
void control_resume(struct control *c);
/* The registers and frames of all threads (control_threads.c): the family is stopped meanwhile. */
int control_threads(struct control_call *call);
json_t *control_thread_list(struct process *p); /* of a stopped process */
/* Of the other monitors' processes, each stopped while it tells: objects with "pid" and "threads", or "error"
 * (control_report.c). */
json_t *control_other_processes(struct control *c);

/* The guest's terminal (control_terminal.c). */
void control_terminal_output(struct control *c);          /* takes what is there */
void control_terminal_input(struct control *c);           /* from the console */
int control_terminal_attach(struct control_call *call);
int control_terminal_window(struct control *c, const json_t *request);

#endif
