/* A snapshot's state field by field, in both directions (snapshot_codec.h). */
#include "hostvirt/snapshot_state_private.h"

#include "hostvirt/event.h"

#include <string.h>

#define PENDING_MOST 65536

static void code_machine(struct codec *c, struct saved_machine *m)
{
    codec_bool(c, &m->software);
    for (unsigned i = 0; i < MACHINE_WORDS; i++)
        codec_u32(c, &m->words[i]);
    codec_u64(c, &m->features);
    codec_u32(c, &m->xsave_bytes);
    for (unsigned i = 0; i < MACHINE_COMPONENTS; i++) {
        codec_u32(c, &m->offsets[i]);
        codec_u32(c, &m->sizes[i]);
    }
    codec_u32(c, &m->tsc_khz);
}

static void code_policy(struct codec *c, struct saved_policy *p)
{
    codec_text(c, &p->name, STATE_TEXT);
    codec_text(c, &p->hostname, STATE_TEXT);
    codec_text(c, &p->title, STATE_TEXT);
    codec_u8(c, &p->baseline);
    codec_u64(c, &p->memory);
    codec_u64(c, &p->cpu_time);
    codec_u64(c, &p->wall_time);
    codec_u64(c, &p->disk_written);
    codec_u32(c, &p->cpus);
    codec_u32(c, &p->threads);
    codec_u32(c, &p->descriptors);
    codec_u32(c, &p->syscall_rate);
    codec_bool(c, &p->fork);
    codec_bool(c, &p->system_base);
    if (codec_list(c, &p->mounts, &p->mount_count, sizeof *p->mounts, 17, LIST_MOST))
        for (size_t i = 0; i < p->mount_count; i++) {
            codec_u8(c, &p->mounts[i].kind);
            codec_text(c, &p->mounts[i].host, STATE_TEXT);
            codec_text(c, &p->mounts[i].guest, STATE_TEXT);
        }
    if (codec_list(c, &p->endpoints, &p->endpoint_count, sizeof *p->endpoints, 17, LIST_MOST))
        for (size_t i = 0; i < p->endpoint_count; i++) {
            codec_text(c, &p->endpoints[i].name, STATE_TEXT);
            codec_u16(c, &p->endpoints[i].port);
            codec_u16(c, &p->endpoints[i].guest_port);
            codec_int(c, &p->endpoints[i].type);
            codec_bool(c, &p->endpoints[i].listen);
        }
}

/* ---- the process ------------------------------------------------------------------------------------------------- */

/* A siginfo is data of the guest's: only its number is looked at. */
static void code_signals(struct codec *c, struct saved_signals *s)
{
    _Static_assert(sizeof(siginfo_t) == 128, "as the kernel defines it for x86-64");
    if (!codec_list(c, &s->list, &s->count, sizeof *s->list, sizeof *s->list, PENDING_MOST))
        return;
    for (size_t i = 0; i < s->count; i++) {
        codec_raw(c, &s->list[i], sizeof s->list[i]);
        if (s->list[i].si_signo < 1 || s->list[i].si_signo > SIGNAL_COUNT)
            codec_fail(c, "a pending signal has no such number");
    }
}

static void code_usage(struct codec *c, struct rusage *u)
{
    codec_raw(c, &u->ru_utime.tv_sec, 8);
    codec_raw(c, &u->ru_utime.tv_usec, 8);
    codec_raw(c, &u->ru_stime.tv_sec, 8);
    codec_raw(c, &u->ru_stime.tv_usec, 8);
    long *const rest[] = {&u->ru_maxrss, &u->ru_minflt,   &u->ru_majflt, &u->ru_inblock, &u->ru_oublock,
                          &u->ru_nvcsw,  &u->ru_nivcsw};
    for (size_t i = 0; i < sizeof rest / sizeof rest[0]; i++)
        codec_raw(c, rest[i], 8);
}

static void code_zombie(struct codec *c, struct saved_zombie *z)
{
    codec_int(c, &z->pid);
    codec_int(c, &z->parent);
    codec_int(c, &z->group);
    codec_int(c, &z->session);
    codec_int(c, &z->status);
    code_usage(c, &z->usage);
}

static void code_timer(struct codec *c, struct saved_timer *t)
{
    codec_int(c, &t->id);
    codec_int(c, &t->clock);
    codec_int(c, &t->notify);
    codec_int(c, &t->signal);
    codec_int(c, &t->tid);
    codec_u64(c, &t->value);
    codec_i64(c, &t->overrun);
    codec_int(c, &t->last_overrun);
    codec_u64(c, &t->rest);
    codec_u64(c, &t->interval);
    codec_bool(c, &t->absolute);
}

static void code_ids(struct codec *c, struct saved_process *p)
{
    int *const ids[] = {&p->pid,        &p->parent,  &p->group,       &p->session,        &p->next_id,
                        &p->foreground, &p->stopped, &p->exit_signal, &p->question_signal};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        codec_int(c, ids[i]);
    codec_u64(c, &p->clone_number);
    codec_u64(c, &p->monotonic);
    codec_i64(c, &p->realtime);
    codec_u64(c, &p->start_time);
    codec_u64(c, &p->vdso);
    codec_u64(c, &p->cpu_time);
    codec_u64(c, &p->disk_written);
}

static void code_process(struct codec *c, struct saved_process *p)
{
    code_ids(c, p);
    codec_text(c, &p->working, STATE_TEXT);
    codec_text(c, &p->program, STATE_TEXT);
    codec_text(c, &p->label, STATE_TEXT);
    codec_u32(c, &p->umask);
    codec_blob(c, &p->arguments, &p->arguments_bytes, BLOB_MOST);
    codec_blob(c, &p->environment, &p->environment_bytes, BLOB_MOST);
    for (unsigned i = 0; i < SIGNAL_COUNT; i++) {
        codec_u64(c, &p->actions[i].handler);
        codec_u64(c, &p->actions[i].flags);
        codec_u64(c, &p->actions[i].restorer);
        codec_u64(c, &p->actions[i].mask);
    }
    for (unsigned i = 0; i < sizeof p->limits / sizeof p->limits[0]; i++) {
        codec_raw(c, &p->limits[i].rlim_cur, 8);
        codec_raw(c, &p->limits[i].rlim_max, 8);
    }
    code_usage(c, &p->children);
    code_signals(c, &p->pending);
    if (codec_list(c, &p->zombies, &p->zombie_count, sizeof *p->zombies, 20, FAMILY_PROCESSES))
        for (size_t i = 0; i < p->zombie_count; i++)
            code_zombie(c, &p->zombies[i]);
    if (codec_list(c, &p->timers, &p->timer_count, sizeof *p->timers, 40, LIST_MOST))
        for (size_t i = 0; i < p->timer_count; i++)
            code_timer(c, &p->timers[i]);
}

static void code_registers(struct codec *c, struct kvm_regs *r)
{
    __u64 *const all[] = {&r->rax, &r->rbx, &r->rcx, &r->rdx, &r->rsi, &r->rdi, &r->rsp, &r->rbp, &r->r8,
                          &r->r9,  &r->r10, &r->r11, &r->r12, &r->r13, &r->r14, &r->r15, &r->rip, &r->rflags};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        codec_raw(c, all[i], 8);
}

/* By number: the host's cpu_set_t is not for files. */
static void code_scheduling(struct codec *c, struct scheduling *s)
{
    uint64_t processors[16] = {0};
    _Static_assert(CPU_SETSIZE == 1024, "as the C library has it");

    for (unsigned i = 0; i < CPU_SETSIZE && c->writing; i++)
        processors[i / 64] |= (uint64_t)(CPU_ISSET(i, &s->processors) != 0) << i % 64;
    codec_bool(c, &s->set_processors);
    codec_bool(c, &s->set_policy);
    codec_bool(c, &s->set_nice);
    codec_int(c, &s->policy);
    codec_int(c, &s->nice);
    for (unsigned i = 0; i < 16 && s->set_processors; i++)
        codec_u64(c, &processors[i]);
    for (unsigned i = 0; i < CPU_SETSIZE && !c->writing; i++)
        if (processors[i / 64] >> i % 64 & 1)
            CPU_SET(i, &s->processors);
    s->saved = true;
    if (s->nice < -40 || s->nice > 40 || (s->set_policy && s->policy != SCHED_BATCH && s->policy != SCHED_IDLE))
        codec_fail(c, "a thread's scheduling cannot be");
}

static void code_thread(struct codec *c, struct saved_thread *t)
{
    codec_int(c, &t->tid);
    code_registers(c, &t->regs);
    codec_u64(c, &t->fs_base);
    codec_u64(c, &t->gs_base);
    codec_blob(c, &t->xsave, &t->xsave_bytes, XSAVE_AREA_BYTES);
    codec_u64(c, &t->blocked);
    codec_u64(c, &t->saved_blocked);
    codec_bool(c, &t->restore_blocked);
    code_signals(c, &t->pending);
    codec_u64(c, &t->stack_address);
    codec_u64(c, &t->stack_bytes);
    codec_int(c, &t->stack_flags);
    codec_u64(c, &t->clear_tid);
    codec_u64(c, &t->robust_list);
    codec_raw(c, t->name, sizeof t->name);
    codec_bool(c, &t->restarting);
    codec_bool(c, &t->rewound);
    codec_u64(c, &t->rest);
    codec_u64(c, &t->fault_trap);
    codec_u64(c, &t->fault_error);
    codec_u64(c, &t->fault_address);
    codec_u64(c, &t->cpu_time);
    code_scheduling(c, &t->scheduling);
    codec_bool(c, &t->asked);
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

void code_identity(struct codec *c, struct saved_identity *i)
{
    codec_u64(c, &i->device);
    codec_u64(c, &i->inode);
    codec_u64(c, &i->bytes);
    codec_i64(c, &i->seconds);
    codec_i64(c, &i->nanoseconds);
    codec_i64(c, &i->changed_seconds);
    codec_i64(c, &i->changed_nanoseconds);
    codec_bool(c, &i->settled);
    codec_bool(c, &i->hashed);
    codec_raw(c, i->content.bytes, HASH_BYTES);
}

static void code_files(struct codec *c, struct saved_memory *m)
{
    if (codec_list(c, &m->objects, &m->object_count, sizeof *m->objects, 12, LIST_MOST * 16))
        for (size_t i = 0; i < m->object_count; i++) {
            codec_u64(c, &m->objects[i].bytes);
            codec_u32(c, &m->objects[i].seals);
        }
    if (!codec_list(c, &m->files, &m->file_count, sizeof *m->files, 89, LIST_MOST))
        return;
    for (size_t i = 0; i < m->file_count; i++) {
        codec_int(c, &m->files[i].object);
        codec_bool(c, &m->files[i].stored);
        codec_bool(c, &m->files[i].vdso);
        codec_bool(c, &m->files[i].writable);
        code_identity(c, &m->files[i].identity);
        codec_text(c, &m->files[i].path, STATE_TEXT);
    }
}

static void code_mappings(struct codec *c, struct saved_memory *m)
{
    codec_u64(c, &m->break_start);
    codec_u64(c, &m->break_end);
    codec_u64(c, &m->break_limit);
    codec_u64(c, &m->place);
    if (!codec_list(c, &m->mappings, &m->mapping_count, sizeof *m->mappings, 37, MAPPING_LIMIT))
        return;
    for (size_t i = 0; i < m->mapping_count; i++) {
        struct saved_mapping *p = &m->mappings[i];
        codec_u64(c, &p->start);
        codec_u64(c, &p->end);
        codec_u64(c, &p->offset);
        codec_int(c, &p->file);
        codec_u8(c, &p->prot);
        codec_u8(c, &p->kind);
        bool *const flags[] = {&p->shared, &p->charged, &p->no_fork, &p->wipe, &p->stack, &p->huge, &p->lazy};
        for (size_t f = 0; f < sizeof flags / sizeof flags[0]; f++)
            codec_bool(c, flags[f]);
    }
}

void code_runs(struct codec *c, struct saved_run **runs, size_t *count)
{
    if (!codec_list(c, runs, count, sizeof **runs, 32, DATA_BYTES_LIMIT / PAGE_BYTES))
        return;
    for (size_t i = 0; i < *count; i++) {
        struct saved_run *r = &(*runs)[i];
        codec_u32(c, &r->space);
        codec_u32(c, &r->layer);
        codec_u64(c, &r->start);
        codec_u64(c, &r->pages);
        codec_u64(c, &r->place);
    }
}

/* ---- all ------------------------------------------------------------------------------------------------------ */

void code_state(struct codec *c, struct saved_state *s, enum section_kind kind)
{
    switch (kind) {
    case SECTION_MACHINE:
        code_machine(c, &s->machine);
        break;
    case SECTION_POLICY:
        code_policy(c, &s->policy);
        break;
    case SECTION_PROCESS:
        code_process(c, &s->process);
        break;
    case SECTION_THREADS:
        if (codec_list(c, &s->threads, &s->thread_count, sizeof *s->threads, 200, LIST_MOST))
            for (size_t i = 0; i < s->thread_count; i++)
                code_thread(c, &s->threads[i]);
        break;
    case SECTION_FILES:
        code_files(c, &s->memory);
        break;
    case SECTION_MAPPINGS:
        code_mappings(c, &s->memory);
        break;
    case SECTION_DESCRIPTORS:
        code_descriptors(c, &s->descriptors);
        break;
    case SECTION_SCRATCH:
        if (codec_list(c, &s->scratch, &s->scratch_count, sizeof *s->scratch, 16, LIST_MOST))
            for (size_t i = 0; i < s->scratch_count; i++)
                code_scratch(c, &s->scratch[i]);
        break;
    default:
        codec_fail(c, "a section of an unknown kind");
    }
}

void state_free(struct saved_state *s)
{
    arena_free(&s->arena);
    *s = (struct saved_state){0};
}
