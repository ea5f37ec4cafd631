/* A heap without a VM, for the tests of gc/: layouts of each kind, trees and references to put into it.  A process has
 * one heap: every test starts it first. */
#ifndef CLOISTER_TESTS_HEAP_FIXTURE_H
#define CLOISTER_TESTS_HEAP_FIXTURE_H

#include <check.h>

#include "gc/gc.h"

enum { MB = 1 << 20, REFERENT = 16, QUEUE = 24, NEXT = 32, DISCOVERED = 40, TIMESTAMP = 48 };

struct heap_fixture {
    struct gc_thread thread;                 /* the one that started the heap */
    struct gc_layout plain, node, wide;      /* no references; two, at 16 and 24; a hundred */
    struct gc_layout bytes, refs;            /* arrays */
    struct gc_layout soft, weak, final, phantom;
    int64_t soft_clock;
};
extern struct heap_fixture heap;

void heap_start(void); /* 64 MiB at first, 256 at most */
void heap_start_with(size_t initial, size_t maximum, bool torture);

struct object *heap_new_node(struct gc_thread *t, struct object *a, struct object *b);
/* A tree of 2^(depth + 1) - 1 nodes into a root slot. */
void heap_fill_tree(struct object **slot, int depth);
size_t heap_count_tree(struct object *o); /* fails the test when something in it is no node */

/* A reference object of one of the four kinds into a root slot. */
void heap_new_reference(struct object **slot, struct gc_layout *kind, struct object *referent);
struct object *heap_referent_of(struct object *reference);
/* How many references the collector has queued for Java. */
size_t heap_take_pending(void);

#endif
