/* The memory of a thread's local references. */
#include <sys/mman.h>

#include "vm/thread_private.h"

/* Address space reserved per thread; pages are committed when they are first written.  A slot never moves. */
enum { LOCAL_SLOTS = 1 << 20 };

bool handle_stack_map(struct handle_stack *h)
{
    void *area = mmap(NULL, LOCAL_SLOTS * sizeof *h->slots, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (area == MAP_FAILED)
        return false;
    *h = (struct handle_stack){.slots = area, .capacity = LOCAL_SLOTS};
    return true;
}

void handle_stack_unmap(struct handle_stack *h)
{
    struct object **slots = h->slots;
    *h = (struct handle_stack){0}; /* first: the collector scans slots[0 .. top) */
    if (slots != NULL)
        munmap(slots, LOCAL_SLOTS * sizeof *slots);
}
