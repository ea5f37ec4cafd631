/* Snapshots that an image brings along, in warm/: each is named by its key's hash (snapshot_cache.h), and stands for a
 * start only where everything that the key says is the same.  They are no part of what names the image (image_key). */
#ifndef ISOLATE_IMAGE_LAYER_H
#define ISOLATE_IMAGE_LAYER_H

#include "isolate/image.h"
#include "isolate/snapshot_cache.h"

/* Adds the snapshot `file`, or puts it in the place of the one with the same key.  Negative errno with a sentence;
 * the image at `path` stays what it was then. */
int image_layer_add(const char *path, const struct snapshot_key *key, const char *file, char *reason, size_t bytes);

/* The image's snapshot for the key as a file of the cache, unpacked there and checked if need be.  It is entered for
 * this very file, which nobody has changed since, and for none with the same content: what one image brings along is
 * never another's.  -ENOENT: it has none; else a negative errno with a sentence. */
int image_layer_find(struct image *i, struct snapshot_cache *c, const struct snapshot_key *key, char path[PATH_MAX],
                     char *reason, size_t bytes);

#endif
