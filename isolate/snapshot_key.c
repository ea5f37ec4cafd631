/* Keys of snapshots: their hash, and as the label of a file that travels. */
#include "isolate/snapshot_cache.h"
#include "isolate/content.h"
#include "hostvirt/snapshot.h"

#define OPENSSL_SUPPRESS_DEPRECATED
#include <errno.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void snapshot_key_free(struct snapshot_key *k)
{
    free(k->name), free(k->options);
    k->name = k->options = NULL;
}

void snapshot_key_hash(const struct snapshot_key *k, char hash[SNAPSHOT_HASH_TEXT])
{
    const char *const fields[] = {k->program, k->options, k->build, k->jdk, k->cpu, k->point};
    uint8_t digest[SHA256_DIGEST_LENGTH];
    SHA256_CTX context;

    SHA256_Init(&context);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        SHA256_Update(&context, fields[i], strlen(fields[i]) + 1);
    SHA256_Final(digest, &context);
    digest_text(digest, hash);
}

json_t *snapshot_key_record(const struct snapshot_key *k)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "name", k->name, "program", k->program, "point", k->point,
                     "options", k->options, "build", k->build, "jdk", k->jdk, "cpu", k->cpu);
}

char *snapshot_key_label(const struct snapshot_key *k)
{
    json_t *record = snapshot_key_record(k);
    char *label = json_dumps(record, JSON_COMPACT);

    json_decref(record);
    if (label != NULL && strlen(label) <= SAVE_LABEL_MOST)
        return label;
    free(label);
    return NULL;
}

/* Into a field of the key; false: it does not fit. */
static bool fits(char *to, size_t bytes, const char *from)
{
    return (size_t)snprintf(to, bytes, "%s", from) < bytes;
}

int snapshot_key_of_label(const char *label, struct snapshot_key *out)
{
    json_t *record = json_loads(label, 0, NULL);
    const char *name, *program, *point, *options, *build, *jdk, *cpu;

    *out = (struct snapshot_key){.name = NULL};
    int error = json_unpack(record, "{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "name", &name, "program", &program, "point",
                            &point, "options", &options, "build", &build, "jdk", &jdk, "cpu", &cpu) == 0
                    ? 0 : -EINVAL;
    if (error == 0 && !(fits(out->program, sizeof out->program, program) &&
                        fits(out->point, sizeof out->point, point) &&
                        fits(out->build, sizeof out->build, build) && fits(out->jdk, sizeof out->jdk, jdk) &&
                        fits(out->cpu, sizeof out->cpu, cpu)))
        error = -EINVAL;
    if (error == 0 && ((out->name = strdup(name)) == NULL || (out->options = strdup(options)) == NULL))
        error = -ENOMEM;
    json_decref(record);
    return error;
}

/* ---- files that have travelled ----------------------------------------------------------------------------------- */

static int copy(const char *from, const char *to, char *reason, size_t bytes)
{
    int target = open(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    int error = target < 0 ? -errno : content_copy(from, target);

    if (target >= 0 && close(target) != 0 && error == 0)
        error = -errno;
    if (error != 0)
        snprintf(reason, bytes, "cannot copy %.200s to %.200s: %s", from, to, strerror(-error));
    return error;
}

/* The key that the file carries. */
static int read_key(const char *file, struct snapshot_key *key, char *reason, size_t bytes)
{
    struct snapshot *s;
    int error = snapshot_open(&s, file, reason, bytes);

    *key = (struct snapshot_key){.name = NULL};
    if (error != 0)
        return error;
    error = snapshot_key_of_label(snapshot_label(s), key);
    if (error != 0)
        snprintf(reason, bytes, "%.200s does not say which program it is of: cloister warm -o FILE makes such files",
                 file);
    snapshot_close(s);
    return error;
}

int snapshot_cache_add(struct snapshot_cache *c, const char *file, char **name, char *reason, size_t bytes)
{
    char path[PATH_MAX];
    struct snapshot_key key;
    int error = read_key(file, &key, reason, bytes);

    *name = NULL;
    if (error == 0)
        error = snapshot_cache_begin(c, &key, path, reason, bytes);
    if (error == 0 && (error = copy(file, path, reason, bytes)) != 0)
        unlink(path);
    if (error == 0)
        error = snapshot_cache_commit(c, &key, NULL, path, reason, bytes);
    if (error == 0 && (*name = strdup(key.name)) == NULL) {
        snprintf(reason, bytes, "out of memory");
        error = -ENOMEM;
    }
    snapshot_key_free(&key);
    return error;
}
