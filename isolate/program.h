/* Java programs that an isolate can run: an image, a jar, or a class path and a class.  Who starts one
 *
 *   1. makes it: program_open,
 *   2. gives the policy the program's defaults, and then the operator's options on top: program_defaults,
 *   3. shows the isolate what it needs, and asks for the command: program_mount, program_command,
 *   4. makes sure that the operator allows what an image asks for: program_check,
 *
 * and goes on with policy_prepare. */
#ifndef ISOLATE_PROGRAM_H
#define ISOLATE_PROGRAM_H

#include "isolate/image.h"
#include "isolate/runtime.h"
#include "isolate/snapshot_cache.h"

#define PROGRAM_PLACE "/app/lib" /* where isolates see the class path */

struct program {
    char *source;        /* as the user named it: a file, or a class path */
    char *title;         /* for listings: the name of the image or jar, else the class */
    struct image *image; /* NULL: none */
    struct runtime runtime;
    struct texts class_path; /* files and folders of this machine, absolute */
    struct texts missing;    /* what manifests of jars name and is not there, as they write it */
    char *main;              /* class; or */
    char *handler;           /* C or C.METHOD */
    struct texts java_options;
    struct texts arguments; /* of an image, for runs without arguments */
    struct texts places;    /* of the class path in the isolate; after program_mount */
    char *java;             /* the command in the isolate; after program_mount */
};

/* What a program is named by. */
struct program_source {
    const char *file;       /* an image or a jar; or */
    const char *class_path; /* entries that ':' separates, and */
    const char *main;       /* the class; with a jar NULL for its Main-Class */
    const char *handler;    /* answers calls instead of what the program names; NULL: none */
    const char *callee;     /* the same, of programs that name no handler */
    bool jar;               /* `file` is run as a jar, whatever it holds */
};

/* Whether a file is one for program_open rather than a program for the processor: its content decides, and its name
 * (.img, .jar) where that is no archive, so that a broken image is told to be one. */
bool program_is(const char *file);

/* Negative errno with a sentence, -ENOENT for a program that is not there; `p` is to be freed in any case.  Jars of an
 * image are unpacked to the user's cache. */
int program_open(struct program *p, const struct program_source *from, char *reason, size_t bytes);
void program_free(struct program *p);

/* To `out` the limits and defaults of an image; when it is trusted, also what it asks for and `operator` does not
 * give. */
int program_defaults(const struct program *p, const struct policy *operator, bool trust, struct policy *out,
                     char *reason, size_t bytes);
/* The VM and the class path, read-only. */
int program_mount(struct program *p, struct policy *policy, char *reason, size_t bytes);
/* Whether `policy`, with everything mounted, gives what an image asks for, and `operator`, which has the operator's
 * options alone, is not exceeded.  -EPERM with a sentence that names the first request and the option for it. */
int program_check(const struct program *p, const struct policy *operator, const struct policy *policy, bool trust,
                  char *reason, size_t bytes);

enum program_start {
    PROGRAM_MAIN, /* the main class runs; a handler waits for calls */
    PROGRAM_START, /* by cloister.isolate.internal.Start, which can be saved with main not yet called */
    PROGRAM_RUNTIME, /* the same before it has a program (program_runtime) */
};

/* The words of the command that runs it in the isolate: java, options that follow the policy's limits (heap,
 * processors), the program's, `options` (NULL: none), class path, class, arguments (the image's when none are
 * given).  A list for texts_free. */
int program_command(const struct program *p, const struct policy *policy, enum program_start start,
                    const struct texts *options, char *const *arguments, struct texts *out, char *reason, size_t bytes);
/* The class path as the isolate has it, malloc'ed; NULL: out of memory. */
char *program_class_path(const struct program *p);

/* Whether the VM can boot without the program: then snapshots of it are built on one of the VM alone.  -ENOTSUP with a
 * sentence: an option may need the program's files, or the isolate has them elsewhere. */
int program_check_runtime(const struct program *p, const struct policy *policy, const struct texts *options,
                          char *reason, size_t bytes);
/* That VM: the command, and a policy of its own with the limits that the VM looks at, prepared.  All three are to be
 * freed in any case. */
int program_runtime(const struct program *p, const struct policy *policy, const struct texts *options,
                    struct program *runtime, struct policy *own, struct texts *command, char *reason, size_t bytes);
/* The first words of it: java, and what the VM is told before the class path.  False: out of memory; *out is to be
 * freed in any case. */
bool program_options(const struct program *p, const struct policy *policy, const struct texts *options,
                     struct texts *out);

/* What a snapshot is found by that stands for a start of the program at that point (WARM_... of warm.h); after
 * program_mount and policy_prepare.  `options` as for program_command; `arguments`: when the program has had them, and
 * its environment, already; else NULL.  -ENOTSUP or -E2BIG with a sentence: it cannot be saved.  *out is to be freed in
 * any case. */
int program_key(const struct program *p, const struct policy *policy, const struct texts *options,
                const struct texts *arguments, const char *point, struct snapshot_key *out, char *reason, size_t bytes);

/* Whether the VM reads the variable (NAME=VALUE) before main: then it is part of the key. */
bool program_reads_at_boot(const char *variable);

#endif
