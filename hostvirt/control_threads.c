/* What the threads of an isolate are doing: their registers and the chain of their frames, for `cloister stack`. */
#include "hostvirt/control_private.h"
#include "hostvirt/thread.h"
#include "hostvirt/uaccess.h"

#include <errno.h>
#include <string.h>

#define FRAMES 48

/* Where an address lies: the file and the offset in it. */
static json_t *place_of(struct memory *m, uint64_t address)
{
    json_t *out = json_pack("{s:I}", "address", (json_int_t)address);

    pthread_mutex_lock(&m->lock);
    const struct mapping *found = memory_find(m, address);
    if (found != NULL && found->start <= address && found->file != NULL) {
        json_object_set_new(out, "file", json_string(found->file->path));
        json_object_set_new(out, "offset", json_integer((json_int_t)(address - found->start + found->offset)));
    }
    pthread_mutex_unlock(&m->lock);
    return out;
}

/* The chain that rbp begins (System V ABI for x86-64, 3.2.2): code built without frame pointers ends it early. */
static json_t *frames(struct thread *t)
{
    struct memory *m = t->process->memory;
    json_t *list = json_array();
    uint64_t frame = t->cpu.regs.rbp, pair[2];

    json_array_append_new(list, place_of(m, t->cpu.regs.rip));
    for (unsigned i = 0; i < FRAMES && frame % 8 == 0 && copy_in(pair, frame, sizeof pair) == 0; i++) {
        if (pair[1] == 0)
            break;
        json_array_append_new(list, place_of(m, pair[1]));
        if (pair[0] <= frame) /* towards higher addresses only: no circles */
            break;
        frame = pair[0];
    }
    return list;
}

static json_t *registers(const struct kvm_regs *r)
{
    const struct {
        const char *name;
        uint64_t value;
    } list[] = {{"rax", r->rax}, {"rbx", r->rbx}, {"rcx", r->rcx},      {"rdx", r->rdx}, {"rsi", r->rsi},
                {"rdi", r->rdi}, {"rbp", r->rbp}, {"rsp", r->rsp},      {"r8", r->r8},   {"r9", r->r9},
                {"r10", r->r10}, {"r11", r->r11}, {"r12", r->r12},      {"r13", r->r13}, {"r14", r->r14},
                {"r15", r->r15}, {"rip", r->rip}, {"rflags", r->rflags}};
    json_t *out = json_object();

    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++)
        json_object_set_new(out, list[i].name, json_integer((json_int_t)list[i].value));
    return out;
}

/* A guest may put any bytes into a thread's name. */
static json_t *thread_name(const struct thread *t)
{
    char name[sizeof t->name + 1];

    memcpy(name, t->name, sizeof t->name);
    name[sizeof t->name] = '\0';
    for (char *c = name; *c != '\0'; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
    return json_string(name);
}

json_t *control_thread_list(struct process *p)
{
    json_t *list = json_array();

    pthread_mutex_lock(&p->lock); /* nobody ends while it is parked, but the process may be killed */
    for (struct thread *t = p->threads; t != NULL; t = t->next)
        json_array_append_new(list, json_pack("{s:i, s:o, s:o, s:o}", "tid", t->tid, "name", thread_name(t),
                                              "registers", registers(&t->cpu.regs), "frames", frames(t)));
    pthread_mutex_unlock(&p->lock);
    return list;
}

/* The others first: when all are stopped they cannot tell. */
int control_threads(struct control_call *call)
{
    struct control *c = call->c;
    struct process *p = c->m->process;
    bool was_paused = c->paused;
    json_t *others = control_other_processes(c);
    int error = control_pause(c, call->reason, call->bytes);

    if (error != 0) {
        json_decref(others);
        return error;
    }
    json_t *list = control_thread_list(p);
    if (!was_paused)
        control_resume(c);
    json_object_set_new(call->answer, "pid", json_integer(p->pid));
    json_object_set_new(call->answer, "threads", list);
    json_object_set_new(call->answer, "processes", others);
    return 0;
}
