/* The one place where the monitor touches guest memory.  Guest addresses are untrusted: each function checks that the
 * range lies in the guest's part of the address space and survives pages that are missing, protected or cut off by a
 * shrinking file (the fault handler resumes in the copy routine).  Structures are copied once and the copy is checked:
 * other guest threads may change the original at any moment.
 *
 * At guest addresses the monitor's own page protections are those of the guest (read and write), so a check of the
 * mapping list is not needed: what the guest may not read or write, the copy cannot either. */
#ifndef HOSTVIRT_UACCESS_H
#define HOSTVIRT_UACCESS_H

#include "hostvirt/layout.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Installs the SIGSEGV/SIGBUS handler that the copies need; once per process. */
int uaccess_init(void);

/* 0 or -EFAULT; nothing is promised of a partial copy. */
int copy_in(void *to, uint64_t from, size_t bytes);
int copy_out(uint64_t to, const void *from, size_t bytes);
int clear_out(uint64_t to, size_t bytes);
/* Copies a string with its terminator into to[size].  Its length without the terminator, -EFAULT, or -ENAMETOOLONG. */
long copy_string(char *to, uint64_t from, size_t size);
/* Atomic compare-and-exchange of an aligned guest word; 0 with *seen the value found, -EFAULT, -EINVAL unaligned. */
int exchange_word(uint64_t address, uint32_t expected, uint32_t desired, uint32_t *seen);
int load_word(uint64_t address, uint32_t *value);
/* One store of two bytes, unaligned perhaps. */
int store_half(uint64_t address, uint16_t value);

/* A guest buffer for a host call that itself answers EFAULT (read, write, recv...): its address in the monitor, or
 * NULL when the range is not the guest's.  Never for structures, and never dereferenced by the monitor. */
static inline void *guest_buffer(uint64_t address, uint64_t bytes)
{
    return bytes == 0 || guest_range_valid(address, bytes) ? (void *)(uintptr_t)address : NULL;
}

#endif
