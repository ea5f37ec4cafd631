/* Folders below $XDG_CACHE_HOME/cloister (else ~/.cache/cloister), which only their user can read and write. */
#ifndef ISOLATE_USER_FOLDER_H
#define ISOLATE_USER_FOLDER_H

#include <stddef.h>

/* An open descriptor of the folder `name`, made with its parents where they are missing, and its path (malloc'ed;
 * NULL on failure).  `purpose` is what it is for, for the sentence.  Negative errno, never -ENOENT. */
int user_folder_open(const char *name, const char *purpose, char **path, char *reason, size_t bytes);
/* A sentence for what cannot be done there; returns the error. */
int user_folder_cannot(const char *purpose, const char *what, const char *path, int error, char *reason, size_t bytes);

#endif
