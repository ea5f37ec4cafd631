/* Zip archives (images and jars) through libzip, which is loaded when the first one is opened or written: commands that
 * touch none start without it.  What an archive says of itself is not believed: sizes are those of what was read. */
#ifndef ISOLATE_ARCHIVE_H
#define ISOLATE_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct archive;

/* One entry as the archive's directory has it. */
struct archive_entry {
    const char *name; /* the archive's, as long as it is open */
    uint64_t index;
    uint64_t size;   /* bytes, unpacked, as it says */
    uint64_t packed; /* bytes in the archive */
};

/* Whether the file begins as zip archives do; says nothing of the rest. */
bool archive_begins(const char *path);

/* All return 0 or a negative errno with a sentence that names the file. */
int archive_open(struct archive **out, const char *path, char *reason, size_t bytes);
void archive_close(struct archive *a); /* NULL: nothing */
uint64_t archive_count(const struct archive *a);
int archive_entry(struct archive *a, uint64_t index, struct archive_entry *out, char *reason, size_t bytes);
/* The first entry of that name, exactly; false: none. */
bool archive_find(struct archive *a, const char *name, struct archive_entry *out);

/* Hands an entry's content over in blocks; stops with what `take` returns when that is not 0 (it says nothing: its
 * caller does).  An entry longer or shorter than it says, or with a wrong checksum, is -EBADMSG. */
typedef int archive_take(void *to, const void *block, size_t length);
int archive_read(struct archive *a, const struct archive_entry *e, archive_take *take, void *to, char *reason,
                 size_t bytes);
/* A whole entry of at most `most` bytes, malloc'ed and with a zero byte behind it. */
int archive_text(struct archive *a, const struct archive_entry *e, uint64_t most, char **text, size_t *length,
                 char *reason, size_t bytes);

/* What an archive is written of: a text, or a file of this machine. */
struct archive_source {
    const char *name;
    const char *text; /* NULL: `file` */
    const char *file;
};

/* Writes them in this order, stored, with fixed times and modes: the same sources give the same bytes.  The archive
 * is written under another name beside `path`, brought to the disk and renamed: until then what is at `path` stays. */
int archive_write(const char *path, const struct archive_source *sources, size_t count, char *reason, size_t bytes);
/* Puts one more entry into the archive at `path`, deflated, in place of one of that name; the others stay as they are.
 * Nobody else can read the archive then: the entry is a snapshot, which holds memory.
 * Written as above: until it is whole what is at `path` stays. */
int archive_add(const char *path, const struct archive_source *source, char *reason, size_t bytes);

#endif
