/* Reader of the jimage container.  Layout: header, redirect table (s4), offsets table (u4), location attributes,
 * strings, resources.  A resource is found by hashing "/module/parent/base.extension" twice (a perfect hash: the first
 * value picks a redirect entry that says where to look or with which seed to hash again). */
#include "classloader/jimage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HASH_SEED = 0x01000193 };
static const uint32_t image_magic = 0xCAFEDADA;
static const uint32_t image_version = 1u << 16; /* 1.0 */

struct header {
    uint32_t magic, version, flags, resource_count, table_length, locations_size, strings_size;
};

enum attribute_kind {
    LOCATION_END, LOCATION_MODULE, LOCATION_PARENT, LOCATION_BASE, LOCATION_EXTENSION, LOCATION_OFFSET,
    LOCATION_COMPRESSED, LOCATION_UNCOMPRESSED, LOCATION_KINDS,
};

struct jimage {
    const uint8_t *map;
    size_t size;
    struct header header;
    const uint8_t *redirect, *offsets, *locations, *resources;
    const char *strings;
    size_t resources_size;
};

struct location {
    uint64_t values[LOCATION_KINDS];
};

static uint32_t read_le4(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static const char *sentence(const char *path, const char *what)
{
    char *text;
    return asprintf(&text, "%s: %s", path, what) < 0 ? "no memory" : text;
}

/* Checks the header and finds the tables.  NULL, or what is wrong. */
static const char *locate_tables(struct jimage *image)
{
    struct header *h = &image->header;
    if (image->size < sizeof *h)
        return "too short for a jimage file";
    memcpy(h, image->map, sizeof *h);
    if (h->magic != image_magic)
        return "not a jimage file of this machine's byte order";
    if (h->version != image_version)
        return "a jimage version other than 1.0";
    uint64_t index_size = sizeof *h + 8 * (uint64_t)h->table_length + h->locations_size + h->strings_size;
    if (h->table_length == 0 || h->locations_size == 0 || h->strings_size == 0 || index_size > image->size)
        return "the jimage tables exceed the file";
    image->redirect = image->map + sizeof *h;
    image->offsets = image->redirect + 4 * (size_t)h->table_length;
    image->locations = image->offsets + 4 * (size_t)h->table_length;
    image->strings = (const char *)image->locations + h->locations_size;
    image->resources = image->map + index_size;
    image->resources_size = image->size - (size_t)index_size;
    if (image->strings[h->strings_size - 1] != 0)
        return "the jimage strings do not end";
    return NULL;
}

/* Lists of packages are behind all classes: a file that was cut off lacks them. */
static const char *check_packages(struct jimage *image)
{
    size_t length;
    const char *wrong;
    if (jimage_find(image, "packages", "", "java.lang", "", &length, &wrong) != NULL)
        return NULL;
    return wrong != NULL ? wrong : "the package java.lang is in no module";
}

struct jimage *jimage_open(const char *path, const char **error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0) {
        *error = sentence(path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    struct jimage *image = calloc(1, sizeof *image);
    bool mappable = S_ISREG(st.st_mode) && st.st_size != 0;
    void *map = mappable ? mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
    close(fd);
    if (!image || map == MAP_FAILED) {
        *error = sentence(path, mappable ? "no memory is left to map it" : "empty, or not a file");
        if (map != MAP_FAILED)
            munmap(map, (size_t)st.st_size);
        free(image);
        return NULL;
    }
    image->map = map;
    image->size = (size_t)st.st_size;
    const char *wrong = locate_tables(image);
    if (!wrong)
        wrong = check_packages(image);
    if (wrong) {
        *error = sentence(path, wrong);
        jimage_close(image);
        return NULL;
    }
    return image;
}

void jimage_close(struct jimage *image)
{
    if (!image)
        return;
    munmap((void *)image->map, image->size);
    free(image);
}

static uint32_t hash_more(uint32_t seed, const char *text)
{
    for (; *text; text++)
        seed = seed * HASH_SEED ^ (uint8_t)*text;
    return seed;
}

/* Parts of a resource's path; empty ones (but for the module) are left out with their separator. */
struct path {
    const char *module, *parent, *base, *extension;
};

static uint32_t hash_path(const struct path *p, uint32_t seed)
{
    if (*p->module)
        seed = hash_more(hash_more(hash_more(seed, "/"), p->module), "/");
    if (*p->parent)
        seed = hash_more(hash_more(seed, p->parent), "/");
    seed = hash_more(seed, p->base);
    if (*p->extension)
        seed = hash_more(hash_more(seed, "."), p->extension);
    return seed & 0x7fffffff;
}

/* Attributes of the location at an offset of the location table.  false: they exceed the table. */
static bool read_location(const struct jimage *image, uint32_t offset, struct location *l)
{
    const uint8_t *p = image->locations + offset, *end = image->locations + image->header.locations_size;
    memset(l, 0, sizeof *l);
    if (offset >= image->header.locations_size)
        return false;
    while (p < end) {
        uint8_t kind = *p >> 3, length = (uint8_t)((*p & 7) + 1);
        if (kind == LOCATION_END)
            return true;
        if (kind >= LOCATION_KINDS || end - p <= length)
            return false;
        uint64_t value = 0;
        for (uint8_t i = 1; i <= length; i++)
            value = value << 8 | p[i];
        l->values[kind] = value;
        p += 1 + length;
    }
    return false;
}

static const char *string_at(const struct jimage *image, uint64_t offset)
{
    return offset < image->header.strings_size ? image->strings + offset : NULL;
}

static bool same(const struct jimage *image, uint64_t offset, const char *text)
{
    const char *s = string_at(image, offset);
    return s && strcmp(s, text) == 0;
}

/* The bytes of a location, or NULL with *error. */
static const uint8_t *resource(const struct jimage *image, const struct location *l, size_t *length, const char **error)
{
    uint64_t offset = l->values[LOCATION_OFFSET], size = l->values[LOCATION_UNCOMPRESSED];
    if (l->values[LOCATION_COMPRESSED] != 0) {
        *error = "lib/modules holds compressed resources (made by jlink --compress), which are not supported";
        return NULL;
    }
    if (offset > image->resources_size || size > image->resources_size - offset) {
        *error = "lib/modules is damaged: a resource lies outside the file";
        return NULL;
    }
    *length = (size_t)size;
    return image->resources + offset;
}

/* Index into the offsets table by perfect hash, or -1. */
static int64_t find_index(const struct jimage *image, const struct path *path)
{
    uint32_t length = image->header.table_length;
    int32_t redirect = (int32_t)read_le4(image->redirect + 4 * (size_t)(hash_path(path, HASH_SEED) % length));
    if (redirect == 0)
        return -1;
    int64_t index = redirect < 0 ? -1 - (int64_t)redirect : hash_path(path, (uint32_t)redirect) % length;
    return index < length ? index : -1;
}

const uint8_t *jimage_find(struct jimage *image, const char *module, const char *parent, const char *base,
                           const char *extension, size_t *length, const char **error)
{
    const struct path path = { module, parent, base, extension };
    struct location l;
    int64_t index = find_index(image, &path);
    *error = NULL;
    if (index < 0)
        return NULL;
    if (!read_location(image, read_le4(image->offsets + 4 * (size_t)index), &l)) {
        *error = "lib/modules is damaged: a location lies outside its table";
        return NULL;
    }
    if (!same(image, l.values[LOCATION_MODULE], module) || !same(image, l.values[LOCATION_PARENT], parent) ||
        !same(image, l.values[LOCATION_BASE], base) || !same(image, l.values[LOCATION_EXTENSION], extension))
        return NULL; /* another path with the same hash */
    return resource(image, &l, length, error);
}

/* "/packages/java.lang" (module "packages", base "java.lang", no extension) holds pairs of u4: is the package empty in
 * the module, offset of the module's name. */
const char *jimage_package_module(struct jimage *image, const char *package)
{
    char name[1024];
    size_t size = strlen(package);
    if (size >= sizeof name)
        return NULL;
    for (size_t i = 0; i <= size; i++)
        name[i] = package[i] == '/' ? '.' : package[i];
    const char *error;
    const uint8_t *p = jimage_find(image, "packages", "", name, "", &size, &error);
    if (!p)
        return NULL;
    for (; size >= 8; p += 8, size -= 8) {
        if (read_le4(p) == 0)
            return string_at(image, read_le4(p + 4));
    }
    return NULL;
}
