/* Zip archives, through libzip. */
#include "isolate/archive.h"
#include "isolate/content.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#define LIBRARY "libzip.so.4"
#define BLOCK (64 << 10)
/* 1 January 2020, as MS-DOS writes it (APPNOTE.TXT 4.4.6): of every entry. */
enum { FIXED_DATE = (2020 - 1980) << 9 | 1 << 5 | 1, FIXED_MODE = 0100644 };

#define FUNCTIONS(X)                                                                                                   \
    X(zip_open)                                                                                                        \
    X(zip_close) X(zip_discard) X(zip_strerror) X(zip_get_error) X(zip_error_code_system) X(zip_error_init_with_code)  \
        X(zip_error_strerror) X(zip_error_fini) X(zip_get_num_entries) X(zip_stat_index) X(zip_name_locate)            \
            X(zip_fopen_index) X(zip_fread) X(zip_fclose) X(zip_source_buffer) X(zip_source_file) X(zip_source_free)   \
                X(zip_file_add) X(zip_set_file_compression) X(zip_file_set_dostime)                                    \
                    X(zip_file_set_external_attributes)

struct library {
    void *handle;
#define X(name) __typeof__(&name) name;
    FUNCTIONS(X)
#undef X
};

struct archive {
    zip_t *zip;
    char *path; /* as the user named it */
};

/* One per process, as what dlopen gives; set once, before there are threads that use archives. */
static struct library library;

static int load(char *reason, size_t bytes)
{
    const char *missing = NULL;

    if (library.handle != NULL)
        return 0;
    void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
#define X(function)                                                                                                    \
    if (handle != NULL && (library.function = (__typeof__(library.function))dlsym(handle, #function)) == NULL)         \
        missing = #function;
    FUNCTIONS(X)
#undef X
    if (handle != NULL && missing == NULL) {
        library.handle = handle;
        return 0;
    }
    snprintf(reason, bytes, "images and jars need %s (Debian: libzip4)%s%s", LIBRARY,
             missing != NULL ? ", and this one lacks " : "", missing != NULL ? missing : "");
    return -ENOENT;
}

/* ---- reading -------------------------------------------------------------------------------------------------- */

bool archive_begins(const char *path)
{
    static const char local[] = "PK\3\4", end[] = "PK\5\6";
    char start[4];
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool is = fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && read(fd, start, 4) == 4 &&
              (memcmp(start, local, 4) == 0 || memcmp(start, end, 4) == 0);

    if (fd >= 0)
        close(fd);
    return is;
}

static int cannot_open(const char *path, int code, char *reason, size_t bytes)
{
    int system = errno;

    if (code == ZIP_ER_NOENT)
        snprintf(reason, bytes, "cannot open %.200s: %s", path, strerror(ENOENT));
    else if (code == ZIP_ER_OPEN || code == ZIP_ER_READ)
        snprintf(reason, bytes, "cannot read %.200s: %s", path, strerror(system));
    else
        snprintf(reason, bytes,
                 "%.200s is no whole zip archive: it is of another kind or was cut off; copy or build it "
                 "again",
                 path);
    return code == ZIP_ER_NOENT ? -ENOENT : code == ZIP_ER_OPEN || code == ZIP_ER_READ ? -EIO : -EBADMSG;
}

int archive_open(struct archive **out, const char *path, char *reason, size_t bytes)
{
    int code = 0, error = load(reason, bytes);
    struct stat status;

    *out = NULL;
    if (error != 0)
        return error;
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) { /* libzip waits for pipes */
        snprintf(reason, bytes, "%.200s is no file", path);
        return -EINVAL;
    }
    zip_t *zip = library.zip_open(path, ZIP_RDONLY, &code);
    if (zip == NULL)
        return cannot_open(path, code, reason, bytes);
    struct archive *a = malloc(sizeof *a);
    if (a != NULL)
        *a = (struct archive){zip, strdup(path)};
    if (a == NULL || a->path == NULL) {
        library.zip_discard(zip);
        free(a);
        snprintf(reason, bytes, "out of memory");
        return -ENOMEM;
    }
    *out = a;
    return 0;
}

void archive_close(struct archive *a)
{
    if (a == NULL)
        return;
    library.zip_discard(a->zip);
    free(a->path);
    free(a);
}

uint64_t archive_count(const struct archive *a)
{
    zip_int64_t count = library.zip_get_num_entries(a->zip, 0);

    return count > 0 ? (uint64_t)count : 0;
}

static int damaged(const struct archive *a, const char *name, char *reason, size_t bytes)
{
    snprintf(reason, bytes, "%.200s is damaged at %.100s: copy or build it again", a->path, name);
    return -EBADMSG;
}

int archive_entry(struct archive *a, uint64_t index, struct archive_entry *out, char *reason, size_t bytes)
{
    const zip_uint64_t needed = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE;
    zip_stat_t status = {0};

    if (library.zip_stat_index(a->zip, index, 0, &status) != 0 || (status.valid & needed) != needed)
        return damaged(a, "its directory", reason, bytes);
    *out = (struct archive_entry){status.name, index, status.size, status.comp_size};
    return 0;
}

bool archive_find(struct archive *a, const char *name, struct archive_entry *out)
{
    char unused[8];
    zip_int64_t index = library.zip_name_locate(a->zip, name, ZIP_FL_ENC_RAW);

    return index >= 0 && archive_entry(a, (uint64_t)index, out, unused, sizeof unused) == 0;
}

int archive_read(struct archive *a, const struct archive_entry *e, archive_take *take, void *to, char *reason,
                 size_t bytes)
{
    zip_file_t *file = library.zip_fopen_index(a->zip, e->index, 0);
    uint8_t *block = malloc(BLOCK);
    uint64_t got = 0;
    zip_int64_t n = -1;
    int error = block == NULL ? -ENOMEM : 0;

    while (error == 0 && file != NULL && (n = library.zip_fread(file, block, BLOCK)) > 0 && n <= BLOCK) {
        got += (uint64_t)n;
        if (got > e->size)
            break;
        error = take(to, block, (size_t)n);
    }
    free(block);
    if (file != NULL)
        library.zip_fclose(file);
    return error != 0 ? error : n != 0 || got != e->size ? damaged(a, e->name, reason, bytes) : 0;
}

struct text {
    char *bytes;
    size_t used;
};

static int append(void *to, const void *block, size_t length)
{
    struct text *t = to;

    memcpy(t->bytes + t->used, block, length); /* archive_read gives no more than e->size */
    t->used += length;
    return 0;
}

int archive_text(struct archive *a, const struct archive_entry *e, uint64_t most, char **text, size_t *length,
                 char *reason, size_t bytes)
{
    struct text t = {0};

    *text = NULL;
    if (e->size > most) {
        snprintf(reason, bytes, "%.200s: %.100s has more than %llu bytes", a->path, e->name, (unsigned long long)most);
        return -EFBIG;
    }
    t.bytes = malloc((size_t)e->size + 1);
    if (t.bytes == NULL) {
        snprintf(reason, bytes, "out of memory");
        return -ENOMEM;
    }
    int error = archive_read(a, e, append, &t, reason, bytes);
    if (error != 0) {
        free(t.bytes);
        return error;
    }
    t.bytes[t.used] = '\0';
    *text = t.bytes;
    *length = t.used;
    return 0;
}

/* ---- writing -------------------------------------------------------------------------------------------------- */

static bool add(zip_t *zip, const struct archive_source *s, zip_int32_t method)
{
    zip_source_t *source = s->text != NULL ? library.zip_source_buffer(zip, s->text, strlen(s->text), 0)
                                           : library.zip_source_file(zip, s->file, 0, -1);
    zip_int64_t index =
        source != NULL ? library.zip_file_add(zip, s->name, source, ZIP_FL_ENC_UTF_8 | ZIP_FL_OVERWRITE) : -1;

    if (index < 0) {
        if (source != NULL)
            library.zip_source_free(source);
        return false;
    }
    return library.zip_set_file_compression(zip, (zip_uint64_t)index, method, 0) == 0 &&
           library.zip_file_set_dostime(zip, (zip_uint64_t)index, 0, FIXED_DATE, 0) == 0 &&
           library.zip_file_set_external_attributes(zip, (zip_uint64_t)index, 0, ZIP_OPSYS_UNIX,
                                                    (zip_uint32_t)FIXED_MODE << 16) == 0;
}

/* What is to be written: a new archive of sources, or one more entry for that of `base`. */
struct writing {
    const char *base; /* NULL: a new one */
    const struct archive_source *sources;
    size_t count;
    char why[200];
};

static int fill(const char *path, struct writing *w)
{
    int code = 0;
    zip_t *zip = library.zip_open(path, w->base != NULL ? 0 : ZIP_CREATE | ZIP_TRUNCATE, &code);

    if (zip == NULL) {
        zip_error_t error;
        library.zip_error_init_with_code(&error, code);
        snprintf(w->why, sizeof w->why, "%s", library.zip_error_strerror(&error));
        library.zip_error_fini(&error);
        return -EIO;
    }
    bool good = true;
    for (size_t i = 0; i < w->count && good; i++)
        good = add(zip, &w->sources[i], w->base != NULL ? ZIP_CM_DEFLATE : ZIP_CM_STORE);
    if (good && library.zip_close(zip) == 0)
        return 0;
    int system = library.zip_error_code_system(library.zip_get_error(zip));
    snprintf(w->why, sizeof w->why, "%s", system > 0 ? strerror(system) : library.zip_strerror(zip));
    library.zip_discard(zip);
    return -EIO;
}

/* The mode of files that this user makes, or for nobody else; the content and the name on the disk. */
static int settle(const char *written, const char *path, bool private)
{
    mode_t mask = private ? 077 : umask(0);
    char *folder = strdup(path), *slash = folder != NULL ? strrchr(folder, '/') : NULL;
    int fd = open(written, O_RDONLY | O_CLOEXEC), error = 0;

    if (!private)
        umask(mask);
    if (fd < 0 || fchmod(fd, 0666 & ~mask) != 0 || fsync(fd) != 0 || rename(written, path) != 0)
        error = -errno;
    if (fd >= 0)
        close(fd);
    if (slash != NULL)
        slash[slash == folder] = '\0';
    fd = error == 0 && folder != NULL ? open(slash != NULL ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd >= 0) {
        fsync(fd); /* not every file system can; the file itself is on the disk */
        close(fd);
    }
    free(folder);
    return error;
}

/* Beside `path`, under another name until it is whole. */
static int replace(const char *path, struct writing *w, char *reason, size_t bytes)
{
    char *written = NULL;
    int error = load(reason, bytes);

    if (error != 0)
        return error;
    if (asprintf(&written, "%s.XXXXXX", path) < 0) {
        snprintf(reason, bytes, "out of memory");
        return -ENOMEM;
    }
    int fd = mkstemp(written);
    error = fd < 0 ? -errno : 0;
    if (error == 0 && w->base != NULL)
        error = content_copy(w->base, fd);
    if (error == 0)
        error = fill(written, w);
    if (fd >= 0)
        close(fd);
    if (error == 0)
        error = settle(written, path, w->base != NULL);
    if (error != 0) {
        snprintf(reason, bytes, "cannot write %.200s: %s", path, w->why[0] != '\0' ? w->why : strerror(-error));
        if (fd >= 0)
            unlink(written);
    }
    free(written);
    return error;
}

int archive_write(const char *path, const struct archive_source *sources, size_t count, char *reason, size_t bytes)
{
    struct writing w = {.sources = sources, .count = count};

    return replace(path, &w, reason, bytes);
}

int archive_add(const char *path, const struct archive_source *source, char *reason, size_t bytes)
{
    struct writing w = {.sources = source, .count = 1};
    char *file = realpath(path, NULL); /* of a link: the archive itself is replaced */

    if (file == NULL) {
        snprintf(reason, bytes, "cannot find %.200s: %s", path, strerror(errno));
        return -errno;
    }
    w.base = file;
    int error = replace(file, &w, reason, bytes);
    free(file);
    return error;
}
