/* What was found out of files, kept in $XDG_CACHE_HOME/cloister/known for as long as they are the same: reading an
 * image and comparing its jars can take longer than a warm start.  Only a memory: whoever finds nothing here looks at
 * the file, and a folder that cannot be used is none.  Safe for any number of processes. */
#ifndef ISOLATE_KNOWN_H
#define ISOLATE_KNOWN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

/* Of a file that nobody has changed since: its device, number, size and times.  Nobody can set the time of change. */
enum { FILE_WORDS = 7 };
void known_words(const struct stat *s, uint64_t words[FILE_WORDS]);

/* Whether the file is the same, and was left alone long enough for a change after `s` to have another time. */
bool known_settled(const struct stat *s);
bool known_same(const struct stat *a, const struct stat *b);

/* What was kept of a file like this, for the caller to free; NULL: nothing.  `kind`: of knowledge, with its version. */
json_t *known_find(const char *kind, const struct stat *s);
/* Keeps what was found out of the file `path` after `s` was taken of it, unless the file has changed meanwhile or a
 * moment ago.  Takes `what` over; NULL: nothing is kept. */
void known_keep(const char *kind, const char *path, const struct stat *s, json_t *what);

#endif
