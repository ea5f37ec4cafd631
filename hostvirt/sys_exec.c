/* execve and execveat: copies the arguments out of the guest and starts the program (exec.h). */
#include "hostvirt/exec.h"
#include "hostvirt/path.h"
#include "hostvirt/syscall.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STRING_LIMIT (128u << 10) /* of one argument; MAX_ARG_STRLEN, execve(2) */
#define STRINGS_LIMIT (2u << 20)  /* of all; exec.c checks the exact sum */
#define STRINGS_COUNT (STRINGS_LIMIT / sizeof(uint64_t))

struct strings {
    char **list; /* NULL-terminated */
    size_t count, room;
    size_t bytes;
};

static void strings_free(struct strings *s)
{
    for (size_t i = 0; i < s->count; i++)
        free(s->list[i]);
    free(s->list);
}

static int strings_add(struct strings *s, char *text)
{
    if (s->count + 2 > s->room) {
        size_t room = s->room ? 2 * s->room : 32;
        char **list = reallocarray(s->list, room, sizeof *list);
        if (list == NULL)
            return -ENOMEM;
        s->list = list;
        s->room = room;
    }
    s->list[s->count++] = text;
    s->list[s->count] = NULL;
    return 0;
}

static int copy_one(struct strings *s, uint64_t from, char *buffer)
{
    long length = copy_string(buffer, from, STRING_LIMIT);

    if (length < 0)
        return length == -ENAMETOOLONG ? -E2BIG : (int)length;
    s->bytes += (size_t)length + 1 + sizeof(uint64_t);
    if (s->bytes > STRINGS_LIMIT)
        return -E2BIG;
    char *text = strdup(buffer);
    int error = text == NULL ? -ENOMEM : strings_add(s, text);
    if (error != 0)
        free(text);
    return error;
}

/* Each pointer and each string is copied once.  A null list is empty, as in Linux. */
static int copy_strings(struct strings *s, uint64_t from, char *buffer)
{
    int error = strings_add(s, NULL);

    s->count = 0;
    for (uint64_t i = 0; error == 0 && from != 0; i++) {
        uint64_t string;
        if (i == STRINGS_COUNT)
            return -E2BIG;
        if ((error = copy_in(&string, from + i * sizeof string, sizeof string)) != 0 || string == 0)
            return error;
        error = copy_one(s, string, buffer);
    }
    return error;
}

static int64_t execute(struct thread *t, const char *path, uint64_t argv, uint64_t envp)
{
    struct strings arguments = {0}, environment = {0};
    char *buffer = malloc(STRING_LIMIT);
    int error = buffer == NULL ? -ENOMEM : copy_strings(&arguments, argv, buffer);

    if (error == 0)
        error = copy_strings(&environment, envp, buffer);
    free(buffer);
    if (error == 0 && arguments.count == 0) { /* Linux 5.18 and later: an empty name instead of none */
        char *empty = strdup("");
        error = empty == NULL ? -ENOMEM : strings_add(&arguments, empty);
    }
    if (error == 0)
        error = exec_load(t, &(struct image){path, arguments.list, environment.list});
    strings_free(&arguments);
    strings_free(&environment);
    return error != 0 ? error : SYS_NO_RESULT;
}

SYSCALL(execve)
{
    char path[PATH_MAX];
    long length = copy_string(path, c->arg[0], sizeof path);

    return length < 0 ? length : execute(t, path, c->arg[1], c->arg[2]);
}

/* AT_SYMLINK_NOFOLLOW: a program that is reached by a link is refused. */
static int check_no_link(struct process *p, int dirfd, const char *path)
{
    struct place pl;
    int error = place_find_text(p, dirfd, path, 0, &pl);

    if (error != 0)
        return error;
    bool link = S_ISLNK(pl.status.st_mode);
    place_release(&pl);
    return link ? -ELOOP : 0;
}

/* The program's name is what scripts and AT_EXECFN show, as in Linux: /dev/fd/N, or a path behind it (execveat(2)). */
SYSCALL(execveat)
{
    char path[PATH_MAX], name[PATH_MAX + 32];
    int dirfd = arg_int(c, 0), flags = arg_int(c, 4);
    long length = copy_string(path, c->arg[1], sizeof path);

    if (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
        return -EINVAL;
    if (length <= 0 && !(length == 0 && (flags & AT_EMPTY_PATH)))
        return length < 0 ? length : -ENOENT;
    int error = length > 0 && (flags & AT_SYMLINK_NOFOLLOW) ? check_no_link(t->process, dirfd, path) : 0;
    if (error != 0)
        return error;
    if (path[0] == '/' || (dirfd == AT_FDCWD && length > 0))
        return execute(t, path, c->arg[2], c->arg[3]);
    int own = dirfd == AT_FDCWD ? -EACCES : descriptor_flags(t->process, dirfd); /* a folder is no program */
    if (own < 0)
        return own;
    snprintf(name, sizeof name, length > 0 ? "/dev/fd/%d/%s" : "/dev/fd/%d", dirfd, path);
    return execute(t, name, c->arg[2], c->arg[3]);
}
