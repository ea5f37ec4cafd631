/* The requests that bring calls and questions, and how the program hears of questions: by a signal that it has
 * named. */
#include "hostvirt/calls.h"
#include "hostvirt/control_private.h"
#include "hostvirt/guestsignal.h"

#include <errno.h>
#include <stdio.h>

static int put_request(struct control_call *call, bool question)
{
    const struct call_files files = {.message = call->passed[0], .answer = call->passed[1],
                                     .connection = call->connection, .question = question,
                                     .receipt = json_is_true(json_object_get(call->request, "receipt"))};
    int error = calls_bring(call->c->m, &files, call->reason, call->bytes);

    if (error != 0)
        return error;
    call->passed[0] = call->passed[1] = -1;
    call->later = true;
    return 0;
}

int calls_request(struct control_call *call)
{
    return put_request(call, false);
}

/* The signal that the program has named, unless it has taken its handler away since: then the signal might end it. */
static int question_signal(struct process *p)
{
    pthread_mutex_lock(&p->lock);
    int signal = p->question_signal;
    if (signal != 0 && p->actions[signal - 1].handler <= (uintptr_t)SIG_IGN)
        signal = 0;
    pthread_mutex_unlock(&p->lock);
    return signal;
}

int calls_ask(struct control_call *call)
{
    struct process *p = call->c->m->process;
    siginfo_t info = {.si_signo = question_signal(p), .si_code = SI_USER};

    if (info.si_signo == 0) {
        snprintf(call->reason, call->bytes, "the program in '%s' answers no questions", call->c->name);
        return -EOPNOTSUPP;
    }
    int error = put_request(call, true);
    if (error == 0)
        signal_process(p, &info); /* if its queue is full of signals, one that it will look at is among them */
    return error;
}

int64_t calls_set_signal(struct thread *t, uint64_t signal)
{
    if (signal > SIGNAL_COUNT || signal == SIGKILL || signal == SIGSTOP)
        return -EINVAL;
    pthread_mutex_lock(&t->process->lock);
    t->process->question_signal = (int)signal;
    pthread_mutex_unlock(&t->process->lock);
    return 0;
}
