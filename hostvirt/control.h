/* Running isolates as seen from outside: each monitor listens on a socket NAME.sock in the user's runtime folder
 * ($XDG_RUNTIME_DIR/cloister, else /tmp/cloister-UID, mode 0700) and answers one request per connection: a line of
 * JSON in, one out; `console` and `window` go on as a stream of bytes.  No daemon.
 *
 * A request is {"request": NAME, ...}; an answer {"ok": true, ...} or {"ok": false, "error": SENTENCE}.
 * control_answer.c has the table of requests.  Descriptors travel with the request's line where it needs some. */
#ifndef HOSTVIRT_CONTROL_H
#define HOSTVIRT_CONTROL_H

#include "hostvirt/process.h"

#include <jansson.h>

struct snapshot;
struct control;

/* ---- inside the monitor (control.c) ---- */

/* Takes the name: makes the socket.  -EADDRINUSE when an isolate of that name runs.  Between monitor_start (or
 * snapshot_restore) and wall_prepare. */
int control_start(struct monitor *m, char *reason, size_t bytes);
/* Starts the thread that answers: after wall_prepare, which it is to inherit (wall.h), before wall_close. */
int control_serve(struct monitor *m);
void control_stop(struct monitor *m); /* removes the socket; what the guest's terminal still holds goes to the log */
void control_remove_name(struct monitor *m); /* the socket alone; part of control_stop */
/* From another thread, right before the monitor kills itself: writes down the end and gives the name back. */
void control_abandon(struct monitor *m, int status);
/* The descriptors that the wall must leave open: at most CONTROL_DESCRIPTORS, their number. */
#define CONTROL_DESCRIPTORS 8
int control_descriptors(const struct monitor *m, int list[CONTROL_DESCRIPTORS]);
/* The isolate's name: the policy's, else isolate-PID.  Valid as long as the monitor. */
const char *control_name(const struct monitor *m);
/* Something that `cloister events` tells; the last 256 are kept. */
void control_event(struct monitor *m, const char *kind, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The family has mail for this monitor: it may be asked what its threads do (control_report.c). */
void control_report(struct monitor *m);
/* What `reset` goes back to; stays the caller's. */
void control_set_snapshot(struct monitor *m, struct snapshot *s);
/* What was counted, as `stat` answers it; NULL: no memory. */
json_t *control_statistics(struct control *c);
/* Keeps the guest's terminal (the pty's master side, taken over): its output goes to NAME.log and to whoever has
 * `cloister console` open.  The final status goes to NAME.end.  Between control_start and control_serve. */
int control_keep_terminal(struct monitor *m, int master, char *reason, size_t bytes);
/* For a standby, whose control thread has not passed the gate (monitor.h): another name, which its socket has already;
 * a terminal with the files for its output and its end, taken over. */
void control_rename_own(struct monitor *m, const char *name);
void control_give_terminal(struct monitor *m, int master, int log, int end);
/* Before the gate opens: the control thread calls `begin` first of all.  When whoever is connected on `owner` goes
 * away, the guest is killed; -1: it has no owner. */
void control_set_owner(struct monitor *m, int owner, void (*begin)(struct monitor *m));
void control_set_status(struct monitor *m, int status); /* as wait4 reports it: before control_stop */

/* ---- from outside (control_client.c) ---- */

/* The folder (made when missing), the names of running isolates, one request and its answer. */
int control_folder(char *path, size_t bytes);
/* A descriptor of the folder, or a negative errno with a sentence. */
int control_open_folder(char *reason, size_t bytes);
/* Stale sockets are removed; sorted; each name and the list malloc'ed. */
int control_list(char ***names, size_t *count, char *reason, size_t bytes);
void control_list_free(char **names, size_t count);
/* -ENOENT: no isolate of that name runs; *answer is the caller's and NULL on failure.  Answers with "ok": false are
 * failures (-EIO) whose sentence is in `reason`. */
int control_request(const char *name, json_t *request, json_t **answer, char *reason, size_t bytes);
/* The same with descriptors for the isolate: what the caller has opened and a monitor behind its wall could not. */
int control_request_with(const char *name, json_t *request, const int *descriptors, unsigned count, json_t **answer,
                         char *reason, size_t bytes);
/* The same, and -ETIMEDOUT when no answer came within so many milliseconds (0: waits for ever). */
int control_request_within(const char *name, json_t *request, const int *descriptors, unsigned count,
                           unsigned milliseconds, json_t **answer, char *reason, size_t bytes);
/* The same, and the connection stays open as a stream of bytes: its descriptor. */
int control_open(const char *name, json_t *request, const int *descriptors, unsigned count, json_t **answer,
                 char *reason, size_t bytes);
/* One more answer on such a connection: -EPIPE when none comes; *answer is the caller's. */
int control_next(int connection, json_t **answer);
#define CONTROL_PASSED 4 /* descriptors of one request */
/* Has an isolate's program killed; a monitor that does not answer (stopped, hanging) is killed itself.  -ENOENT: none
 * of that name runs. */
int control_kill(const char *name, char *reason, size_t bytes);
/* A connection to NAME.sock below an opened folder, or -ECONNREFUSED (nobody listens), -ENOENT, ...; -EAGAIN: whoever
 * listens has taken none within so many milliseconds (0: at once; then the answer is quick). */
int control_connect(int folder, const char *name, unsigned milliseconds);
bool control_is_there(int folder, const char *name); /* somebody listens, busy or not */
/* Numbers for so many clones, never given out before to this user's. */
int control_clone_numbers(unsigned count, uint64_t *first, char *reason, size_t bytes);
bool control_name_valid(const char *name); /* letters, digits, '.', '_', '-'; at most 64; not '.' first */

#endif
