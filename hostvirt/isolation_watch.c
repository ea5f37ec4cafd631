/* What the processes of an isolate without a VM use, read from their /proc (proc(5): PID/stat, PID/status).  Children
 * that end between two looks and that nobody waits for are not seen: docs/threat-model.md. */
#include "hostvirt/isolation_private.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct seen {
    pid_t pid, parent;
    bool inside;
    struct isolation_use use;
};

struct list {
    struct seen *list;
    size_t count, room;
};

static ssize_t read_file(int proc, pid_t pid, const char *name, char *text, size_t bytes)
{
    char path[64];

    snprintf(path, sizeof path, "%d/%s", (int)pid, name);
    int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    ssize_t got = read(fd, text, bytes - 1);
    close(fd);
    text[got > 0 ? got : 0] = '\0';
    return got;
}

static uint64_t kilobytes(const char *status, const char *name)
{
    const char *line = strstr(status, name);

    return line != NULL ? strtoull(line + strlen(name), NULL, 10) << 10 : 0;
}

/* False when the process has gone meanwhile. */
static bool read_one(int proc, pid_t pid, struct seen *s)
{
    unsigned long user, system;
    long waited_user, waited_system, threads;
    char text[4096], state;

    *s = (struct seen){.pid = pid};
    if (read_file(proc, pid, "stat", text, sizeof text) <= 0)
        return false;
    const char *rest = strrchr(text, ')'); /* the name before it may hold anything */
    if (rest == NULL || sscanf(rest + 1, " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %ld %ld %*d %*d %ld",
                               &state, &s->parent, &user, &system, &waited_user, &waited_system, &threads) != 7)
        return false;
    uint64_t ticks = user + system + (uint64_t)waited_user + (uint64_t)waited_system;
    s->use.cpu_time = ticks * (1000000000ull / (uint64_t)sysconf(_SC_CLK_TCK));
    s->use.threads = threads > 0 && state != 'Z' ? (unsigned)threads : 0;
    if (read_file(proc, pid, "status", text, sizeof text) > 0)
        s->use.memory = kilobytes(text, "\nRssAnon:") + kilobytes(text, "\nRssShmem:");
    return true;
}

static int add(struct list *l, int proc, pid_t pid)
{
    if (l->count == l->room) {
        size_t room = l->room != 0 ? 2 * l->room : 64;
        struct seen *longer = reallocarray(l->list, room, sizeof *longer);
        if (longer == NULL)
            return -ENOMEM;
        l->list = longer;
        l->room = room;
    }
    if (read_one(proc, pid, &l->list[l->count]))
        l->count++;
    return 0;
}

static int read_all(int proc, struct list *l)
{
    int own = openat(proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = own >= 0 ? fdopendir(own) : NULL;
    const struct dirent *e;
    int error = 0;

    if (folder == NULL) {
        error = -errno;
        if (own >= 0)
            close(own);
        return error;
    }
    while (error == 0 && (e = readdir(folder)) != NULL)
        if (isdigit((unsigned char)e->d_name[0]))
            error = add(l, proc, (pid_t)atoi(e->d_name));
    closedir(folder);
    return error;
}

/* Marks the descendants of `root`: as often as there are generations. */
static void mark_tree(struct list *l, pid_t root)
{
    bool more = true;

    for (size_t i = 0; i < l->count; i++)
        l->list[i].inside = root == 0 || l->list[i].pid == root;
    while (more && root != 0) {
        more = false;
        for (size_t i = 0; i < l->count; i++)
            for (size_t k = 0; k < l->count && !l->list[i].inside; k++)
                if (l->list[k].inside && l->list[i].parent == l->list[k].pid)
                    more = l->list[i].inside = true;
    }
}

int isolation_look(int proc, pid_t root, bool kill_them, struct isolation_use *use)
{
    struct list l = {0};
    int error = read_all(proc, &l);

    *use = (struct isolation_use){0};
    mark_tree(&l, root);
    for (size_t i = 0; i < l.count; i++) {
        const struct seen *s = &l.list[i];
        if (!s->inside)
            continue;
        use->cpu_time += s->use.cpu_time;
        if (s->pid == root) /* the caller itself: only what its children used, who ended */
            continue;
        use->memory += s->use.memory;
        use->threads += s->use.threads;
        if (kill_them)
            kill(s->pid, SIGKILL);
    }
    free(l.list);
    return error;
}
