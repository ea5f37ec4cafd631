/* What an image holds, for people and as JSON. */
#include "isolate/image_private.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* The next snapshot that it brings along, from entry *index on; false: no more. */
static bool next_layer(const struct image *i, uint64_t *index, struct archive_entry *e)
{
    char ignored[256];

    for (; *index < archive_count(i->archive); (*index)++)
        if (archive_entry(i->archive, *index, e, ignored, sizeof ignored) == 0 &&
            strncmp(e->name, IMAGE_WARM, strlen(IMAGE_WARM)) == 0) {
            (*index)++;
            return true;
        }
    return false;
}

static int print_json(const struct image *i, FILE *to)
{
    struct archive_entry layer;
    json_t *warm = json_array();

    for (uint64_t k = 0; next_layer(i, &k, &layer);)
        json_array_append_new(warm, json_pack("{s:s, s:I}", "entry", layer.name, "bytes", (json_int_t)layer.packed));
    char *text = manifest_text(&i->manifest), digest[2 * DIGEST_BYTES + 1];
    json_t *object = text != NULL ? json_loads(text, 0, NULL) : NULL, *jars = json_array();

    free(text);
    for (size_t k = 0; k < i->manifest.class_path.count; k++) {
        digest_text(i->jars[k].digest, digest);
        json_array_append_new(jars, json_pack("{s:s, s:I, s:s}", "entry", i->manifest.class_path.items[k], "bytes",
                                              (json_int_t)i->jars[k].entry.size, "sha256", digest));
    }
    json_object_set_new(object, "key", json_string(i->key));
    json_object_set_new(object, "jars", jars);
    json_object_set_new(object, "warm", warm);
    int error = object == NULL ? -ENOMEM : json_dumpf(object, to, JSON_INDENT(2)) != 0 ? -EIO : 0;
    if (error == 0)
        fputc('\n', to);
    json_decref(object);
    return error;
}

static void print_words(FILE *to, const char *title, const struct texts *words)
{
    for (size_t k = 0; k < words->count; k++)
        fprintf(to, "%-12s %s\n", k == 0 ? title : "", words->items[k]);
}

static void print_options(FILE *to, const char *title, const struct manifest *m, bool asks)
{
    for (size_t k = 0; k < m->option_count; k++)
        if (manifest_asks(m->options[k].row) == asks) {
            fprintf(to, "%-12s %s%s%s\n", title, m->options[k].row->name, m->options[k].value != NULL ? " " : "",
                    m->options[k].value != NULL ? m->options[k].value : "");
            title = "";
        }
}

static void print_text(const struct image *i, FILE *to)
{
    const struct manifest *m = &i->manifest;

    fprintf(to, "image        %s\nname         %s\n", i->key, m->name);
    if (m->handler != NULL)
        fprintf(to, "handler      %s\n", m->handler);
    else if (m->main != NULL)
        fprintf(to, "main class   %s\n", m->main);
    else
        fprintf(to, "main class   as %s says\n", m->class_path.items[0]);
    for (size_t k = 0; k < m->class_path.count; k++)
        fprintf(to, "%-12s %s, %llu KiB\n", k == 0 ? "class path" : "", m->class_path.items[k],
                (unsigned long long)(i->jars[k].entry.size + 1023) / 1024);
    print_words(to, "java options", &m->java_options);
    print_words(to, "arguments", &m->arguments);
    print_options(to, "defaults", m, false);
    print_options(to, "asks for", m, true);
    struct archive_entry layer;
    for (uint64_t k = 0; next_layer(i, &k, &layer);)
        fprintf(to, "warm         %.20s..., %llu KiB\n", layer.name, (unsigned long long)(layer.packed + 1023) / 1024);
    fprintf(to, "needs        Java %u, Cloister %s\n", m->java, m->vm);
}

int image_inspect(struct image *i, FILE *to, bool json, char *reason, size_t bytes)
{
    char key[IMAGE_KEY_TEXT];
    int error = image_key(i, key, reason, bytes);

    if (error != 0)
        return error;
    if (json)
        error = print_json(i, to);
    else
        print_text(i, to);
    if (error == 0 && (fflush(to) != 0 || ferror(to)))
        error = -EIO;
    if (error != 0)
        snprintf(reason, bytes, "cannot write: %s", strerror(-error));
    return error;
}
