/* Images that were opened before: what is known of the file stands for reading it, and the times of the jars in the
 * cache for comparing them. */
#include "isolate/image_private.h"
#include "isolate/known.h"
#include "isolate/user_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define KIND "image 1 " CLOISTER_VERSION
enum { WORDS_TEXT = FILE_WORDS * 17 };

static void words_text(const struct stat *s, char text[WORDS_TEXT])
{
    uint64_t words[FILE_WORDS];
    char *to = text;

    known_words(s, words);
    for (size_t i = 0; i < FILE_WORDS; i++)
        to += sprintf(to, "%s%llx", i > 0 ? " " : "", (unsigned long long)words[i]);
}

/* ---- finding -------------------------------------------------------------------------------------------------- */

static bool read_known(struct image *i, const json_t *known)
{
    const char *text = json_string_value(json_object_get(known, "manifest"));
    const char *key = json_string_value(json_object_get(known, "key"));
    char ignored[400];

    if (text == NULL || key == NULL || strspn(key, "0123456789abcdef") != IMAGE_KEY_TEXT - 1 ||
        key[IMAGE_KEY_TEXT - 1] != '\0' ||
        manifest_parse(&i->manifest, text, strlen(text), ignored, sizeof ignored) != 0)
        return false;
    const json_t *layers = json_object_get(known, "layers");
    for (size_t k = 0; k < json_array_size(layers); k++) {
        const char *name = json_string_value(json_array_get(layers, k));
        if (name == NULL || !texts_add(&i->layers, strdup(name)))
            return false;
    }
    memcpy(i->key, key, IMAGE_KEY_TEXT);
    i->hashed = true;
    i->jars = calloc(i->manifest.class_path.count, sizeof *i->jars);
    return i->jars != NULL;
}

/* Whether each jar in the cache is the one that was compared with the image's. */
static bool same_jars(struct image *i, const json_t *jars)
{
    bool same = json_array_size(jars) == i->manifest.class_path.count && image_folder_safe(i->hold);

    for (size_t k = 0; k < i->manifest.class_path.count && same; k++) {
        struct stat *s = &i->jars[k].file;
        const char *known = json_string_value(json_array_get(jars, k));
        char now[WORDS_TEXT];
        same = fstatat(i->hold, image_file_name(i, k), s, AT_SYMLINK_NOFOLLOW) == 0 && image_file_safe(s);
        words_text(s, now);
        same = same && known != NULL && strcmp(known, now) == 0;
        i->jars[k].entry.size = (uint64_t)s->st_size;
    }
    return same;
}

static bool take_folder(struct image *i, const json_t *jars)
{
    char ignored[512], *path;
    int cache = user_folder_open("images", "the jars of images", &path, ignored, sizeof ignored);

    if (cache < 0)
        return false;
    i->hold = openat(cache, i->key, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    bool good = i->hold >= 0 && flock(i->hold, LOCK_SH) == 0 && same_jars(i, jars);
    if (good && asprintf(&i->folder, "%s/%s", path, i->key) < 0) {
        i->folder = NULL;
        good = false;
    }
    if (good)
        user_folder_used(cache, i->key);
    close(cache);
    free(path);
    return good;
}

int image_open_known(struct image **out, const char *path)
{
    struct stat s;
    json_t *known = stat(path, &s) == 0 ? known_find(KIND, &s) : NULL;
    struct image *i = known != NULL ? calloc(1, sizeof *i) : NULL;
    bool good = i != NULL;

    if (good) {
        i->hold = -1;
        good = (i->path = strdup(path)) != NULL && read_known(i, known) &&
               take_folder(i, json_object_get(known, "jars"));
    }
    json_decref(known);
    if (!good)
        image_close(i);
    *out = good ? i : NULL;
    return good ? 0 : -ENOENT;
}

/* ---- keeping -------------------------------------------------------------------------------------------------- */

void image_keep_known(const struct image *i)
{
    json_t *jars = i->archive != NULL && i->folder != NULL && i->hold >= 0 ? json_array() : NULL;
    bool settled = jars != NULL;

    for (size_t k = 0; k < i->manifest.class_path.count && settled; k++) {
        char text[WORDS_TEXT];
        settled = known_settled(&i->jars[k].file);
        words_text(&i->jars[k].file, text);
        json_array_append_new(jars, json_string(text));
    }
    if (!settled) {
        json_decref(jars);
        return;
    }
    char *manifest = manifest_text(&i->manifest);
    json_t *layers = json_array();
    for (size_t k = 0; k < i->layers.count; k++)
        json_array_append_new(layers, json_string(i->layers.items[k]));
    known_keep(KIND, i->path, &i->opened,
               json_pack("{s:s*, s:s, s:o, s:o}", "manifest", manifest, "key", i->key, "jars", jars, "layers", layers));
    free(manifest);
}
