/* Snapshots of warm programs, found by what they were made of: a folder of the user's, below $XDG_CACHE_HOME/cloister,
 * with a file for each, named by the hash of its key, and beside it a record (JSON) for people and for explanations.
 *
 * A snapshot is there whole or not at all; several commands may use the folder at once. */
#ifndef ISOLATE_SNAPSHOT_CACHE_H
#define ISOLATE_SNAPSHOT_CACHE_H

#include <jansson.h>
#include <limits.h>
#include <stddef.h>

#define SNAPSHOT_HASH_TEXT 65 /* SHA-256 in hexadecimal digits, and a zero byte */

/* What has to be the same for a snapshot to stand for a start. */
struct snapshot_key {
    char program[SNAPSHOT_HASH_TEXT]; /* content: class path, and the class that starts; "runtime": no program yet */
    char *name;                       /* what people call the program; no part of the hash */
    char *options;                    /* of the VM, and what it reads of its surroundings; one text */
    char build[SNAPSHOT_HASH_TEXT];   /* of the VM */
    char jdk[64];
    char cpu[64];
    char point[16];                   /* WARM_... of warm.h */
};

void snapshot_key_free(struct snapshot_key *k);
/* The fields as a record has them; NULL: out of memory, or no UTF-8. */
json_t *snapshot_key_record(const struct snapshot_key *k);
/* The same as a text that a snapshot carries as its label, malloc'ed, and back.  NULL: it would be longer than a label
 * may be.  -EINVAL: the label is no key; *out is to be freed in any case. */
char *snapshot_key_label(const struct snapshot_key *k);
int snapshot_key_of_label(const char *label, struct snapshot_key *out);
/* The name of the key's files, without an ending. */
void snapshot_key_hash(const struct snapshot_key *k, char hash[SNAPSHOT_HASH_TEXT]);

struct snapshot_cache;

/* Negative errno with a sentence. */
int snapshot_cache_open(struct snapshot_cache **out, char *reason, size_t bytes);
void snapshot_cache_close(struct snapshot_cache *c); /* NULL: nothing */

/* The snapshot's file; -ENOENT with a sentence that says why there is none that fits, by the first difference to
 * those that there are; `bytes` 0: without. */
int snapshot_cache_find(struct snapshot_cache *c, const struct snapshot_key *key, char path[PATH_MAX], char *why,
                        size_t bytes);
/* A path for a new one, beside the others, for snapshot_target_open and the like: its folder is this one. */
int snapshot_cache_begin(struct snapshot_cache *c, const struct snapshot_key *key, char path[PATH_MAX], char *reason,
                         size_t bytes);
/* The file at that path, whose pages are all checked, becomes the key's snapshot, or makes way for a whole one on which
 * others may be built; others make way when the caches are above their limit (user_cache.h).  When that fails the file
 * is gone, too.  `more`: what else the record is to say (NULL: nothing; stays the caller's).  The path that it has then
 * is `path`. */
int snapshot_cache_commit(struct snapshot_cache *c, const struct snapshot_key *key, const json_t *more,
                          char path[PATH_MAX], char *reason, size_t bytes);
/* Copies a snapshot from a file of one's own (`cloister warm -o`) into the cache, under the key that it carries, of
 * which `name` (to be freed) is what people call the program.  Such a file is as trustworthy as who made it. */
int snapshot_cache_add(struct snapshot_cache *c, const char *file, char **name, char *reason, size_t bytes);

#endif
