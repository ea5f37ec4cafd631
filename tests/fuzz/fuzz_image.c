/* libFuzzer target: program images, and manifests alone.  Any bytes give an image or a sentence; a manifest that is read is
 * written as a text that is read again and written as the same one. */
#include "isolate/image.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* A refusal says why. */
static int told(int error, const char *reason)
{
    if (error != 0 && reason[0] == '\0')
        abort();
    return error;
}

static void write_again(const struct manifest *m)
{
    char reason[256] = "", *first = manifest_text(m), *second;
    struct manifest again;

    if (first == NULL)
        abort(); /* what was read is UTF-8 */
    if (manifest_parse(&again, first, strlen(first), reason, sizeof reason) != 0)
        abort();
    second = manifest_text(&again);
    if (second == NULL || strcmp(first, second) != 0)
        abort();
    manifest_free(&again);
    free(second);
    free(first);
}

static void read_manifest(const uint8_t *data, size_t bytes)
{
    struct manifest m;
    char reason[256] = "", *text = malloc(bytes + 1);

    if (text == NULL)
        return;
    memcpy(text, data, bytes);
    text[bytes] = '\0';
    if (told(manifest_parse(&m, text, bytes, reason, sizeof reason), reason) == 0)
        write_again(&m);
    manifest_free(&m);
    free(text);
}

static void read_image(const char *path)
{
    char reason[256] = "", key[IMAGE_KEY_TEXT];
    struct image *i = NULL;

    if (told(image_open(&i, path, reason, sizeof reason), reason) == 0) {
        write_again(image_manifest(i));
        for (size_t n = 0; n < image_manifest(i)->class_path.count; n++)
            image_jar_size(i, n);
        told(image_key(i, key, reason, sizeof reason), reason);
    }
    image_close(i);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    char path[32];

    if (bytes > 0 && data[0] == '{') {
        read_manifest(data, bytes);
        return 0;
    }
    int file = memfd_create("image", MFD_CLOEXEC);
    if (file < 0)
        return -1;
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    if (write(file, data, bytes) == (ssize_t)bytes)
        read_image(path);
    close(file);
    return 0;
}
