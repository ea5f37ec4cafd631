/* Where everything is in a guest's address space and in its physical memory.
 *
 * A guest address is the same address in the monitor: host calls take guest buffers as they are, after a check
 * (uaccess.h).  The guest owns [GUEST_LOW, GUEST_HIGH); the monitor, a position-independent program, lives above and
 * asserts that at start (process.c).
 *
 *      guest virtual = monitor virtual                       guest physical
 *   64 KiB  GUEST_LOW   programs linked at fixed addresses   0            system area (SYSTEM_SIZE), in chunks
 *   32 TiB  GUEST_ARENA what the monitor places, packed      SYSTEM_SIZE  window 0, 1, 2, ... (WINDOW_BYTES each),
 *   64 TiB  GUEST_HIGH  the system area (supervisor only)                 by first use; neighbours share slots
 *
 * The system area (descriptor tables, stubs, exception stacks, page tables) is memory of the monitor that the guest's
 * page tables show at SYSTEM_BASE to ring 0 only; its one page for ring 3 holds the system-call stub. */
#ifndef HOSTVIRT_LAYOUT_H
#define HOSTVIRT_LAYOUT_H

#include <stdint.h>

#define PAGE_BYTES 4096ul
#define GRANULE_BYTES (2ul << 20)   /* what one large page-table entry maps */
#define WINDOW_BYTES (8ul << 20)    /* what KVM is given at once: it keeps 10 bytes for each of a slot's pages */

#define GUEST_LOW 0x10000ul          /* Linux's mmap_min_addr: below it, null pointers fault */
#define GUEST_ARENA 0x200000000000ul /* clear of the sanitizers' shadow memory */
#define GUEST_HIGH 0x400000000000ul
#define START_BYTES (3 * WINDOW_BYTES) /* from GUEST_ARENA on: stack, program and first libraries (exec.c) */

#define SYSTEM_BASE GUEST_HIGH     /* guest-virtual address of the system area */
#define SYSTEM_PHYSICAL 0ul       /* its guest-physical address */
#define SYSTEM_SIZE (512ul << 20) /* reserved; committed by chunks */
#define WINDOWS_PHYSICAL SYSTEM_SIZE
#define WINDOW_LIMIT 32700         /* 256 GiB of touched windows; KVM has 32,764 slots */

#define VCPU_LIMIT 256 /* of one VM: threads beyond it share (vcpu.h) */

static inline uint64_t page_down(uint64_t address)
{
    return address & ~(PAGE_BYTES - 1);
}

static inline uint64_t page_up(uint64_t address)
{
    return (address + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
}

/* A monitor that was built with AddressSanitizer has its shadow memory between programs at fixed addresses and the
 * arena: guests of such a monitor find the range taken. */
#ifndef __has_feature
#define __has_feature(feature) 0 /* a clang extension */
#endif
#if defined __SANITIZE_ADDRESS__ || __has_feature(address_sanitizer)
#define SANITIZER_START 0x7fff7000ul
#define SANITIZER_END 0x10007fff8000ul
#else
#define SANITIZER_START GUEST_ARENA
#define SANITIZER_END GUEST_ARENA
#endif

/* Whether [address, address + bytes), which does not overflow, reaches into that. */
static inline int sanitizer_owns(uint64_t address, uint64_t bytes)
{
    return SANITIZER_START < SANITIZER_END && address < SANITIZER_END && address + bytes > SANITIZER_START;
}

/* True when [address, address + bytes) lies in the guest's part, without overflow. */
static inline int guest_range_valid(uint64_t address, uint64_t bytes)
{
    return address >= GUEST_LOW && address <= GUEST_HIGH && bytes <= GUEST_HIGH - address &&
           !sanitizer_owns(address, bytes);
}

#endif
