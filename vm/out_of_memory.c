/* What the command line asked to happen at the first OutOfMemoryError of the heap or of class metadata. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "vm/exception_private.h"
#include "vm/safepoint.h"

enum { EXIT_CODE = 3 };

/* HotSpot's layout; %p is the process. */
static void run_command(struct thread *t, const char *why, const char *command)
{
    char text[4096];
    size_t length = 0;
    for (const char *p = command; *p != '\0' && length + 24 < sizeof text; p++) {
        if (p[0] == '%' && p[1] == 'p') {
            length += (size_t)snprintf(text + length, sizeof text - length, "%d", (int)getpid());
            p++;
        } else {
            text[length++] = *p;
        }
    }
    text[length] = '\0';
    FILE *out = options_output(&t->vm->options);
    fprintf(out, "#\n# java.lang.OutOfMemoryError: %s\n# -XX:OnOutOfMemoryError=\"%s\"\n"
                 "#   Executing /bin/sh -c \"%s\"...\n",
            why, command, text);
    fflush(out);
    thread_leave_java(t, THREAD_BLOCKED);
    int status = system(text);
    thread_enter_java(t);
    if (status == -1)
        log_warning("-XX:OnOutOfMemoryError: the command could not be started");
}

void out_of_memory_actions(struct thread *t, const char *why)
{
    static atomic_flag done = ATOMIC_FLAG_INIT; /* the command and the dump happen once per process */
    const struct options *o = &t->vm->options;
    if (!o->heap_dump_on_oom && o->on_out_of_memory == NULL && !o->crash_on_oom && !o->exit_on_oom)
        return;
    if (!atomic_flag_test_and_set(&done)) {
        if (o->heap_dump_on_oom && t->vm->hooks.dump_heap != NULL)
            t->vm->hooks.dump_heap(t, why);
        if (o->on_out_of_memory != NULL)
            run_command(t, why, o->on_out_of_memory);
    }
    if (o->crash_on_oom) {
        fprintf(options_output(o), "Aborting due to java.lang.OutOfMemoryError: %s\n", why);
        vm_fatal("OutOfMemory encountered: %s", why);
    }
    if (o->exit_on_oom) {
        fprintf(options_output(o), "Terminating due to java.lang.OutOfMemoryError: %s\n", why);
        vm_exit(t->vm, EXIT_CODE);
    }
}
