/* Folders below $XDG_CACHE_HOME/cloister (else ~/.cache/cloister), which only their user can read and write. */
#ifndef ISOLATE_USER_FOLDER_H
#define ISOLATE_USER_FOLDER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/* An open descriptor of the folder `name`, made with its parents where they are missing, and its path (malloc'ed;
 * NULL on failure).  `purpose` is what it is for, for the sentence.  Negative errno, never -ENOENT. */
int user_folder_open(const char *name, const char *purpose, char **path, char *reason, size_t bytes);
/* A sentence for what cannot be done there; returns the error. */
int user_folder_cannot(const char *purpose, const char *what, const char *path, int error, char *reason, size_t bytes);

/* ---- what lies in one ---- */

/* Whether it is the user's own file or folder (no link), which others can neither read nor write. */
bool user_folder_owns(int folder, const char *name);
/* Removes a file, a link, or a folder of files.  Negative errno. */
int user_folder_remove(int folder, const char *name);

/* The record beside an entry: NAME.json, for people and for explanations.  Its time of change is when the entry was
 * used last. */
#define USER_RECORD ".json"
/* NULL: there is none that can be read.  `status`: its file's; NULL is allowed. */
json_t *user_folder_record(int folder, const char *name, struct stat *status);
/* Whole or not at all.  Negative errno. */
int user_folder_write_record(int folder, const char *name, const json_t *record);
void user_folder_remove_record(int folder, const char *name);
/* The entry is used now.  A folder that cannot be written keeps the time before: what is in it can be used all the
 * same. */
void user_folder_used(int folder, const char *name);

#endif
