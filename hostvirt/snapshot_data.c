/* A snapshot's pages: found, unpacked when they are compressed, and verified against their checksums. */
#include "hostvirt/snapshot_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

static uint64_t chunk_bytes(const struct snapshot *s, size_t chunk)
{
    uint64_t rest = s->header.data_bytes - chunk * CHUNK_BYTES;

    return rest < CHUNK_BYTES ? rest : CHUNK_BYTES;
}

static int damaged(const struct snapshot *s, size_t chunk, char *reason, size_t bytes)
{
    snprintf(reason, bytes, "%s is damaged: the pages between %llu and %llu MiB of its data are not what was saved",
             s->path, (unsigned long long)chunk * 2, (unsigned long long)chunk * 2 + 2);
    return -EBADMSG;
}

/* One piece of the pages, unpacked, with its checksum right. */
static int load_chunk(struct snapshot *s, size_t chunk, uint8_t *to, uint8_t *packed, char *reason, size_t bytes)
{
    uint64_t length = chunk_bytes(s, chunk), at = DATA_OFFSET + chunk * CHUNK_BYTES, stored = length;
    uint8_t *into = to;

    if (s->frames != NULL) {
        at = s->frames[chunk];
        stored = s->frames[chunk + 1] - at;
        into = packed;
    }
    for (uint64_t done = 0; done < stored;) {
        ssize_t got = pread(s->host, into + done, stored - done, (off_t)(at + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            int error = got < 0 ? -errno : -EIO;
            snprintf(reason, bytes, "cannot read the pages of %s: %s", s->path, strerror(-error));
            return error;
        }
        done += (uint64_t)got;
    }
    if (s->frames != NULL) {
        size_t unpacked = ZSTD_decompress(to, CHUNK_BYTES, packed, stored);
        if (ZSTD_isError(unpacked) || unpacked != length)
            return damaged(s, chunk, reason, bytes);
    }
    struct hash sum = hash_of(to, length);
    return hash_equal(&sum, &s->chunks[chunk]) ? 0 : damaged(s, chunk, reason, bytes);
}

static int write_sparse(int host, const uint8_t *from, uint64_t length, uint64_t offset)
{
    for (uint64_t at = 0; at < length; at += PAGE_BYTES) {
        ssize_t put = page_is_zero(from + at) ? (ssize_t)PAGE_BYTES
                                              : pwrite(host, from + at, PAGE_BYTES, (off_t)(offset + at));
        if (put != (ssize_t)PAGE_BYTES)
            return put < 0 ? -errno : -ENOSPC;
    }
    return 0;
}

/* Calls load_chunk for every piece; `copy` gets the pages when it is a descriptor. */
static int walk_chunks(struct snapshot *s, int copy, char *reason, size_t bytes)
{
    uint8_t *chunk = malloc(CHUNK_BYTES), *packed = s->frames != NULL ? malloc(2 * CHUNK_BYTES) : NULL;
    int error = 0;

    if (chunk == NULL || (s->frames != NULL && packed == NULL)) {
        snprintf(reason, bytes, "out of memory");
        error = -ENOMEM;
    }
    for (size_t i = 0; i < s->chunk_count && error == 0; i++) {
        error = load_chunk(s, i, chunk, packed, reason, bytes);
        if (error == 0 && copy >= 0 &&
            (error = write_sparse(copy, chunk, chunk_bytes(s, i), DATA_OFFSET + i * CHUNK_BYTES)) != 0)
            snprintf(reason, bytes, "cannot unpack the pages of %s: %s", s->path, strerror(-error));
    }
    free(chunk);
    free(packed);
    return error;
}

/* Beside the file when that folder can be written (its disk has room for such files), else in memory.  Without a name:
 * it goes with the last process that uses it. */
static int unpacked_file(const struct snapshot *s)
{
    const char *slash = strrchr(s->path, '/');
    char *folder = NULL;
    int host = -1;

    if (asprintf(&folder, "%.*s", slash != NULL ? (int)(slash - s->path + 1) : 1, slash != NULL ? s->path : ".") >= 0) {
        host = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
        free(folder);
    }
    return host >= 0 ? host : memfd_create("cloister-snapshot", MFD_CLOEXEC);
}

static int unpack(struct snapshot *s, char *reason, size_t bytes)
{
    int host = unpacked_file(s);
    int error = host < 0 || ftruncate(host, (off_t)(DATA_OFFSET + s->header.data_bytes)) != 0 ? -errno : 0;

    if (error != 0)
        snprintf(reason, bytes, "cannot unpack the pages of %s: %s", s->path, strerror(-error));
    else
        error = walk_chunks(s, host, reason, bytes);
    if (error == 0) {
        s->data = host;
        return 0;
    }
    if (host >= 0)
        close(host);
    return error;
}

int snapshot_data(struct snapshot *s, unsigned layer, char *reason, size_t bytes)
{
    struct snapshot *its = s->layers[layer];
    int result = 0;

    pthread_mutex_lock(&its->lock);
    if (its->data < 0)
        result = unpack(its, reason, bytes);
    if (result == 0)
        result = its->data;
    pthread_mutex_unlock(&its->lock);
    return result;
}

const char *snapshot_cut(const struct snapshot *s)
{
    struct stat status;

    for (unsigned i = 0; s != NULL && i < s->layer_count; i++) {
        const struct snapshot *layer = s->layers[i];
        if (layer->data >= 0 && fstat(layer->data, &status) == 0 &&
            (uint64_t)status.st_size < DATA_OFFSET + layer->header.data_bytes)
            return layer->path;
    }
    return NULL;
}

int snapshot_verify(struct snapshot *s, char *reason, size_t bytes)
{
    int error = 0;

    for (struct snapshot *layer = s; layer != NULL && error == 0; layer = layer->parent)
        error = walk_chunks(layer, -1, reason, bytes);
    return error;
}
