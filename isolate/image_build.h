/* Making images of jars. */
#ifndef ISOLATE_IMAGE_BUILD_H
#define ISOLATE_IMAGE_BUILD_H

#include "isolate/manifest.h"

struct image_build {
    const char *jar;        /* first of the class path */
    const char *class_path; /* more entries, which ':' separates; NULL */
    const char *output;
    struct manifest manifest; /* name, main or handler, options, arguments; the rest is filled in */
    struct texts jars;        /* filled in: files of this machine, in the order of the manifest's class path */
    struct texts missing;     /* filled in: what Class-Path attributes name and is not there */
};

/* Writes the image; what was at `output`, an image or nothing, stays until the new one is whole.  Negative errno with a
 * sentence.  The same jars and values give the same bytes. */
int image_build(struct image_build *b, char *reason, size_t bytes);
void image_build_free(struct image_build *b);

#endif
