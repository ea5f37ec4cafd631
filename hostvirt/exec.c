/* exec: finds the program (scripts lead to their interpreter), replaces the address space, builds the start stack
 * (System V ABI for x86-64, 3.4.1; getauxval(3)) and sets the first registers. */
#include "hostvirt/exec.h"
#include "hostvirt/elf.h"
#include "hostvirt/file.h"
#include "hostvirt/guestsignal.h"
#include "hostvirt/identity.h"
#include "hostvirt/path.h"
#include "hostvirt/uaccess.h"
#include "hostvirt/vdso.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#define STACK_BYTES (8ull << 20)
#define STACK_BASE GUEST_ARENA
/* The program follows the stack and the vDSO; behind it the heap of brk may grow this far before the libraries. */
#define PROGRAM_BASE (STACK_BASE + STACK_BYTES + (64ull << 10))
#define BREAK_ROOM (12ull << 20)
#define ARGUMENT_LIMIT (STACK_BYTES / 4) /* of all strings and their pointers; execve(2) */
#define SCRIPT_DEPTH 4
#define SCRIPT_LINE 256

/* Arguments as they will be: those of scripts are put in front. */
struct arguments {
    const char *path;     /* what execve was given: AT_EXECFN */
    char *const *argv;    /* from argv[1] on for a script */
    unsigned front_count;
    char *front[2 * SCRIPT_DEPTH + 1]; /* malloc'ed, in order */
    size_t argc, envc;
};

struct start {
    struct elf_file program, loader;
    uint64_t program_base, loader_base;
};

static void arguments_free(struct arguments *a)
{
    for (unsigned i = 0; i < a->front_count; i++)
        free(a->front[i]);
}

/* "#!interpreter [argument]": the interpreter's path in `line`, its one argument or NULL.  The file may end with its
 * first line; of a line that is too long the argument is cut off, but never the path (execve(2)). */
static char *parse_script(char *line, char **argument)
{
    char *end = line + strcspn(line, "\n");
    char *path = line + 2;

    if (end == line + SCRIPT_LINE && strpbrk(path + strspn(path, " \t"), " \t") == NULL)
        return NULL;
    while (end > path && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
        end--;
    *end = '\0';
    path += strspn(path, " \t");
    char *rest = path + strcspn(path, " \t");
    *argument = NULL;
    if (*rest != '\0') {
        *rest++ = '\0';
        rest += strspn(rest, " \t");
        *argument = *rest != '\0' ? rest : NULL;
    }
    return *path != '\0' ? path : NULL;
}

/* The script's interpreter, its argument and the script's own path take the place of argv[0]. */
static int put_script(struct arguments *a, const char *interpreter, const char *argument, const char *script)
{
    char *first = strdup(interpreter), *second = argument != NULL ? strdup(argument) : NULL;
    char *third = a->front_count == 0 ? strdup(script) : NULL;
    unsigned added = argument != NULL ? 2 : 1;

    if (first == NULL || (argument != NULL && second == NULL) || (a->front_count == 0 && third == NULL)) {
        free(first), free(second), free(third);
        return -ENOMEM;
    }
    if (third != NULL) {
        a->front[a->front_count++] = third;
        if (a->argc > 0)
            a->argv++, a->argc--;
    }
    memmove(a->front + added, a->front, a->front_count * sizeof a->front[0]);
    a->front[0] = first;
    if (second != NULL)
        a->front[1] = second;
    a->front_count += added;
    return 0;
}

/* Follows scripts to a program; *program is open then. */
static int find_program(struct process *p, const char *path, struct arguments *a, struct elf_file *program)
{
    char resolved[PATH_MAX], current[PATH_MAX];

    if (strlen(path) >= sizeof current)
        return -ENAMETOOLONG;
    strcpy(current, path);
    for (int depth = 0;; depth++) {
        char line[SCRIPT_LINE + 1], *argument;
        int host = place_open_program(p, current, resolved);
        if (host < 0)
            return host;
        ssize_t got = pread(host, line, SCRIPT_LINE, 0);
        if (got < 2 || line[0] != '#' || line[1] != '!')
            return elf_open(program, host, resolved);
        lock_close_own(host);
        line[got] = '\0';
        if (depth == SCRIPT_DEPTH)
            return -ELOOP;
        char *interpreter = parse_script(line, &argument);
        if (interpreter == NULL || strlen(interpreter) >= sizeof current)
            return -ENOEXEC;
        int error = put_script(a, interpreter, argument, current);
        if (error != 0)
            return error;
        strcpy(current, interpreter);
    }
}

static int find_loader(struct process *p, struct start *s)
{
    char resolved[PATH_MAX];

    s->loader.host = -1;
    if (s->program.interpreter[0] == '\0')
        return 0;
    int host = place_open_program(p, s->program.interpreter, resolved);
    if (host < 0)
        return host;
    int error = elf_open(&s->loader, host, resolved);
    return error == -ENOEXEC ? -ELIBBAD : error;
}

static size_t count_strings(char *const *list, uint64_t *bytes)
{
    size_t count = 0;

    for (; list[count] != NULL; count++)
        *bytes += strlen(list[count]) + 1 + sizeof(uint64_t);
    return count;
}

static int count_arguments(const struct image *image, struct arguments *a)
{
    uint64_t bytes = 0;

    a->path = image->path;
    a->argv = image->argv;
    a->argc = count_strings(image->argv, &bytes);
    a->envc = count_strings(image->envp, &bytes);
    return bytes > ARGUMENT_LIMIT - PATH_MAX * (2 * SCRIPT_DEPTH + 2) ? -E2BIG : 0;
}

/* ---- the point of no return is behind: failures from here on end the process -------------------------------- */

static int reserve(struct memory *m, uint64_t hint, const struct elf_file *f, uint64_t *base)
{
    uint64_t span = f->high - f->low, room = span + (f->align > PAGE_BYTES ? f->align : 0);
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

    if (f->fixed) {
        int64_t at = memory_map(m, f->low, span, PROT_NONE, flags | MAP_FIXED_NOREPLACE, NULL, -1, 0);
        *base = 0;
        return at < 0 ? (int)at : 0;
    }
    int64_t at = memory_map(m, hint, room, PROT_NONE, flags, NULL, -1, 0);
    if (at < 0)
        return (int)at;
    uint64_t start = ((uint64_t)at + f->align - 1) & ~(f->align - 1);
    if (start > (uint64_t)at)
        memory_unmap(m, (uint64_t)at, start - (uint64_t)at);
    if ((uint64_t)at + room > start + span)
        memory_unmap(m, start + span, (uint64_t)at + room - (start + span));
    *base = start - f->low;
    return 0;
}

static int map_stack(struct memory *m, bool executable)
{
    int prot = PROT_READ | PROT_WRITE | (executable ? PROT_EXEC : 0);
    int64_t at = memory_map(m, STACK_BASE, STACK_BYTES, prot,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE | MAP_STACK, NULL, -1, 0);

    if (at < 0)
        return (int)at;
    pthread_mutex_lock(&m->lock);
    struct mapping *mapping = memory_find(m, STACK_BASE);
    if (mapping != NULL)
        mapping->stack = true;
    pthread_mutex_unlock(&m->lock);
    return 0;
}

static int map_everything(struct process *p, struct start *s)
{
    struct memory *m = p->memory;
    int error = memory_clear(m);

    memory_open(m, GUEST_ARENA, GUEST_ARENA + START_BYTES); /* at once: each slot costs */
    if (error == 0)
        error = map_stack(m, s->program.executable_stack);
    if (error == 0)
        error = vdso_map(p);
    if (error == 0)
        error = reserve(m, PROGRAM_BASE, &s->program, &s->program_base);
    if (error == 0)
        error = elf_map(&s->program, m, s->program_base);
    if (error != 0)
        return error;
    m->break_start = m->break_end = s->program_base + s->program.high;
    m->break_limit = m->break_start + BREAK_ROOM;
    if (!s->program.fixed)
        m->place = m->break_limit;
    if (s->loader.host >= 0 && (error = reserve(m, 0, &s->loader, &s->loader_base)) == 0)
        error = elf_map(&s->loader, m, s->loader_base);
    return error;
}

/* The start stack, built from its top down in a buffer of the monitor and copied out in one piece. */
struct stack_builder {
    char *buffer;
    size_t size, used; /* used: bytes from the top */
};

static uint64_t put_bytes(struct stack_builder *b, const void *from, size_t bytes)
{
    b->used += bytes;
    memcpy(b->buffer + b->size - b->used, from, bytes);
    return STACK_BASE + STACK_BYTES - b->used;
}

static uint64_t put_text(struct stack_builder *b, const char *text)
{
    return put_bytes(b, text, strlen(text) + 1);
}

static const struct kvm_cpuid_entry2 *find_leaf(const struct platform *platform, uint32_t function)
{
    for (unsigned i = 0; i < platform->cpuid.head.nent; i++)
        if (platform->cpuid.entries[i].function == function)
            return &platform->cpuid.entries[i];
    return NULL;
}

static size_t fill_auxiliary(struct process *p, const struct start *s, uint64_t random, uint64_t name,
                             uint64_t platform_name, uint64_t (*aux)[2])
{
    const struct monitor *m = p->monitor;
    const struct kvm_cpuid_entry2 *features = find_leaf(&m->platform, 1);
    uint64_t frame = 448 + 64 + m->platform.xsave_bytes + 8; /* guestsignal_frame.c: what a signal needs at least */
    const uint64_t values[][2] = {
        {AT_SYSINFO_EHDR, m->vdso},
        {AT_HWCAP, features != NULL ? features->edx : 0},
        {AT_PAGESZ, PAGE_BYTES},
        {AT_CLKTCK, 100},
        {AT_PHDR, s->program_base + s->program.headers},
        {AT_PHENT, sizeof(Elf64_Phdr)},
        {AT_PHNUM, s->program.count},
        {AT_BASE, s->loader.host >= 0 ? s->loader_base + s->loader.low : 0},
        {AT_FLAGS, 0},
        {AT_ENTRY, s->program_base + s->program.entry},
        {AT_UID, GUEST_ID},
        {AT_EUID, GUEST_ID},
        {AT_GID, GUEST_ID},
        {AT_EGID, GUEST_ID},
        {AT_SECURE, 0},
        {AT_RANDOM, random},
        {AT_HWCAP2, 2}, /* FSGSBASE (asm/hwcap2.h): CR4 has it on */
        {AT_EXECFN, name},
        {AT_PLATFORM, platform_name},
        {AT_MINSIGSTKSZ, (frame + 63) & ~63ull},
        {AT_NULL, 0},
    };

    memcpy(aux, values, sizeof values);
    return sizeof values / sizeof values[0];
}

/* Keeps a piece of the stack's text for /proc/self/cmdline or environ; without memory they are empty. */
static void keep_text(char **to, size_t *bytes, const struct stack_builder *b, size_t from, size_t end)
{
    free(*to);
    *to = malloc(end - from + 1);
    *bytes = *to != NULL ? end - from : 0;
    if (*to != NULL)
        memcpy(*to, b->buffer + b->size - end, end - from);
}

/* Strings of a list, the first at the lowest address. */
static void put_list(struct stack_builder *b, char *const *list, size_t count, uint64_t *addresses)
{
    for (size_t i = count; i-- > 0;)
        addresses[i] = put_text(b, list[i]);
}

static int build_stack(struct process *p, const struct start *s, const struct arguments *a, char *const *envp,
                       uint64_t *stack_pointer)
{
    size_t argc = a->front_count + a->argc, words = argc + a->envc + 3;
    struct stack_builder b = {malloc(2 * ARGUMENT_LIMIT), 2 * ARGUMENT_LIMIT, 0};
    uint64_t *vector = calloc(words, sizeof *vector), aux[32][2];
    uint8_t random[16];
    int error = -ENOMEM;

    if (b.buffer == NULL || vector == NULL || getrandom(random, sizeof random, 0) != sizeof random)
        goto out;
    put_bytes(&b, &(uint64_t){0}, sizeof(uint64_t));
    uint64_t name = put_text(&b, a->path);
    size_t name_used = b.used;
    vector[0] = argc;
    put_list(&b, envp, a->envc, vector + 1 + argc + 1);
    size_t environment_used = b.used;
    put_list(&b, a->argv, a->argc, vector + 1 + a->front_count);
    put_list(&b, a->front, a->front_count, vector + 1);
    keep_text(&p->environment, &p->environment_bytes, &b, name_used, environment_used);
    keep_text(&p->arguments, &p->arguments_bytes, &b, environment_used, b.used);
    uint64_t platform_name = put_text(&b, "x86_64");
    uint64_t random_at = put_bytes(&b, random, sizeof random);
    size_t auxes = fill_auxiliary(p, s, random_at, name, platform_name, aux);
    size_t tail = words * sizeof *vector + auxes * sizeof aux[0];
    b.used = (b.used + 15) & ~15ull;
    if ((b.used + tail) % 16 != 0)
        b.used += 8;
    put_bytes(&b, aux, auxes * sizeof aux[0]);
    *stack_pointer = put_bytes(&b, vector, words * sizeof *vector);
    error = copy_out(*stack_pointer, b.buffer + b.size - b.used, b.used);
out:
    free(b.buffer);
    free(vector);
    return error;
}

static void reset_thread(struct thread *t, const struct start *s, uint64_t stack_pointer)
{
    const char *base = strrchr(s->program.path, '/');

    memset(&t->cpu, 0, sizeof t->cpu);
    t->cpu.regs.rip = s->loader.host >= 0 ? s->loader_base + s->loader.entry : s->program_base + s->program.entry;
    t->cpu.regs.rsp = stack_pointer;
    t->cpu.regs.rflags = 2;
    /* x87 control word and MXCSR as Linux starts programs; XSTATE_BV says that both are there (SDM 1, 13.4). */
    *(uint16_t *)t->cpu.xsave = 0x37f;
    *(uint32_t *)(t->cpu.xsave + 24) = 0x1f80;
    *(uint64_t *)(t->cpu.xsave + 512) = 3;
    t->clear_tid = t->robust_list = 0;
    t->alternate = (stack_t){.ss_flags = SS_DISABLE};
    snprintf(t->name, sizeof t->name, "%.15s", base != NULL ? base + 1 : s->program.path);
}

static int replace(struct thread *t, struct start *s, const struct arguments *a, char *const *envp)
{
    struct process *p = t->process;
    uint64_t stack_pointer = 0;
    int error = map_everything(p, s);

    if (error == 0)
        error = build_stack(p, s, a, envp, &stack_pointer);
    if (error != 0)
        return error;
    pthread_mutex_lock(&p->lock); /* control.c reads it from its own thread */
    free(p->program);
    p->program = strdup(s->program.path);
    pthread_mutex_unlock(&p->lock);
    reset_thread(t, s, stack_pointer);
    family_show(p, t->name); /* before a parent can see by a pipe that the program has started */
    descriptors_close_on_exec(p->descriptors);
    signal_reset_for_exec(p);
    return p->program != NULL ? 0 : -ENOMEM;
}

const char *exec_refusal(int error, bool own_files)
{
    if (error == -ENOEXEC)
        return "it is no program for Linux on x86-64";
    if (error == -ENOENT && own_files)
        return "no such file in the isolate (see --read-only)";
    return error == -EACCES ? "it is a folder, or nobody has the right to execute it (chmod +x)" : strerror(-error);
}

int exec_load(struct thread *t, const struct image *image)
{
    struct arguments a = {0};
    struct start *s = calloc(1, sizeof *s); /* two program-header tables: too large for a thread's stack */
    int error = s == NULL ? -ENOMEM : count_arguments(image, &a);

    if (error == 0) {
        s->program.host = s->loader.host = -1;
        error = find_program(t->process, image->path, &a, &s->program);
        if (error == 0)
            error = find_loader(t->process, s);
        if (error == 0)
            error = process_leave_program(t);
        if (error == 0 && !t->process->moved && replace(t, s, &a, image->envp) != 0)
            process_exit_group(t->process, SIGKILL);
        elf_close(&s->program);
        elf_close(&s->loader);
    }
    arguments_free(&a);
    free(s);
    return error;
}
