/* Diagnostic commands: what the JDK's tools (jcmd, jstack, jmap, jinfo) and `cloister jcmd` ask of a running VM,
 * answered without the program's help.  Table and texts: diagnostic.c. */
#ifndef CLOISTER_NATIVE_DIAGNOSTIC_H
#define CLOISTER_NATIVE_DIAGNOSTIC_H

#include "vm/vm.h"

/* Runs a command line ("Thread.print", "help GC.run").  Its output: a new file in memory, to be closed, or a negative
 * errno.  *ok: whether the command was carried out; if not, the output says why.  t in THREAD_JAVA, nothing pending. */
int diagnostic_run(struct thread *t, const char *line, bool *ok);

/* The live objects of each class, after a collection. */
void diagnostic_histogram(int fd); /* histogram.c */
/* The flags in force: the heap's sizes and those named among the arguments, or all. */
void diagnostic_flags(const struct options *o, int fd, bool all); /* management_flags.c */

/* ---- who asks --------------------------------------------------------------------------------------------- */

/* attach.c: the socket of HotSpot's attach protocol.  Whether SIGQUIT came from a tool that wants it. */
bool attach_requested(void);
void attach_start(struct thread *t); /* the thread that answers, unless it runs; t in THREAD_JAVA */
void attach_remove_socket(void);     /* at start: that of an ended process that had this one's number */

/* questions.c: the monitor of an isolate.  Whether there is one, which then announces questions by this signal. */
bool questions_announce(int signal);
bool questions_answer(struct thread *t); /* all that wait: whether there was any */

#endif
