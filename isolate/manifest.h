/* cloister.json, the manifest of a program image (cloister-image(5)): what starts, its defaults, what it asks for. */
#ifndef ISOLATE_MANIFEST_H
#define ISOLATE_MANIFEST_H

#include "hostvirt/config.h"
#include "isolate/jar.h"

#define MANIFEST_FORMAT 1
#define MANIFEST_NAME "cloister.json"
#define IMAGE_LIB "lib/" /* jars of an image lie there, flat */
#define IMAGE_WARM "warm/" /* and there the snapshots that it brings along (image_layer.h) */

/* A key of cloister.conf(5) and a value; NULL for a flag.  Limits are defaults; files and network are asked for. */
struct manifest_option {
    const struct option_row *row;
    char *value;
};

struct manifest {
    char *name;                /* what people call it */
    char *main;                /* class; NULL: the Main-Class of the first jar */
    char *handler;             /* C or C.METHOD instead of a main class; NULL */
    struct texts class_path;   /* entries of the image: "lib/NAME.jar"; at least one */
    struct texts java_options; /* each a word that begins with '-' */
    struct texts arguments;    /* for runs without arguments of their own */
    struct manifest_option *options;
    size_t option_count;
    unsigned java; /* JDK feature release that it needs at least */
    char *vm;      /* version of Cloister's VM that it needs at least: "0.1" */
};

/* What is checked of a part, for builds and for readers: 0, or -EINVAL with a sentence. */
int manifest_check_class(const char *class, char *reason, size_t bytes); /* a.b.C */
int manifest_check_java_option(const char *option, char *reason, size_t bytes);
int manifest_add_option(struct manifest *m, const struct option_row *row, const char *value, char *reason,
                        size_t bytes);
/* Whether an image may have the option at all. */
bool manifest_allows(const struct option_row *row);
/* Whether the option asks for files or network of this machine; the others are limits and defaults. */
bool manifest_asks(const struct option_row *row);

/* Reads a whole manifest; `m` is to be freed in any case.  -EINVAL with a sentence that says which key is wrong. */
int manifest_parse(struct manifest *m, const char *text, size_t length, char *reason, size_t bytes);
/* The manifest as a text, always the same for the same values; malloc'ed.  NULL: a value is no UTF-8, or memory is
 * out. */
char *manifest_text(const struct manifest *m);
void manifest_free(struct manifest *m);

#endif
