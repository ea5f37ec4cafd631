/* The user's folders of what can be made again. */
#include "isolate/user_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int user_folder_cannot(const char *purpose, const char *what, const char *path, int error, char *reason, size_t bytes)
{
    snprintf(reason, bytes, "cannot %s %.200s for %s: %s; XDG_CACHE_HOME=FOLDER chooses another place", what, path,
             purpose, strerror(-error));
    return error == -ENOENT ? -EIO : error; /* -ENOENT is an image that is not there */
}

static char *path_of(const char *name, const char *purpose, char *reason, size_t bytes)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    char *path = NULL;
    int length = cache != NULL && cache[0] == '/' ? asprintf(&path, "%s/cloister/%s", cache, name)
                 : home != NULL && home[0] == '/' ? asprintf(&path, "%s/.cache/cloister/%s", home, name)
                                                  : 0;

    if (length > 0)
        return path;
    if (length < 0)
        snprintf(reason, bytes, "out of memory");
    else
        snprintf(reason, bytes, "neither XDG_CACHE_HOME nor HOME names a folder for %s: set one of them", purpose);
    return NULL;
}

/* Made with its parents; others must not be able to look into it. */
static int open_own(char *path, const char *purpose, char *reason, size_t bytes)
{
    struct stat status;
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    for (char *slash = strchr(path + 1, '/'); folder < 0 && slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int made = mkdir(path, 0700);
        if (made != 0 && errno != EEXIST)
            return user_folder_cannot(purpose, "make", path, -errno, reason, bytes);
        *slash = '/';
    }
    if (folder < 0 && mkdir(path, 0700) != 0 && errno != EEXIST)
        return user_folder_cannot(purpose, "make", path, -errno, reason, bytes);
    if (folder < 0)
        folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0 || fstat(folder, &status) != 0)
        return user_folder_cannot(purpose, "open", path, -errno, reason, bytes);
    if (status.st_uid == geteuid() && (status.st_mode & 077) == 0)
        return folder;
    close(folder);
    snprintf(reason, bytes,
             "%.200s is open to other users: make it yours alone (chmod 700) or choose another place with "
             "XDG_CACHE_HOME=FOLDER",
             path);
    return -EPERM;
}

int user_folder_open(const char *name, const char *purpose, char **path, char *reason, size_t bytes)
{
    *path = path_of(name, purpose, reason, bytes);
    if (*path == NULL)
        return -EINVAL;
    int folder = open_own(*path, purpose, reason, bytes);
    if (folder < 0) {
        free(*path);
        *path = NULL;
    }
    return folder;
}

/* ---- what lies in one -------------------------------------------------------------------------------------------- */

bool user_folder_owns(int folder, const char *name)
{
    struct stat s;

    return fstatat(folder, name, &s, AT_SYMLINK_NOFOLLOW) == 0 && (S_ISREG(s.st_mode) || S_ISDIR(s.st_mode)) &&
           s.st_uid == geteuid() && (s.st_mode & 077) == 0;
}

int user_folder_remove(int folder, const char *name)
{
    int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *files = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *e;

    while (files != NULL && (e = readdir(files)) != NULL)
        unlinkat(fd, e->d_name, 0); /* "." and "..": refused */
    if (files != NULL)
        closedir(files);
    else if (fd >= 0)
        close(fd);
    return unlinkat(folder, name, fd >= 0 ? AT_REMOVEDIR : 0) == 0 ? 0 : -errno;
}

enum { NAME_BYTES = 128, RECORD_MOST = 16 << 20 /* bytes: images name up to thousands of jars */ };

/* At one go, where json_loadfd would read byte after byte. */
static json_t *read_record(int fd, off_t size)
{
    char *text = size <= RECORD_MOST ? malloc((size_t)size + 1) : NULL;
    ssize_t n = text != NULL ? read(fd, text, (size_t)size) : -1;
    json_t *record = n >= 0 ? json_loadb(text, (size_t)n, 0, NULL) : NULL;

    free(text);
    return record;
}

json_t *user_folder_record(int folder, const char *name, struct stat *status)
{
    char file[NAME_BYTES];
    struct stat s;

    snprintf(file, sizeof file, "%s" USER_RECORD, name);
    int fd = openat(folder, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    json_t *record = fd >= 0 && fstat(fd, &s) == 0 && S_ISREG(s.st_mode) ? read_record(fd, s.st_size) : NULL;
    if (fd >= 0)
        close(fd);
    if (record != NULL && !json_is_object(record)) {
        json_decref(record);
        record = NULL;
    }
    if (record != NULL && status != NULL)
        *status = s;
    return record;
}

int user_folder_write_record(int folder, const char *name, const json_t *record)
{
    const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;
    char file[NAME_BYTES], fresh[NAME_BYTES];

    snprintf(file, sizeof file, "%s" USER_RECORD, name);
    snprintf(fresh, sizeof fresh, ".%.64s.%d.new", name, (int)getpid());
    int fd = openat(folder, fresh, flags, 0600), error = fd < 0 ? -errno : 0;
    if (error == 0 && json_dumpfd(record, fd, JSON_INDENT(2) | JSON_ENSURE_ASCII) != 0)
        error = errno != 0 ? -errno : -EIO;
    if (fd >= 0 && close(fd) != 0 && error == 0)
        error = -errno;
    if (error == 0 && renameat(folder, fresh, folder, file) != 0)
        error = -errno;
    if (error != 0)
        unlinkat(folder, fresh, 0);
    return error;
}

void user_folder_remove_record(int folder, const char *name)
{
    char file[NAME_BYTES];

    snprintf(file, sizeof file, "%s" USER_RECORD, name);
    unlinkat(folder, file, 0);
}

void user_folder_used(int folder, const char *name)
{
    char file[NAME_BYTES];

    snprintf(file, sizeof file, "%s" USER_RECORD, name);
    utimensat(folder, file, NULL, AT_SYMLINK_NOFOLLOW);
}
