/* The workload cache: bytes by key that outlive a reset and the isolate, shared by the isolates whose policy names the
 * same folder: a tenant's.  Kept by LMDB in that folder (mode 0700), bounded in size, the least recently used go first,
 * each with its time to live.  Safe for many threads and processes; not for copies that fork makes. */
#ifndef HOSTVIRT_CACHE_H
#define HOSTVIRT_CACHE_H

#include <stddef.h>
#include <stdint.h>

#define CACHE_KEY_LONGEST 480       /* bytes */
#define CACHE_VALUE_LONGEST (16u << 20)
#define CACHE_SMALLEST (64u << 10)  /* bytes that a cache may be limited to */

struct cache;

/* Opens or makes it.  `limit`: bytes of keys and values.  Before the wall; 0 or a negative errno with a sentence: -EPERM
 * for a folder that others may write to, or that holds something else. */
int cache_open(struct cache **out, const char *folder, uint64_t limit, char *reason, size_t bytes);
void cache_close(struct cache *c);

/* Gives the value to `take` while it is stable in memory; `take`'s result, or -ENOENT. */
int64_t cache_get(struct cache *c, const void *key, size_t key_bytes,
                  int64_t (*take)(void *arg, const void *value, size_t bytes), void *arg);
/* ttl in seconds, 0: for ever.  value NULL: removes the key.  0; -ENOSPC when the value alone is above the limit. */
int cache_put(struct cache *c, const void *key, size_t key_bytes, const void *value, size_t bytes, uint64_t ttl);

#endif
