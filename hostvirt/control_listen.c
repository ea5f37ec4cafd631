/* Names of isolates: sockets NAME.sock in the runtime folder, taken by one living process at a time; and the numbers of
 * clones. */
#include "hostvirt/clock.h"
#include "hostvirt/control_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define BACKLOG 16
#define LOOK_EACH 16 /* starts */
#define LOOKS_AT_DYING 400 /* of 5 ms each: at a monitor that was killed and whose memory is being given back */
#define PATIENCE_SECONDS 2 /* for somebody who holds the name and does not answer */

/* Isolates without a name of their own are called by their process: sockets of those that are gone are removed here,
 * because behind its wall a monitor may not do that itself.  Not by each: where a thousand isolates live, looking at
 * all of them takes longer than a start.  Under the folder's lock. */
static void remove_left_over(int folder)
{
    DIR *listing = clock_host() / 1000 % LOOK_EACH == 0 ? fdopendir(dup(folder)) : NULL;

    if (listing == NULL)
        return;
    rewinddir(listing);
    for (struct dirent *e; (e = readdir(listing)) != NULL;) {
        int pid, end = 0;
        const char *form = e->d_name[0] == '.' ? CONTROL_STANDBY ".sock%n" : "isolate-%d.sock%n";
        if (sscanf(e->d_name, form, &pid, &end) == 1 && end != 0 && e->d_name[end] == '\0' && pid > 0 &&
            kill(pid, 0) != 0 && errno == ESRCH)
            unlinkat(folder, e->d_name, 0);
    }
    closedir(listing);
}

/* Whether somebody answers on a connection.  A monitor that was killed accepts connections until its memory is given
 * back, and then closes them. */
static bool answers(int s)
{
    static const char ping[] = "{\"request\": \"ping\"}\n";
    struct timeval patience = {PATIENCE_SECONDS, 0};
    char byte;

    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (send(s, ping, sizeof ping - 1, MSG_NOSIGNAL) < 0)
        return false;
    ssize_t n = recv(s, &byte, 1, 0);
    return n > 0 || (n < 0 && errno == EAGAIN); /* busy, or just starting */
}

/* Who has the name: true when that is somebody living; the socket of one that was killed is removed.  One that may be
 * about to end has some time for that. */
static bool somebody_has(int folder, const char *name, const char *file, int *error)
{
    const struct timespec pause = {0, 5000000};
    int other = control_connect(folder, name, 0);

    if (other == -ECONNREFUSED && unlinkat(folder, file, 0) != 0 && errno != ENOENT)
        *error = -errno;
    if (other < 0 && other != -EAGAIN)
        return false;
    flock(folder, LOCK_UN);
    bool alive = other >= 0 && answers(other); /* more wait than it takes: it lives, or is about to end */
    if (other >= 0)
        close(other);
    if (!alive)
        nanosleep(&pause, NULL);
    flock(folder, LOCK_EX);
    return alive;
}

/* Calls take(), which refuses by -EADDRINUSE what is there, for `name` until nobody living has it: 0, -EADDRINUSE, or
 * what take() says.  The lock on the folder keeps two from taking each other's new socket for a stale one. */
static int take_name(int folder, const char *name, int (*take)(int folder, const char *file, const void *with),
                     const void *with)
{
    char file[96];
    int error = flock(folder, LOCK_EX) != 0 ? -errno : -EADDRINUSE;

    snprintf(file, sizeof file, "%.70s.sock", name);
    for (unsigned i = 0; i < LOOKS_AT_DYING && error == -EADDRINUSE; i++) {
        error = take(folder, file, with);
        if (error == -EADDRINUSE && somebody_has(folder, name, file, &error))
            break;
    }
    flock(folder, LOCK_UN);
    return error;
}

static int bind_socket(int folder, const char *file, const void *with)
{
    const int *listener = with;
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%.80s", folder, file);
    return bind(*listener, (const struct sockaddr *)&address, sizeof address) != 0 || listen(*listener, BACKLOG) != 0
               ? -errno
               : 0;
}

int control_listen(int folder, const char *name)
{
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (listener < 0)
        return -errno;
    remove_left_over(folder);
    int error = take_name(folder, name, bind_socket, &listener);
    if (error == 0)
        return listener;
    close(listener);
    return error;
}

static int rename_socket(int folder, const char *file, const void *with)
{
    int error = renameat2(folder, with, folder, file, RENAME_NOREPLACE) != 0 ? -errno : 0;
    struct stat there;

    if (error == -EINVAL) /* the file system does not know how to; the folder is locked */
        error = fstatat(folder, file, &there, AT_SYMLINK_NOFOLLOW) == 0 ? -EEXIST
                : renameat(folder, with, folder, file) != 0              ? -errno
                                                                         : 0;
    return error == -EEXIST ? -EADDRINUSE : error;
}

int control_rename(int folder, const char *from, const char *to)
{
    char file[96];

    snprintf(file, sizeof file, "%.70s.sock", from);
    return take_name(folder, to, rename_socket, file);
}

/* A file in the runtime folder holds the last one. */
int control_clone_numbers(unsigned count, uint64_t *first, char *reason, size_t bytes)
{
    char text[32] = "";
    int folder = control_open_folder(reason, bytes);
    int fd = folder >= 0 ? openat(folder, ".clones", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600) : -1;
    bool good = fd >= 0 && flock(fd, LOCK_EX) == 0 && pread(fd, text, sizeof text - 1, 0) >= 0;

    if (good) {
        *first = strtoull(text, NULL, 10) + 1;
        int length = snprintf(text, sizeof text, "%-20llu\n", (unsigned long long)(*first + count - 1));
        good = pwrite(fd, text, (size_t)length, 0) == length;
    }
    if (!good && folder >= 0)
        snprintf(reason, bytes, "cannot number the clones: %s", strerror(errno));
    if (fd >= 0)
        close(fd);
    if (folder >= 0)
        close(folder);
    return good ? 0 : -EIO;
}
