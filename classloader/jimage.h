/* lib/modules: the jimage container, mapped read-only for the life of the process.  Own reader (little-endian, as on
 * x86-64), every offset checked against the file.  Lookup is lock-free. */
#ifndef CLOISTER_CLASSLOADER_JIMAGE_H
#define CLOISTER_CLASSLOADER_JIMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jimage;
struct jimage *jimage_open(const char *path, const char **error); /* error: one sentence, static or malloc'ed */
void jimage_close(struct jimage *image);
/* "/java.base/java/lang/Object.class" by parts.  Pointer into the mapping, or NULL when absent; compressed resources
 * are refused with *error set (jlink --compress images: a sentence that names it). */
const uint8_t *jimage_find(struct jimage *image, const char *module, const char *parent, const char *base,
                           const char *extension, size_t *length, const char **error);
/* Module that holds a package ("java/lang" -> "java.base"), or NULL.  Pointer into the mapping. */
const char *jimage_package_module(struct jimage *image, const char *package);

#endif
