/* The workload cache on LMDB.  Two tables: `entries` (key: record and value) and `order` (number of the last use: key),
 * so that the first of `order` is the one to go. */
#include "hostvirt/cache.h"

#include <dirent.h>
#include <errno.h>
#include <lmdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    TABLES = 3,
    READERS = 4096,          /* reading at once, all isolates of the folder */
    SLACK = 4 << 20,         /* bytes of LMDB's own pages above twice the limit */
    TOUCH_AFTER = 1,         /* seconds between two notes that an entry was used */
};

struct cache {
    MDB_env *environment;
    MDB_dbi entries, order, totals;
    uint64_t limit;
};

/* What lies before a value. */
struct record {
    uint64_t use;     /* its key in `order` */
    uint64_t used;    /* CLOCK_REALTIME seconds */
    uint64_t expires; /* the same; 0: never */
};

/* The row of `totals`. */
struct totals {
    uint64_t bytes, uses;
};
static const char totals_key[] = "totals";

static uint64_t now_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec;
}

static int errno_of(int code)
{
    return code == 0 ? 0 : code > 0 ? -code : code == MDB_NOTFOUND ? -ENOENT : code == MDB_MAP_FULL ? -ENOSPC : -EIO;
}

static MDB_val bytes_of(const void *data, size_t size)
{
    return (MDB_val){.mv_data = (void *)(uintptr_t)data, .mv_size = size};
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static int open_tables(struct cache *c)
{
    MDB_txn *t;
    int code = mdb_txn_begin(c->environment, NULL, 0, &t);

    if (code != 0)
        return code;
    if ((code = mdb_dbi_open(t, "entries", MDB_CREATE, &c->entries)) == 0 &&
        (code = mdb_dbi_open(t, "order", MDB_CREATE | MDB_INTEGERKEY, &c->order)) == 0 &&
        (code = mdb_dbi_open(t, "totals", MDB_CREATE, &c->totals)) == 0)
        return mdb_txn_commit(t);
    mdb_txn_abort(t);
    return code;
}

/* Whether a folder has nothing but what LMDB makes there, or that already. */
static bool is_cache(DIR *folder)
{
    const struct dirent *e;
    bool begun = false, other = false;

    while ((e = readdir(folder)) != NULL) {
        begun |= strcmp(e->d_name, "data.mdb") == 0;
        other |= e->d_name[0] != '.' && strcmp(e->d_name, "data.mdb") != 0 && strcmp(e->d_name, "lock.mdb") != 0;
    }
    return begun || !other;
}

/* The files become this process's memory: nobody else may have written them. */
static int check_folder(const char *path, char *reason, size_t bytes)
{
    DIR *folder = opendir(path);
    const char *why = NULL;
    struct stat s;
    int error = 0;

    if (folder == NULL || fstat(dirfd(folder), &s) != 0)
        why = strerror(error = errno);
    else if (s.st_uid != geteuid() || (s.st_mode & 022) != 0)
        why = "others may write to it: make it yours alone (chmod 700) or name another folder";
    else if (!is_cache(folder))
        why = "it holds something else: name an empty folder, or one that is not there yet";
    if (folder != NULL)
        closedir(folder);
    if (why == NULL)
        return 0;
    snprintf(reason, bytes, "cannot use the cache in %.200s: %s", path, why);
    return error != 0 ? -error : -EPERM;
}

int cache_open(struct cache **out, const char *folder, uint64_t limit, char *reason, size_t bytes)
{
    struct cache *c = calloc(1, sizeof *c);
    int code = c == NULL ? ENOMEM : mkdir(folder, 0700) == 0 || errno == EEXIST ? 0 : errno;
    int refused = code == 0 ? check_folder(folder, reason, bytes) : 0;

    if (refused != 0) {
        free(c);
        return refused;
    }
    if (code == 0 && (code = mdb_env_create(&c->environment)) == 0) {
        c->limit = limit;
        mdb_env_set_mapsize(c->environment, (2 * limit + SLACK + 4095) & ~(uint64_t)4095);
        mdb_env_set_maxdbs(c->environment, TABLES);
        mdb_env_set_maxreaders(c->environment, READERS);
        /* A cache may lose what a failing machine had not written; a killed process loses nothing. */
        if ((code = mdb_env_open(c->environment, folder, MDB_NOSYNC | MDB_NOTLS | MDB_NORDAHEAD, 0600)) == 0)
            code = open_tables(c);
    }
    if (code == 0)
        code = mdb_reader_check(c->environment, NULL); /* of monitors that were killed: they would pin old pages */
    if (code == 0) {
        *out = c;
        return 0;
    }
    snprintf(reason, bytes, "cannot use the cache in %.200s: %s%s", folder, mdb_strerror(code),
             code < 0 ? "; remove the folder to begin anew" : "");
    cache_close(c);
    return errno_of(code);
}

void cache_close(struct cache *c)
{
    if (c != NULL && c->environment != NULL)
        mdb_env_close(c->environment);
    free(c);
}

/* ---- records ----------------------------------------------------------------------------------------------------- */

static int read_totals(struct cache *c, MDB_txn *t, struct totals *out)
{
    MDB_val key = bytes_of(totals_key, sizeof totals_key), value;
    int code = mdb_get(t, c->totals, &key, &value);

    *out = (struct totals){0};
    if (code == 0 && value.mv_size == sizeof *out)
        memcpy(out, value.mv_data, sizeof *out);
    return code == MDB_NOTFOUND ? 0 : code;
}

static int write_totals(struct cache *c, MDB_txn *t, const struct totals *totals)
{
    MDB_val key = bytes_of(totals_key, sizeof totals_key), value = bytes_of(totals, sizeof *totals);

    return mdb_put(t, c->totals, &key, &value, 0);
}

static bool read_record(const MDB_val *stored, struct record *out)
{
    if (stored->mv_size < sizeof *out)
        return false;
    memcpy(out, stored->mv_data, sizeof *out);
    return true;
}

/* Removes an entry, when there is one. */
static int drop(struct cache *c, MDB_txn *t, const MDB_val *key, struct totals *totals)
{
    MDB_val k = *key, stored;
    struct record r;
    int code = mdb_get(t, c->entries, &k, &stored);

    if (code != 0)
        return code == MDB_NOTFOUND ? 0 : code;
    uint64_t size = key->mv_size + stored.mv_size;
    if (read_record(&stored, &r)) {
        MDB_val use = bytes_of(&r.use, sizeof r.use);
        code = mdb_del(t, c->order, &use, NULL);
    }
    if (code == 0 || code == MDB_NOTFOUND)
        code = mdb_del(t, c->entries, &k, NULL);
    if (code == 0)
        totals->bytes -= size < totals->bytes ? size : totals->bytes;
    return code;
}

/* The least recently used one goes.  MDB_NOTFOUND: there is none. */
static int drop_first(struct cache *c, MDB_txn *t, struct totals *totals)
{
    char key[CACHE_KEY_LONGEST];
    uint64_t first = 0;
    MDB_cursor *cursor;
    MDB_val use, found;
    int code = mdb_cursor_open(t, c->order, &cursor);

    if (code != 0)
        return code;
    code = mdb_cursor_get(cursor, &use, &found, MDB_FIRST);
    if (code == 0 && found.mv_size > sizeof key)
        code = MDB_CORRUPTED;
    if (code == 0 && use.mv_size != sizeof first)
        code = MDB_CORRUPTED;
    size_t size = code == 0 ? found.mv_size : 0;
    if (code == 0)
        memcpy(&first, use.mv_data, sizeof first);
    if (code == 0)
        memcpy(key, found.mv_data, size);
    mdb_cursor_close(cursor);
    MDB_val name = bytes_of(key, size);
    if (code == 0)
        code = drop(c, t, &name, totals);
    if (code != 0)
        return code;
    /* The row goes in any case: one without an entry would come first for ever. */
    code = mdb_del(t, c->order, &(MDB_val){sizeof first, &first}, NULL);
    return code == MDB_NOTFOUND ? 0 : code;
}

/* Room for the value behind its record: LMDB gives the place, so that the value is copied once. */
static int insert(struct cache *c, MDB_txn *t, const MDB_val *key, const void *value, size_t bytes, uint64_t expires,
                  struct totals *totals)
{
    struct record r = {.use = ++totals->uses, .used = now_seconds(), .expires = expires};
    MDB_val k = *key, place = {.mv_size = sizeof r + bytes}, use = bytes_of(&r.use, sizeof r.use), name = *key;
    int code = mdb_put(t, c->entries, &k, &place, MDB_RESERVE);

    if (code != 0)
        return code;
    memcpy(place.mv_data, &r, sizeof r);
    memcpy((char *)place.mv_data + sizeof r, value, bytes);
    totals->bytes += key->mv_size + place.mv_size;
    return mdb_put(t, c->order, &use, &name, MDB_APPEND);
}

/* ---- using it ---------------------------------------------------------------------------------------------------- */

/* Notes that an entry was used just now: a write, so at most once a second for each. */
static void touch(struct cache *c, const MDB_val *key)
{
    struct totals totals;
    struct record r;
    MDB_val k = *key, stored;
    MDB_txn *t;

    if (mdb_txn_begin(c->environment, NULL, 0, &t) != 0)
        return;
    char *copy = NULL;
    int code = read_totals(c, t, &totals);
    if (code == 0)
        code = mdb_get(t, c->entries, &k, &stored);
    if (code == 0 && read_record(&stored, &r) && (copy = malloc(stored.mv_size)) != NULL) {
        size_t bytes = stored.mv_size - sizeof r;
        memcpy(copy, (char *)stored.mv_data + sizeof r, bytes);
        code = drop(c, t, key, &totals);
        if (code == 0)
            code = insert(c, t, key, copy, bytes, r.expires, &totals);
        if (code == 0)
            code = write_totals(c, t, &totals);
    }
    if (code == 0 && copy != NULL)
        mdb_txn_commit(t);
    else
        mdb_txn_abort(t);
    free(copy);
}

int64_t cache_get(struct cache *c, const void *key, size_t key_bytes,
                  int64_t (*take)(void *arg, const void *value, size_t bytes), void *arg)
{
    MDB_val k = bytes_of(key, key_bytes), stored;
    uint64_t now = now_seconds();
    struct record r = {0};
    MDB_txn *t;

    if (key_bytes == 0 || key_bytes > CACHE_KEY_LONGEST)
        return -EINVAL;
    int code = mdb_txn_begin(c->environment, NULL, MDB_RDONLY, &t);
    if (code != 0)
        return errno_of(code);
    code = mdb_get(t, c->entries, &k, &stored);
    if (code == 0 && (!read_record(&stored, &r) || (r.expires != 0 && r.expires <= now)))
        code = MDB_NOTFOUND;
    int64_t result =
        code != 0 ? errno_of(code) : take(arg, (char *)stored.mv_data + sizeof r, stored.mv_size - sizeof r);
    mdb_txn_abort(t);
    if (code == 0 && now >= r.used + TOUCH_AFTER)
        touch(c, &k);
    return result;
}

static int put(struct cache *c, MDB_txn *t, const MDB_val *key, const void *value, size_t bytes, uint64_t expires)
{
    uint64_t size = key->mv_size + sizeof(struct record) + bytes;
    struct totals totals;
    int code = read_totals(c, t, &totals);

    if (code == 0)
        code = drop(c, t, key, &totals);
    while (code == 0 && value != NULL && totals.bytes + size > c->limit)
        code = drop_first(c, t, &totals);
    if (code == 0 && value != NULL)
        code = insert(c, t, key, value, bytes, expires, &totals);
    return code != 0 ? code : write_totals(c, t, &totals);
}

int cache_put(struct cache *c, const void *key, size_t key_bytes, const void *value, size_t bytes, uint64_t ttl)
{
    MDB_val k = bytes_of(key, key_bytes);
    MDB_txn *t;

    if (key_bytes == 0 || key_bytes > CACHE_KEY_LONGEST)
        return -EINVAL;
    if (value != NULL && (bytes > CACHE_VALUE_LONGEST || key_bytes + sizeof(struct record) + bytes > c->limit))
        return -ENOSPC;
    int code = mdb_txn_begin(c->environment, NULL, 0, &t);
    if (code != 0)
        return errno_of(code);
    code = put(c, t, &k, value, bytes, ttl != 0 ? now_seconds() + ttl : 0);
    if (code == 0)
        return errno_of(mdb_txn_commit(t));
    mdb_txn_abort(t);
    if (code == MDB_MAP_FULL) /* a killed reader may pin old pages: the next one finds room */
        mdb_reader_check(c->environment, NULL);
    return errno_of(code);
}
