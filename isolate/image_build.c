/* Images of jars: what goes in, and checks that can be made before anything runs. */
#include "isolate/image_build.h"
#include "isolate/archive.h"
#include "isolate/image.h"
#include "isolate/runtime.h"
#include "isolate/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- jars ----------------------------------------------------------------------------------------------------- */

static int collect(struct image_build *b, char *reason, size_t bytes)
{
    int error = jar_class_path(&b->jars, &b->missing, b->jar, reason, bytes);
    struct stat status;

    if (error == 0 && b->class_path != NULL)
        error = jar_class_paths(&b->jars, &b->missing, b->class_path, reason, bytes);
    for (size_t i = 0; error == 0 && i < b->jars.count; i++)
        if (stat(b->jars.items[i], &status) != 0 || !S_ISREG(status.st_mode)) {
            snprintf(reason, bytes,
                     "%.200s is no jar; an image holds jars (jar --create --file NAME.jar -C FOLDER . makes "
                     "one of a folder)",
                     b->jars.items[i]);
            error = -EINVAL;
        }
    return error;
}

/* lib/NAME.jar for a jar, by its own name where that is free. */
static char *entry_for(const struct manifest *m, const char *jar)
{
    const char *name = strrchr(jar, '/') + 1, *end = strrchr(name, '.');
    int stem = end != NULL && end != name ? (int)(end - name) : (int)strlen(name);
    char *entry = NULL;

    for (unsigned number = 1; number == 1 || (entry != NULL && texts_have(&m->class_path, entry)); number++) {
        free(entry);
        int length = number == 1 ? asprintf(&entry, IMAGE_LIB "%s", name)
                                 : asprintf(&entry, IMAGE_LIB "%.*s-%u%s", stem, name, number, name + stem);
        if (length < 0)
            return NULL;
        char *own = entry + strlen(IMAGE_LIB);
        own[0] = own[0] == '.' ? '_' : own[0];
        for (char *c = own; *c != '\0'; c++)
            *c = strchr(":\\\n\t", *c) != NULL ? '_' : *c;
    }
    return entry;
}

/* The class that starts, or the first of a handler's two readings (C, or C.METHOD), must be in a jar. */
static int check_start(const struct image_build *b, const char *start, bool handler, char *reason, size_t bytes)
{
    char *class = strdup(start), *method = class != NULL ? strrchr(class, '.') : NULL;
    int found = class == NULL ? no_memory(reason, bytes) : 0;

    for (size_t i = 0; i < b->jars.count && found == 0; i++)
        found = jar_has_class(b->jars.items[i], class, reason, bytes);
    if (found == 0 && handler && method != NULL) {
        *method = '\0';
        for (size_t i = 0; i < b->jars.count && found == 0; i++)
            found = jar_has_class(b->jars.items[i], class, reason, bytes);
    }
    free(class);
    if (found == 0)
        snprintf(reason, bytes, "no class %.150s in %.150s%s: name another one, or add its jar with --class-path",
                 start, b->jar, b->jars.count > 1 ? " and the jars beside it" : "");
    return found > 0 ? 0 : found == 0 ? -ENOENT : found;
}

static int check_main(const struct image_build *b, char *reason, size_t bytes)
{
    const struct manifest *m = &b->manifest;
    bool by_jar = m->main == NULL && m->handler == NULL;
    json_t *attributes = NULL;

    if (m->main != NULL && m->handler != NULL) {
        snprintf(reason, bytes, "an image has a main class or a handler: leave out --main or --handler");
        return -EINVAL;
    }
    int error = by_jar ? jar_attributes(b->jars.items[0], &attributes, reason, bytes) : 0;
    const char *start = by_jar             ? json_string_value(json_object_get(attributes, "Main-Class"))
                        : m->main != NULL ? m->main
                                          : m->handler;
    if (error == 0 && start == NULL) {
        snprintf(reason, bytes, "%.200s names no Main-Class in its manifest: name a class with --main or --handler",
                 b->jar);
        error = -EINVAL;
    }
    if (error == 0)
        error = check_start(b, start, m->handler != NULL, reason, bytes);
    json_decref(attributes);
    return error;
}

/* ---- the file ------------------------------------------------------------------------------------------------- */

/* Nothing but an image is replaced by one. */
static int check_output(const struct image_build *b, char *reason, size_t bytes)
{
    struct stat status;
    struct image *old;
    int error = 0;

    if (lstat(b->output, &status) != 0)
        return errno == ENOENT ? 0
                               : (snprintf(reason, bytes, "cannot write %.200s: %s", b->output, strerror(errno)), -EIO);
    if (!S_ISREG(status.st_mode) || (error = image_open(&old, b->output, reason, bytes)) == -ENOMEDIUM ||
        (error != 0 && !archive_begins(b->output))) {
        snprintf(reason, bytes,
                 "%.200s is there and is no image: it is not replaced; remove it or choose another name (-o)",
                 b->output);
        return -EEXIST;
    }
    if (error == 0)
        image_close(old);
    return 0;
}

static int write_image(const struct image_build *b, const char *text, char *reason, size_t bytes)
{
    size_t count = b->jars.count + 1;
    struct archive_source *sources = calloc(count, sizeof *sources);

    if (sources == NULL)
        return no_memory(reason, bytes);
    sources[0] = (struct archive_source){MANIFEST_NAME, text, NULL};
    for (size_t i = 1; i < count; i++)
        sources[i] = (struct archive_source){b->manifest.class_path.items[i - 1], NULL, b->jars.items[i - 1]};
    int error = archive_write(b->output, sources, count, reason, bytes);
    free(sources);
    return error;
}

int image_build(struct image_build *b, char *reason, size_t bytes)
{
    struct manifest *m = &b->manifest, again;
    struct runtime runtime;
    int error = collect(b, reason, bytes);

    if (error == 0)
        error = runtime_find(&runtime, reason, bytes);
    if (error == 0)
        error = check_main(b, reason, bytes);
    if (error == 0)
        error = check_output(b, reason, bytes);
    if (error != 0)
        return error;
    m->java = runtime.java;
    for (size_t i = 0; i < b->jars.count; i++)
        if (!texts_add(&m->class_path, entry_for(m, b->jars.items[i])))
            return no_memory(reason, bytes);
    if ((m->vm = strdup(CLOISTER_VERSION)) == NULL)
        return no_memory(reason, bytes);
    char *text = manifest_text(m);
    if (text == NULL) {
        snprintf(reason, bytes,
                 "a name or an option of the image is no UTF-8 text: rename the jar or write the option anew");
        return -EILSEQ;
    }
    error = manifest_parse(&again, text, strlen(text), reason, bytes); /* nothing is written that could not be read */
    manifest_free(&again);
    if (error == 0)
        error = write_image(b, text, reason, bytes);
    free(text);
    return error;
}

void image_build_free(struct image_build *b)
{
    manifest_free(&b->manifest);
    texts_free(&b->jars), texts_free(&b->missing);
}
