/* The boot class path: patched modules first, then lib/modules, then appended jars and folders.  It does not change
 * once it is open; libzip's archives are not thread-safe, hence a mutex each. */
#include "classloader/bootpath.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#include "classloader/jimage.h"
#include "vm/log.h"

enum { CLASS_SIZE_MAX = 1 << 30 };

struct entry {
    struct entry *next;
    char *module;                        /* of --patch-module, or NULL */
    char *path;
    zip_t *zip;                          /* NULL: a folder */
    pthread_mutex_t lock;                /* zip */
};

struct bootpath {
    struct jimage *image;
    struct entry *patches, *appended;
};

static const char *sentence(const char *path, const char *what)
{
    char *text;
    return asprintf(&text, "%s: %s", path, what) < 0 ? "no memory" : text;
}

static void entry_free(struct entry *e)
{
    if (e->zip)
        zip_discard(e->zip);
    pthread_mutex_destroy(&e->lock);
    free(e->module);
    free(e->path);
    free(e);
}

/* A folder or archive.  NULL without *error: nothing is there, or another kind of file, which are skipped as by
 * HotSpot. */
static struct entry *entry_new(const char *module, const char *path, const char **error)
{
    struct stat st;
    *error = NULL;
    if (stat(path, &st) != 0)
        return NULL;
    struct entry *e = calloc(1, sizeof *e);
    if (!e || !(e->path = strdup(path)) || (module && !(e->module = strdup(module)))) {
        if (e)
            free(e->path);
        free(e);
        *error = "no memory for the boot class path";
        return NULL;
    }
    pthread_mutex_init(&e->lock, NULL);
    if (S_ISDIR(st.st_mode))
        return e;
    int code;
    e->zip = zip_open(path, ZIP_RDONLY, &code);
    if (!e->zip) {
        zip_error_t zip_error;
        zip_error_init_with_code(&zip_error, code);
        if (code == ZIP_ER_MEMORY)
            *error = sentence(path, zip_error_strerror(&zip_error));
        else
            log_warning("%s is left out of the boot class path: %s", path, zip_error_strerror(&zip_error));
        zip_error_fini(&zip_error);
        entry_free(e);
        return NULL;
    }
    return e;
}

/* Adds each part of "a:b:c".  Parts that are absent are skipped, as HotSpot does. */
static bool add_paths(struct entry **list, const char *module, const char *paths, const char **error)
{
    while (*list != NULL)
        list = &(*list)->next;
    while (*paths) {
        size_t length = strcspn(paths, ":");
        if (length > 0) {
            char *path = strndup(paths, length);
            if (!path) {
                *error = "no memory for the boot class path";
                return false;
            }
            struct entry *e = entry_new(module, path, error);
            free(path);
            if (*error)
                return false;
            if (e) {
                *list = e;
                list = &e->next;
            }
        }
        paths += length + (paths[length] == ':');
    }
    return true;
}

static bool add_patches(struct bootpath *b, const struct options *o, const char **error)
{
    for (size_t i = 0; i < o->patch_module_count; i++) {
        const char *text = o->patch_modules[i], *equals = strchr(text, '=');
        if (!equals)
            continue; /* the options parser has refused such */
        char *module = strndup(text, (size_t)(equals - text));
        if (!module) {
            *error = "no memory for the boot class path";
            return false;
        }
        bool ok = add_paths(&b->patches, module, equals + 1, error);
        free(module);
        if (!ok)
            return false;
    }
    return true;
}

/* Cloister's own classes, in the tree beside the class library's. */
static bool add_own(struct bootpath *b, const struct options *o, const char **error)
{
    char *jar;
    if (asprintf(&jar, "%s/lib/cloister.jar", o->java_home ? o->java_home : "") < 0) {
        *error = "no memory for the boot class path";
        return false;
    }
    bool ok = add_paths(&b->appended, NULL, jar, error);
    free(jar);
    return ok;
}

struct bootpath *bootpath_open(const struct options *o, const char **error)
{
    struct bootpath *b = calloc(1, sizeof *b);
    char *modules = NULL;
    *error = NULL;
    if (!b || asprintf(&modules, "%s/lib/modules", o->java_home ? o->java_home : "") < 0) {
        free(b);
        *error = "no memory for the boot class path";
        return NULL;
    }
    b->image = jimage_open(modules, error);
    free(modules);
    if (b->image && add_patches(b, o, error) &&
        (!o->boot_append || add_paths(&b->appended, NULL, o->boot_append, error)) && add_own(b, o, error))
        return b;
    bootpath_close(b);
    return NULL;
}

void bootpath_close(struct bootpath *b)
{
    if (!b)
        return;
    struct entry *lists[2] = { b->patches, b->appended };
    for (int i = 0; i < 2; i++) {
        for (struct entry *e = lists[i], *next; e; e = next) {
            next = e->next;
            entry_free(e);
        }
    }
    jimage_close(b->image);
    free(b);
}

/* ---- Reading */

/* 1, 0, -1 as bootpath_find. */
static int read_file(const char *path, struct bootpath_class *out, const char **error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        if (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG)
            return 0;
        *error = sentence(path, strerror(errno));
        return -1;
    }
    struct stat st;
    uint8_t *bytes = NULL;
    size_t got = 0;
    int result = -1;
    if (fstat(fd, &st) != 0) {
        *error = sentence(path, strerror(errno));
    } else if (!S_ISREG(st.st_mode)) {
        result = 0;
    } else if (st.st_size > CLASS_SIZE_MAX || !(bytes = malloc((size_t)st.st_size + 1))) {
        *error = sentence(path, "too large for a class file");
    } else {
        result = 1;
    }
    while (result == 1 && got < (size_t)st.st_size) {
        ssize_t n = read(fd, bytes + got, (size_t)st.st_size - got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            *error = sentence(path, strerror(errno));
            result = -1;
        }
        if (n <= 0)
            break; /* a file that shrank: the parser will say that it is truncated */
        got += (size_t)n;
    }
    close(fd);
    if (result != 1) {
        free(bytes);
        return result;
    }
    out->bytes = bytes;
    out->length = got;
    return 1;
}

static int read_zip(struct entry *e, const char *name, struct bootpath_class *out, const char **error)
{
    int result = -1;
    zip_stat_t st;
    zip_file_t *file = NULL;
    uint8_t *bytes = NULL;
    pthread_mutex_lock(&e->lock);
    zip_int64_t index = zip_name_locate(e->zip, name, ZIP_FL_ENC_RAW);
    if (index < 0) {
        result = 0;
    } else if (zip_stat_index(e->zip, (zip_uint64_t)index, 0, &st) != 0) {
        *error = sentence(e->path, zip_strerror(e->zip));
    } else if (!(st.valid & ZIP_STAT_SIZE) || st.size > CLASS_SIZE_MAX) {
        *error = sentence(e->path, "an entry is too large for a class file");
    } else if (!(file = zip_fopen_index(e->zip, (zip_uint64_t)index, 0))) {
        *error = sentence(e->path, zip_strerror(e->zip));
    } else if (!(bytes = malloc(st.size + 1))) {
        *error = "no memory for a class of the boot class path";
    } else {
        zip_uint64_t got = 0;
        while (got < st.size) {
            zip_int64_t n = zip_fread(file, bytes + got, st.size - got);
            if (n <= 0)
                break;
            got += (zip_uint64_t)n;
        }
        result = got == st.size ? 1 : -1;
        if (result < 0)
            *error = sentence(e->path, "an entry cannot be read");
    }
    if (file)
        zip_fclose(file);
    pthread_mutex_unlock(&e->lock);
    if (result == 1) {
        out->bytes = bytes;
        out->length = st.size;
    } else {
        free(bytes);
    }
    return result;
}

static int entry_find(struct entry *e, const char *class_name, struct bootpath_class *out, const char **error)
{
    char *name;
    const char *prefix = e->zip ? "" : e->path, *separator = e->zip ? "" : "/";
    if (asprintf(&name, "%s%s%s.class", prefix, separator, class_name) < 0) {
        *error = "no memory for a class of the boot class path";
        return -1;
    }
    int found = e->zip ? read_zip(e, name, out, error) : read_file(name, out, error);
    free(name);
    if (found == 1) {
        out->patched_or_appended = true;
        out->mapped = false;
        snprintf(out->module, sizeof out->module, "%s", e->module ? e->module : "");
        snprintf(out->location, sizeof out->location, "%s", e->path);
    }
    return found;
}

static int image_find(struct bootpath *b, const char *module, const char *package, const char *simple,
                      struct bootpath_class *out, const char **error)
{
    out->bytes = jimage_find(b->image, module, package, simple, "class", &out->length, error);
    if (!out->bytes)
        return *error ? -1 : 0;
    out->mapped = true;
    out->patched_or_appended = false;
    snprintf(out->module, sizeof out->module, "%s", module);
    snprintf(out->location, sizeof out->location, "jrt:/%s", module);
    return 1;
}

int bootpath_find(struct bootpath *b, const char *class_name, struct bootpath_class *out, const char **error)
{
    char package[1024];
    const char *slash = strrchr(class_name, '/');
    size_t length = slash ? (size_t)(slash - class_name) : 0;
    *error = NULL;
    if (class_name[0] == '/' || strstr(class_name, "../"))
        return 0; /* none may leave a folder */
    bool in_image = length > 0 && length < sizeof package; /* no longer name is in lib/modules */
    memcpy(package, class_name, in_image ? length : 0);
    package[in_image ? length : 0] = 0;
    const char *module = in_image ? jimage_package_module(b->image, package) : NULL;
    /* A patch may add packages that the image lacks (module == NULL), and change those of its own module. */
    int found = 0;
    for (struct entry *e = b->patches; e && found == 0 && length; e = e->next) {
        if (!module || strcmp(module, e->module) == 0)
            found = entry_find(e, class_name, out, error);
    }
    if (found == 0 && module)
        found = image_find(b, module, package, slash + 1, out, error);
    for (struct entry *e = b->appended; e && found == 0; e = e->next)
        found = entry_find(e, class_name, out, error);
    return found;
}
