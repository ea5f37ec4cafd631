/* What jars say of themselves: META-INF/MANIFEST.MF (JAR File Specification, "JAR Manifest"). */
#ifndef ISOLATE_JAR_H
#define ISOLATE_JAR_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* A growing list of texts that it owns; `items` ends with NULL, and is NULL when nothing was added. */
struct texts {
    char **items;
    size_t count;
};

/* Takes the text over (NULL: memory was out).  False when memory is out: the text is freed. */
bool texts_add(struct texts *t, char *text);
void texts_free(struct texts *t);
bool texts_have(const struct texts *t, const char *text);

/* Adds the words of a text, which blanks separate; '...' and "..." keep them together.  -EINVAL: an open quote. */
int texts_split(struct texts *t, const char *text);

/* What the manifest's main section says of how the jar is started, as an object of texts for the caller to free: those
 * of Main-Class, Class-Path, Add-Exports and Add-Opens that it has.  A jar that nobody has changed since it was asked
 * the last time is not read (known.h).  Negative errno with a sentence when it cannot be read. */
int jar_attributes(const char *jar, json_t **out, char *reason, size_t bytes);
/* 1: the class C ("a.b.C") is in the jar, 0: it is not; or a negative errno with a sentence. */
int jar_has_class(const char *jar, const char *class, char *reason, size_t bytes);

/* Adds a jar or folder and behind it those that its Class-Path names, and theirs, once each, as absolute paths of this
 * machine.  What a manifest names and is not there java leaves out: it goes to `missing` as it is written there. */
int jar_class_path(struct texts *to, struct texts *missing, const char *entry, char *reason, size_t bytes);
/* The same for entries that ':' separates: an empty one is the working directory, a star for a file's name stands for
 * all jars of its folder, in the order of their names. */
int jar_class_paths(struct texts *to, struct texts *missing, const char *entries, char *reason, size_t bytes);
/* The same as java has it for programs: entries that are not there are left out, and go to `missing`, unless none
 * is. */
int jar_class_paths_there(struct texts *to, struct texts *missing, const char *entries, char *reason, size_t bytes);

#endif
