/* Memory for what the collector does not manage and the VM never frees piece by piece: classes, code, symbols.
 *
 * Most of who needs it cannot fail half way (a vtable, an inline cache, a symbol).  So there is a reserve: when the
 * system refuses memory, it is taken from there, and who begins something larger asks first (metadata_admit) and throws
 * OutOfMemoryError while the reserve is broken into.  It is refilled as soon as the system has memory again. */
#ifndef CLOISTER_VM_METADATA_H
#define CLOISTER_VM_METADATA_H

#include "vm/base.h"

/* What asks for admission, and how much of the reserve must be left for it.  A program that handles its
 * OutOfMemoryError needs classes of the library and methods that never ran before. */
enum metadata_use {
    METADATA_PROGRAM, /* classes of the program: all of it */
    METADATA_LIBRARY, /* classes of the boot loader, and what is made of classes that are there: a quarter */
    METADATA_CODE,    /* the translation of a method: an eighth */
};

/* Zeroed, page-aligned, filled at once.  NULL: the system refuses. */
void *metadata_map(size_t bytes);
/* Zeroed, 16-byte aligned, never to be freed.  NULL: the reserve has no room for it. */
void *metadata_from_reserve(size_t bytes);
/* Counts memory towards -XX:MaxMetaspaceSize; negative: given back. */
void metadata_count(ptrdiff_t bytes);
/* May work go on that will take about `bytes`?  false: OutOfMemoryError "Metaspace" is pending on `t`. */
bool metadata_admit(struct thread *t, enum metadata_use use, size_t bytes);

#endif
