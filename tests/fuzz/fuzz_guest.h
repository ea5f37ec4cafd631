/* A guest process that never runs, for the fuzz targets: real memory, page tables, descriptors, mounts and signals, and
 * a monitor without KVM.  What would need KVM or another thread of the host is replaced at link time (-Wl,--wrap). */
#ifndef CLOISTER_FUZZ_GUEST_H
#define CLOISTER_FUZZ_GUEST_H

#include "hostvirt/thread.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where inputs put what their calls point to: readable and writable pages, then nothing. */
#define SCRATCH (GUEST_ARENA + (64ull << 20))
#define SCRATCH_BYTES (16 * PAGE_BYTES)
/* The same for reading only. */
#define SCRATCH_CONSTANT (SCRATCH + (32ull << 20))

/* Once: the monitor, its mounts (/w writable, /ro read-only) on a folder that is removed at the end, its handlers. */
void guest_start(void);
/* For each input: a process with one thread and a few open descriptors, without anything of the last one. */
struct thread *guest_begin(void);
void guest_end(struct thread *t);
bool guest_hurried(void);       /* the input has had its time: nothing may block any more */
void guest_trace(bool on);      /* --trace-exits, to standard error */
/* Host path of a name below the folder. */
void guest_host_path(char path[128], const char *name);

#endif
