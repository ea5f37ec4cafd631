/* Groups are folders cloister-PID.  Nobody can remove the group that it is in, so an isolate leaves its own behind,
 * also after a kill -9, and each start removes those that are empty: the kernel refuses the others. */
#include "hostvirt/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GROUP_PREFIX "cloister-"
enum { TRIES = 8 /* another start may take an empty group away before it is entered */ };

static const char without[] = "or leave --cpu-weight and --cpu-max out";

/* ---- where this process is --------------------------------------------------------------------------------------- */

static bool next_line(const char **text, char *line, size_t size)
{
    size_t length = strcspn(*text, "\n");

    if (**text == '\0')
        return false;
    snprintf(line, size, "%.*s", (int)(length < size ? length : size - 1), *text);
    *text += length + ((*text)[length] == '\n');
    return true;
}

/* proc(5): "36 35 98:0 ROOT PLACE rw,... optional... - cgroup2 cgroup2 rw": the root of the first cgroup2 and its
 * place. */
static bool mounted_at(const char *mounts, char *root, char *place, size_t size)
{
    char line[2048], format[64];

    snprintf(format, sizeof format, "%%*s %%*s %%*s %%%zus %%%zus", size - 1, size - 1);
    while (next_line(&mounts, line, sizeof line))
        if (strstr(line, " - cgroup2 ") != NULL && sscanf(line, format, root, place) == 2)
            return true;
    return false;
}

/* The line "0::/PATH". */
static bool path_in_tree(const char *own, char *path, size_t size)
{
    char line[2048];

    while (next_line(&own, line, sizeof line))
        if (strncmp(line, "0::/", 4) == 0) {
            snprintf(path, size, "%s", line + 3);
            return true;
        }
    return false;
}

char *cgroup_own(const char *mounts, const char *own, char *reason, size_t bytes)
{
    char root[1024], place[1024], path[2048], *out;

    if (!mounted_at(mounts, root, place, sizeof root) || !path_in_tree(own, path, sizeof path)) {
        snprintf(reason, bytes, "there is no cgroup v2 here: mount it, %s", without);
        return NULL;
    }
    size_t shown = strcmp(root, "/") == 0 ? 0 : strlen(root); /* a container sees a part of the tree */
    if (strncmp(path, root, shown) != 0 || (path[shown] != '/' && path[shown] != '\0')) {
        snprintf(reason, bytes,
                 "the cgroup %.200s of this process is not below the one mounted at %.200s: name a folder "
                 "with --cgroup, %s",
                 path, place, without);
        return NULL;
    }
    const char *below = strcmp(path + shown, "/") == 0 ? "" : path + shown;
    if (asprintf(&out, "%s%s", place, below) >= 0)
        return out;
    snprintf(reason, bytes, "out of memory");
    return NULL;
}

static bool read_text(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = 0;
    size_t used = 0;

    while (fd >= 0 && used < size - 1 && (n = read(fd, text + used, size - 1 - used)) > 0)
        used += (size_t)n;
    text[used] = '\0';
    if (fd >= 0)
        close(fd);
    return fd >= 0 && n >= 0;
}

static char *own_folder(char *reason, size_t bytes)
{
    static const size_t size = 1 << 20;
    char *mounts = malloc(size), own[4096], *out = NULL;

    if (mounts == NULL)
        snprintf(reason, bytes, "out of memory");
    else if (!read_text("/proc/self/mountinfo", mounts, size) || !read_text("/proc/self/cgroup", own, sizeof own))
        snprintf(reason, bytes, "cannot read /proc/self/mountinfo and /proc/self/cgroup");
    else
        out = cgroup_own(mounts, own, reason, bytes);
    free(mounts);
    return out;
}

/* ---- a group of its own ------------------------------------------------------------------------------------------ */

static int put(int folder, const char *file, const char *text)
{
    int fd = openat(folder, file, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));
    int error = n < 0 ? -errno : n != (ssize_t)strlen(text) ? -EIO : 0;

    if (fd >= 0)
        close(fd);
    return error;
}

static bool has_word(int folder, const char *file, const char *word)
{
    char text[256];
    int fd = openat(folder, file, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = '\0';
    for (char *rest, *w = strtok_r(text, " \n", &rest); w != NULL; w = strtok_r(NULL, " \n", &rest))
        if (strcmp(w, word) == 0)
            return true;
    return false;
}

static void remove_empty(int folder, const char *but)
{
    int again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *all = again < 0 ? NULL : fdopendir(again);
    struct dirent *e;

    while (all != NULL && (e = readdir(all)) != NULL)
        if (strncmp(e->d_name, GROUP_PREFIX, strlen(GROUP_PREFIX)) == 0 && strcmp(e->d_name, but) != 0)
            unlinkat(folder, e->d_name, AT_REMOVEDIR);
    if (all != NULL)
        closedir(all);
    else if (again >= 0)
        close(again);
}

/* The new group's folder, with this process in it. */
static int enter(int folder, const char *name)
{
    int error = -ENOENT;

    for (unsigned i = 0; i < TRIES && error == -ENOENT; i++) {
        if (mkdirat(folder, name, 0755) != 0 && errno != EEXIST)
            return -errno;
        int group = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        error = group < 0 ? -errno : put(group, "cgroup.procs", "0\n");
        if (error == 0)
            return group;
        if (group >= 0)
            close(group);
    }
    return error;
}

static int set_share(int group, const struct policy *p)
{
    char text[64];
    int error = 0;

    if (p->cpu_weight != 0) {
        snprintf(text, sizeof text, "%u\n", p->cpu_weight);
        error = put(group, "cpu.weight", text);
    }
    if (error == 0 && p->cpu_max != 0) {
        snprintf(text, sizeof text, "%llu %d\n", (unsigned long long)p->cpu_max * CGROUP_PERIOD / 100, CGROUP_PERIOD);
        error = put(group, "cpu.max", text);
    }
    return error;
}

/* The processors' controller is given to groups below once the folder's own processes are out of it, this one. */
static int join(const struct policy *p, int folder, const char *path, char *reason, size_t bytes)
{
    char name[sizeof GROUP_PREFIX + 16];

    if (!has_word(folder, "cgroup.controllers", "cpu")) {
        snprintf(reason, bytes,
                 "the cgroup %.200s has not got the controller 'cpu': start Cloister by 'systemd-run --user "
                 "--scope -p Delegate=yes', name a folder that has it with --cgroup, %s",
                 path, without);
        return -ENOTSUP;
    }
    snprintf(name, sizeof name, GROUP_PREFIX "%d", (int)getpid());
    remove_empty(folder, name);
    int group = enter(folder, name), error = group < 0 ? group : 0;
    if (error == 0 && !has_word(folder, "cgroup.subtree_control", "cpu"))
        error = put(folder, "cgroup.subtree_control", "+cpu\n");
    if (error == 0)
        error = set_share(group, p);
    if (group >= 0)
        close(group);
    if (error == -EBUSY)
        snprintf(reason, bytes, "the cgroup %.200s holds other processes and cannot be divided: name an empty one with "
                 "--cgroup, %s", path, without);
    else if (error != 0)
        snprintf(reason, bytes, "cannot make a cgroup below %.200s: %s; name a folder that is yours with --cgroup, %s",
                 path, strerror(-error), without);
    return error;
}

bool cgroup_offered(char *text, size_t bytes)
{
    char reason[512], *path = own_folder(reason, sizeof reason);
    int folder = path == NULL ? -1 : open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool cpu = folder >= 0 && has_word(folder, "cgroup.controllers", "cpu");
    bool ours = cpu && faccessat(folder, "cgroup.subtree_control", W_OK, AT_EACCESS) == 0;

    snprintf(text, bytes,
             path == NULL ? "not mounted"
             : !cpu       ? "no controller 'cpu' in %.200s"
             : !ours      ? "%.200s is not yours"
                          : "%.200s can be divided",
             path);
    if (folder >= 0)
        close(folder);
    free(path);
    return ours;
}

int cgroup_join(const struct policy *p, char *reason, size_t bytes)
{
    if (p->cpu_weight == 0 && p->cpu_max == 0)
        return 0;
    char *own = p->cgroup == NULL ? own_folder(reason, bytes) : NULL;
    const char *path = p->cgroup != NULL ? p->cgroup : own;
    if (path == NULL)
        return -ENOTSUP;
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), error = folder < 0 ? -errno : 0;
    if (error != 0)
        snprintf(reason, bytes, "cannot open the cgroup %.200s: %s", path, strerror(-error));
    else
        error = join(p, folder, path, reason, bytes);
    if (folder >= 0)
        close(folder);
    free(own);
    return error == -ENOENT ? -ENODEV : error; /* -ENOENT is a program that is not there */
}
