/* The JAVA_HOME tree around the command, and its mounts. */
#include "isolate/runtime.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Strips so many components; false: there are not as many. */
static bool strip(char *path, int components)
{
    while (components-- > 0) {
        char *slash = strrchr(path, '/');
        if (slash == NULL || slash == path)
            return false;
        *slash = '\0';
    }
    return true;
}

static FILE *open_below(const char *home, const char *name)
{
    char path[PATH_MAX + 32];

    snprintf(path, sizeof path, "%s/%s", home, name);
    return fopen(path, "re");
}

/* JAVA_VERSION="17.0.2" and JAVA_RUNTIME_VERSION="..." of the file `release`. */
static void read_release(struct runtime *r)
{
    FILE *f = open_below(r->home, "release");
    char line[512];

    while (f != NULL && (r->java == 0 || r->jdk[0] == '\0') && fgets(line, sizeof line, f) != NULL)
        if (sscanf(line, "JAVA_VERSION=\"%u", &r->java) != 1)
            sscanf(line, "JAVA_RUNTIME_VERSION=\"%63[^\"\n]", r->jdk);
    if (f != NULL)
        fclose(f);
    f = open_below(r->home, "lib/cloister.build");
    if (f != NULL && fscanf(f, "%64[0-9a-f]", r->build) != 1)
        r->build[0] = '\0';
    if (f != NULL)
        fclose(f);
}

int runtime_find(struct runtime *r, char *reason, size_t bytes)
{
    char java[PATH_MAX + 16];
    ssize_t length = readlink("/proc/self/exe", r->home, sizeof r->home - 1);

    r->java = 0;
    r->jdk[0] = r->build[0] = '\0';
    if (length > 0) {
        r->home[length] = '\0';
        if (strip(r->home, 2)) {
            snprintf(java, sizeof java, "%s/bin/java", r->home);
            if (access(java, X_OK) == 0)
                read_release(r);
        }
    }
    if (r->java != 0)
        return 0;
    snprintf(reason, bytes,
             "Java programs need the VM that belongs to this command, and there is none beside it: use the "
             "bin/cloister of a whole installation");
    return -ENOTSUP;
}

int runtime_suffices(const struct runtime *r, unsigned java, const char *vm, char *reason, size_t bytes)
{
    unsigned major = 0, minor = 0, own_major = 0, own_minor = 0;

    sscanf(vm, "%u.%u", &major, &minor);
    sscanf(CLOISTER_VERSION, "%u.%u", &own_major, &own_minor);
    if (java > r->java)
        snprintf(reason, bytes,
                 "it needs Java %u, and this cloister has Java %u: build it again here, or use a cloister "
                 "with that one",
                 java, r->java);
    else if (major > own_major || (major == own_major && minor > own_minor))
        snprintf(reason, bytes,
                 "it needs version %.20s of Cloister's VM, and this is " CLOISTER_VERSION ": use that one, or "
                 "build it again here",
                 vm);
    else
        return 0;
    return -ENOTSUP;
}

/* ---- mounts --------------------------------------------------------------------------------------------------- */

/* Shows a place of this machine under its own name, unless it is there already. */
static int show(struct policy *p, const char *path, char *reason, size_t bytes)
{
    char *guest = policy_guest_path(p, path);
    bool there = guest != NULL && strcmp(guest, path) == 0;

    free(guest);
    return there || access(path, F_OK) != 0 ? 0 : policy_add_mount(p, MOUNT_READ_ONLY, path, reason, bytes);
}

/* What the JDK and its libraries are, when the isolate has not this machine's /usr. */
static int show_system(struct policy *p, char *reason, size_t bytes)
{
    static const char *const places[] = {
        "/lib", "/lib64", "/usr/lib", "/etc/ld.so.cache", "/etc/localtime", "/etc/ssl/certs", "/etc/java-17-openjdk",
    };
    int error = 0;

    for (size_t i = 0; i < sizeof places / sizeof places[0] && error == 0; i++)
        error = show(p, places[i], reason, bytes);
    return error;
}

/* The JDK whose class library the tree's links lead to. */
static int show_jdk(const struct runtime *r, struct policy *p, char *reason, size_t bytes)
{
    char path[PATH_MAX + 16];

    snprintf(path, sizeof path, "%s/lib/modules", r->home);
    char *jdk = realpath(path, NULL);
    if (jdk == NULL || !strip(jdk, 2)) {
        snprintf(reason, bytes, "cannot find the JDK that %.200s leads to: %s", path, strerror(errno));
        free(jdk);
        return -ENOENT;
    }
    bool base = p->system_base && strncmp(jdk, "/usr/", 5) == 0;
    int error = base ? 0 : show(p, jdk, reason, bytes);
    free(jdk);
    return error;
}

int runtime_mount(const struct runtime *r, struct policy *p, char **place, char *reason, size_t bytes)
{
    char *value = NULL;
    int error = 0;

    /* A whole file system that the user shows leaves no place for another folder. */
    *place = p->isolation == ISOLATION_NONE ? strdup(r->home) : policy_guest_path(p, r->home);
    if (*place == NULL) {
        *place = strdup(RUNTIME_PLACE);
        if (asprintf(&value, "%s:" RUNTIME_PLACE, r->home) < 0 || *place == NULL) {
            snprintf(reason, bytes, "out of memory");
            return -ENOMEM;
        }
        error = policy_add_mount(p, MOUNT_READ_ONLY, value, reason, bytes);
        free(value);
    }
    if (error == 0 && p->isolation != ISOLATION_NONE)
        error = show_jdk(r, p, reason, bytes);
    if (error == 0 && p->isolation != ISOLATION_NONE && !p->system_base)
        error = show_system(p, reason, bytes);
    return error;
}
