/* What the user's caches hold, under one limit: snapshots of warm programs (snapshot_cache.h) and the jars of images
 * (image.h).  Each entry has a record beside it (user_folder.h), whose time of change is when it was last used.  What
 * was used least recently goes first; a snapshot on which others are built stays as long as one of them.
 *
 * Who removes or adds something holds the lock of the folder of both; who only uses an entry does not, and finds it
 * gone at worst. */
#ifndef ISOLATE_USER_CACHE_H
#define ISOLATE_USER_CACHE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CACHED_NAME 65 /* 64 hexadecimal digits, and a zero byte */
#define USER_CACHE_LIMIT (4ull << 30) /* bytes, until somebody says otherwise */

enum cached_kind { CACHED_SNAPSHOT, CACHED_IMAGE, CACHED_KINDS };

struct cached {
    enum cached_kind kind;
    char name[CACHED_NAME];
    char parent[CACHED_NAME]; /* the snapshot that it is built on; "": none */
    uint64_t bytes;           /* on the disk */
    int64_t made, used;       /* s since 1970 */
    long used_ns;             /* behind `used` */
    json_t *record;           /* NULL: there is none that can be read */
};

struct user_cache;

/* Takes the lock and removes what commands that were killed have left.  Negative errno with a sentence. */
int user_cache_open(struct user_cache **out, char *reason, size_t bytes);
void user_cache_close(struct user_cache *c); /* NULL: nothing */

/* The entries, the one used last first.  Valid until something is added or listed again; one that is removed leaves the
 * list, and those behind it move up. */
const struct cached *user_cache_list(struct user_cache *c, size_t *count);
/* In bytes. */
uint64_t user_cache_limit(const struct user_cache *c);
int user_cache_set_limit(struct user_cache *c, uint64_t limit, char *reason, size_t bytes);
const char *cached_kind_name(enum cached_kind kind);

/* -EBUSY: others are built on it; -EAGAIN: an isolate uses it, or is just ending; with a sentence. */
int user_cache_remove(struct user_cache *c, const struct cached *e, char *reason, size_t bytes);
/* Removes what was used least recently until the rest is within the limit, but not `keep` (a name; NULL: anything),
 * what that is built on, and what isolates use.  -EFBIG with a sentence: these alone are larger. */
int user_cache_trim(struct user_cache *c, const char *keep, char *reason, size_t bytes);
/* Whether an entry is whole: every page of a snapshot; that an image's files are the user's own (they are compared with
 * the image at each use).  Negative errno with a sentence. */
int user_cache_verify(struct user_cache *c, const struct cached *e, char *reason, size_t bytes);

#endif
