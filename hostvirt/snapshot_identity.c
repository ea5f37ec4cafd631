/* What a file of the host's is, so that a restore can tell whether it is still the same: by what the file system says
 * of it, which is enough where nothing has changed and costs nothing, else by its content. */
#include "hostvirt/clock.h"
#include "hostvirt/snapshot_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#define HASHED_MOST (1ull << 30) /* bytes: what is larger must be the very same file */
#define PIECE_BYTES (1ul << 20)
#define SETTLED 100000000 /* ns: file systems tell times in steps of a timer's tick, 10 ms at most */

void collect_identity(struct saved_identity *i, const struct stat *status)
{
    *i = (struct saved_identity){
        .device = status->st_dev, .inode = status->st_ino, .bytes = (uint64_t)status->st_size,
        .seconds = status->st_mtim.tv_sec, .nanoseconds = status->st_mtim.tv_nsec,
        .changed_seconds = status->st_ctim.tv_sec, .changed_nanoseconds = status->st_ctim.tv_nsec,
    };
}

static bool same_times(const struct saved_identity *a, const struct saved_identity *b)
{
    return a->seconds == b->seconds && a->nanoseconds == b->nanoseconds && a->changed_seconds == b->changed_seconds &&
           a->changed_nanoseconds == b->changed_nanoseconds;
}

/* Nobody can change a file's content without its time of change, which nobody can set. */
static bool same_file(const struct saved_identity *a, const struct saved_identity *b)
{
    return a->settled && a->device == b->device && a->inode == b->inode && a->bytes == b->bytes && same_times(a, b);
}

/* Read with pread: the position may be the guest's.  0, -EIO (shorter than it was), -ENOMEM or what reading says. */
static int hash_content(int host, uint64_t bytes, struct hash *out)
{
    uint8_t *piece = aligned_alloc(PAGE_BYTES, PIECE_BYTES); /* aligned: the descriptor may be one of O_DIRECT */
    XXH3_state_t *state = XXH3_createState();
    int error = piece == NULL || state == NULL || XXH3_128bits_reset(state) != XXH_OK ? -ENOMEM : 0;

    for (uint64_t at = 0; at < bytes && error == 0;) {
        ssize_t got = pread(host, piece, PIECE_BYTES, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            error = got < 0 ? -errno : -EIO;
            break;
        }
        size_t used = (uint64_t)got < bytes - at ? (size_t)got : (size_t)(bytes - at);
        XXH3_128bits_update(state, piece, used);
        at += used;
    }
    if (error == 0) {
        XXH128_canonical_t canonical;
        XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state));
        memcpy(out->bytes, canonical.digest, sizeof out->bytes);
    }
    XXH3_freeState(state);
    free(piece);
    return error;
}

/* What the snapshot that the guest was started from knows of the same file. */
static const struct saved_identity *known(const struct snapshot *from, const struct saved_identity *i)
{
    for (size_t n = 0; from != NULL && n < from->state.memory.file_count; n++)
        if (same_file(&from->state.memory.files[n].identity, i) && from->state.memory.files[n].identity.hashed)
            return &from->state.memory.files[n].identity;
    for (size_t n = 0; from != NULL && n < from->state.descriptors.description_count; n++)
        if (same_file(&from->state.descriptors.descriptions[n].identity, i) &&
            from->state.descriptors.descriptions[n].identity.hashed)
            return &from->state.descriptors.descriptions[n].identity;
    return NULL;
}

int collect_content(struct collector *c, int host, const char *path, struct saved_identity *i)
{
    const struct saved_identity *before = known(c->m->snapshots->from, i);
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    /* A file changed just now may be changed again without its times showing it. */
    i->settled = (int64_t)timespec_ns(&now) - (i->changed_seconds * 1000000000 + i->changed_nanoseconds) > SETTLED;
    if (before != NULL || i->bytes > HASHED_MOST) {
        i->hashed = before != NULL;
        i->settled = true;
        if (before != NULL)
            i->content = before->content;
        return 0;
    }
    int error = hash_content(host, i->bytes, &i->content);
    i->hashed = error == 0;
    if (error == 0)
        return 0;
    return collect_fail(c, error, "cannot read the file %s of the isolate: %s", path, strerror(-error));
}

bool identity_matches(const struct saved_identity *was, int host)
{
    struct saved_identity now;
    struct stat status;
    struct hash content;

    if (fstat(host, &status) != 0)
        return false;
    collect_identity(&now, &status);
    if (same_file(was, &now))
        return true;
    return was->hashed && S_ISREG(status.st_mode) && was->bytes == now.bytes &&
           hash_content(host, now.bytes, &content) == 0 && hash_equal(&was->content, &content);
}
