/* The user's folders of what can be made again. */
#include "isolate/user_folder.h"

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
