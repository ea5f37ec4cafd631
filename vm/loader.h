/* Class loaders, modules and packages as the VM sees them (JVMS 5.3, 5.4.4; JLS 7).
 * Operations are in classloader/; this header is the data that lower layers read. */
#ifndef CLOISTER_VM_LOADER_H
#define CLOISTER_VM_LOADER_H

#include <pthread.h>

#include "vm/base.h"

/* Bump allocator for metadata that lives as long as its loader.  Thread-safe.  Zeroed memory, 8-byte aligned. */
struct arena;
struct arena *arena_new(void);
/* Never NULL: from the reserve (vm/metadata.h) when the system has no memory, and when that is used up, too, the
 * process ends with one sentence.  For what is bounded; who cannot tell how much it will be takes the second one. */
void *arena_alloc(struct arena *arena, size_t size);
void *arena_try_alloc(struct arena *arena, size_t size); /* NULL: out of memory, which the caller reports */
size_t arena_used(const struct arena *arena);
void arena_free(struct arena *arena);

struct package {
    struct symbol *name;                 /* "java/lang"; "" for the unnamed package */
    struct module *module;
    struct package *next;                /* hash chain */
    bool exported_to_all, exported_to_unnamed;
    struct module **exports;             /* qualified: [export_count] */
    uint32_t export_count, export_capacity;
    bool has_classes;                    /* a class of it was defined */
    struct symbol *location;             /* where its first boot class came from */
};

struct module {
    struct symbol *name;                 /* NULL: an unnamed module */
    struct object **java;                /* root slot of the java.lang.Module; its value may be NULL early */
    struct loader *loader;
    struct symbol *version, *location;
    bool open, reads_unnamed;            /* reads_unnamed: reads every unnamed module ("loose") */
    struct module **reads;
    uint32_t read_count, read_capacity;
    struct module *next;                 /* list of the loader's modules */
};

struct loader {
    struct object **java;                /* root slot of the ClassLoader; value NULL for the boot loader */
    struct arena *arena;
    pthread_mutex_t lock;                /* dictionary, packages, modules; never held over Java or allocation */
    struct dictionary *classes;          /* by name: classes for which this is an initiating loader */
    struct package **packages;           /* hash table */
    uint32_t package_buckets, package_count;
    struct module *modules, *unnamed;
    struct class *_Atomic defined;       /* classes defined by it, newest first, through next_in_loader */
    bool parallel_capable;               /* parallelLockMap != null */
    bool is_boot, is_platform, is_builtin_app;
    struct loader *next;                 /* all loaders */
};

#endif
