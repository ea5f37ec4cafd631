/* Emulated files: which path is what, folders' listings, links; the texts are in procfs_text.c. */
#include "hostvirt/procfs.h"
#include "hostvirt/procfs_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct row {
    const char *path;
    enum emulated_kind kind;
    mode_t mode;
    enum file_kind device;
    const char *constant;
    void (*text)(FILE *out, struct process *p, int number);
    long (*link)(struct process *p, int number, char *to, size_t size);
};

static const struct row rows[] = {
#define TEXT(path, mode, writer) {path, EMULATED_TEXT, S_IFREG | (mode), 0, NULL, text_##writer, NULL},
#define CONSTANT(path, mode, text) {path, EMULATED_TEXT, S_IFREG | (mode), 0, text, NULL, NULL},
#define LINK(path, target) {path, EMULATED_LINK, S_IFLNK | 0777, 0, NULL, NULL, link_##target},
#define DEVICE(path, kind) {path, EMULATED_DEVICE, S_IFCHR | 0666, kind, NULL, NULL, NULL},
#define EMPTY(path) {path, EMULATED_FOLDER, S_IFDIR | 0555, 0, NULL, NULL, NULL},
#include "hostvirt/procfs.def"
#undef TEXT
#undef CONSTANT
#undef LINK
#undef DEVICE
#undef EMPTY
};
#define ROWS (sizeof rows / sizeof rows[0])

/* "/proc/self" stands for the process's own number. */
static void use_self(struct process *p, const char *path, char to[PATH_MAX])
{
    char own[32];
    size_t length = (size_t)snprintf(own, sizeof own, "/proc/%d", p->pid);

    if (strncmp(path, own, length) == 0 && (path[length] == '/' || path[length] == '\0'))
        snprintf(to, PATH_MAX, "/proc/self%s", path + length);
    else
        snprintf(to, PATH_MAX, "%s", path);
}

/* How a path meets a row's: all of it, a folder above it, or not at all. */
enum match { MATCH_NONE, MATCH_ALL, MATCH_ABOVE };

static enum match match_row(const char *path, const char *pattern, int *number, const char **rest)
{
    while (*path != '\0') {
        if (*pattern == '*' && *path >= '0' && *path <= '9') {
            char *end;
            long value = strtol(path, &end, 10);
            if (end - path > 9 || (path[0] == '0' && end - path > 1))
                return MATCH_NONE;
            *number = (int)value;
            path = end;
            pattern++;
        } else if (*path++ != *pattern++) {
            return MATCH_NONE;
        }
    }
    *rest = pattern;
    return *pattern == '\0' ? MATCH_ALL : *pattern == '/' ? MATCH_ABOVE : MATCH_NONE;
}

/* Numbers in a path are things that exist: a descriptor, a thread, a processor, a process. */
static bool number_exists(struct process *p, const char *path, int number)
{
    struct family_process row;

    if (number < 0)
        return true;
    if (strncmp(path, "/proc/self/fd", 13) == 0)
        return descriptor_flags(p, number) >= 0;
    if (strncmp(path, "/sys/", 5) == 0)
        return (unsigned)number < p->monitor->policy->cpus;
    if (strncmp(path, "/proc/self/", 11) != 0)
        return family_look(p, number, &row, NULL);
    pthread_mutex_lock(&p->lock);
    bool found = thread_find(p, number) != NULL;
    pthread_mutex_unlock(&p->lock);
    return found;
}

static uint64_t inode_of(const char *path)
{
    uint64_t hash = 14695981039346656037ull; /* FNV-1a: stable over a run, as programs that compare inodes expect */

    for (; *path != '\0'; path++)
        hash = (hash ^ (unsigned char)*path) * 1099511628211ull;
    return hash >> 16 | 1;
}

bool procfs_find(struct process *p, const char *path, struct emulated *out)
{
    static const char *const trees[] = {"/proc", "/sys", "/dev", "/etc/"};
    char own[PATH_MAX];
    const char *rest;
    bool ours = false;

    *out = (struct emulated){.kind = EMULATED_NONE, .number = -1};
    for (size_t i = 0; i < sizeof trees / sizeof trees[0]; i++)
        ours |= strncmp(path, trees[i], strlen(trees[i])) == 0;
    if (!ours)
        return false;
    if (strcmp(path, "/proc/self") == 0) {
        *out = (struct emulated){EMULATED_LINK, S_IFLNK | 0777, inode_of(path), 0, NULL, -1};
        return true;
    }
    use_self(p, path, own);
    for (size_t i = 0; i < ROWS; i++) {
        int number = -1;
        enum match m = match_row(own, rows[i].path, &number, &rest);
        if (m == MATCH_NONE || !number_exists(p, own, number))
            continue;
        if (m == MATCH_ALL)
            *out = (struct emulated){rows[i].kind, rows[i].mode, inode_of(own), rows[i].device, &rows[i], number};
        else
            *out = (struct emulated){EMULATED_FOLDER, S_IFDIR | 0555, inode_of(own), 0, NULL, number};
        return true;
    }
    return true;
}

int procfs_open(struct process *p, const char *path, const struct emulated *e, int flags)
{
    const struct row *row = e->row;
    char *text = NULL;
    size_t bytes = 0;
    int host = memfd_create(row->path, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    FILE *out = open_memstream(&text, &bytes);

    if (out == NULL || host < 0) {
        int error = -errno;
        if (out != NULL)
            fclose(out);
        free(text);
        if (host >= 0)
            close(host);
        return error;
    }
    if (row->text != NULL)
        row->text(out, p, e->number);
    else
        fputs(row->constant, out);
    int error = fclose(out) != 0 || write(host, text, bytes) != (ssize_t)bytes || lseek(host, 0, SEEK_SET) != 0
                    ? -ENOMEM
                    : 0;
    free(text);
    /* What may be written (oom_score_adj, comm) is taken and has no effect: the copy is this opening's own. */
    if (error == 0 && (e->mode & 0222) == 0)
        fcntl(host, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
    if (error != 0) {
        close(host);
        return error;
    }
    return host;
}

long procfs_link(struct process *p, const char *path, const struct emulated *e, char *to, size_t size)
{
    const struct row *row = e->row;
    char text[PATH_MAX];

    if (row != NULL)
        return row->link(p, e->number, to, size);
    int length = snprintf(text, sizeof text, "%d", p->pid); /* /proc/self */
    if ((size_t)length > size)
        length = (int)size;
    memcpy(to, text, (size_t)length);
    return length;
}

/* The number behind `after` that a '*' stands for in this folder, or -1. */
static int next_number(struct process *p, const char *folder, int after)
{
    int best = -1;

    if (strncmp(folder, "/proc/self/fd", 13) == 0)
        return descriptor_next(p, after + 1);
    if (strncmp(folder, "/sys/", 5) == 0)
        return (unsigned)(after + 1) < p->monitor->policy->cpus ? after + 1 : -1;
    if (strcmp(folder, "/proc") == 0)
        return family_next(p, after);
    pthread_mutex_lock(&p->lock);
    for (const struct thread *t = p->threads; t != NULL; t = t->next)
        if (t->tid > after && (best < 0 || t->tid < best))
            best = t->tid;
    pthread_mutex_unlock(&p->lock);
    return best;
}

/* Has an earlier row already shown this component of the folder? */
static bool shown_before(const char *folder, size_t row, const char *component, size_t length)
{
    const char *rest;
    int number;

    for (size_t i = 0; i < row; i++)
        if (match_row(folder, rows[i].path, &number, &rest) == MATCH_ABOVE &&
            strncmp(rest + 1, component, length) == 0 && (rest[1 + length] == '/' || rest[1 + length] == '\0'))
            return true;
    return false;
}

/* `next` holds the row in its upper half and, in a row of numbers, the last number shown + 1 in its lower. */
bool procfs_entry(struct process *p, const char *path, const struct emulated *e, uint64_t *next, char name[256],
                  unsigned char *type, uint64_t *inode)
{
    char own[PATH_MAX], named[PATH_MAX + 256], whole[PATH_MAX];
    const char *rest;
    int number = -1;

    use_self(p, path, own);
    for (uint64_t i = *next >> 32; i < ROWS; i++, *next = i << 32) {
        if (match_row(own, rows[i].path, &number, &rest) != MATCH_ABOVE)
            continue;
        const char *component = rest + 1, *star;
        size_t length = strcspn(component, "/");
        if (shown_before(own, i, component, length))
            continue;
        star = memchr(component, '*', length);
        if (star != NULL) {
            int found = next_number(p, own, (int)(*next & INT_MAX) - 1);
            if (found < 0)
                continue;
            snprintf(name, 256, "%.*s%d", (int)(star - component), component, found);
            *next = i << 32 | (uint32_t)(found + 1);
        } else {
            snprintf(name, 256, "%.*s", (int)length, component);
            *next = (i + 1) << 32;
        }
        bool last = component[length] == '\0';
        *type = !last ? DT_DIR : (unsigned char)IFTODT(rows[i].mode);
        if (strcmp(own, "/proc") == 0 && strcmp(name, "self") == 0)
            *type = DT_LNK;
        snprintf(named, sizeof named, "%s/%s", own, name);
        use_self(p, named, whole); /* as procfs_find sees it */
        *inode = inode_of(whole);
        return true;
    }
    return false;
}
