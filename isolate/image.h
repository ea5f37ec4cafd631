/* Program images (cloister-image(5)): zip archives with a manifest, cloister.json, and the jars that it names, in lib/.
 * What else an archive holds is not used and does no harm.
 *
 *     image_open -> image_manifest, image_key; image_unpack -> image_jar: files for mounts or a class path.
 *
 * What to run is made of it by program.h.  An image is read only; safe for one thread at a time. */
#ifndef ISOLATE_IMAGE_H
#define ISOLATE_IMAGE_H

#include "isolate/manifest.h"

#include <stdint.h>
#include <stdio.h>

#define IMAGE_KEY_TEXT 65 /* SHA-256 in hexadecimal digits, and a zero byte */

struct image;

/* Opens and checks everything but the jars' contents.  Negative errno with a sentence; -ENOMEDIUM: a zip archive
 * without a manifest, a jar perhaps. */
int image_open(struct image **out, const char *path, char *reason, size_t bytes);
void image_close(struct image *i); /* NULL: nothing */
/* The same, and unpacked, without reading it: of an image that image_keep_known has kept and nobody has changed since,
 * whose jars are in the cache as they were compared then.  -ENOENT: of any other. */
int image_open_known(struct image **out, const char *path);
/* After image_unpack: keeps what was found, when the files have been left alone for a moment (known.h). */
void image_keep_known(const struct image *i);

const struct manifest *image_manifest(const struct image *i);
const char *image_path(const struct image *i); /* as the user named it */
/* Bytes of jar number `entry` of the manifest's class path, unpacked. */
uint64_t image_jar_size(const struct image *i, size_t entry);

/* Names the content: the manifest and the jars, whatever the archive around them looks like.  Reads all of it at the
 * first call. */
int image_key(struct image *i, char key[IMAGE_KEY_TEXT], char *reason, size_t bytes);

/* Puts the jars into the user's cache, $XDG_CACHE_HOME/cloister/images/KEY, unless they are there, and compares what is
 * there with the image: what differs is made again.  Afterwards the folder and each jar have a path. */
int image_unpack(struct image *i, char *reason, size_t bytes);
const char *image_folder(const struct image *i);
/* A descriptor with the lock that keeps the folder from being removed, the caller's from here on; -1: it was taken. */
int image_take_hold(struct image *i);
char *image_jar(const struct image *i, size_t entry); /* malloc'ed; NULL: out of memory */

/* Prints what the image holds (image_inspect.c). */
int image_inspect(struct image *i, FILE *to, bool json, char *reason, size_t bytes);

#endif
