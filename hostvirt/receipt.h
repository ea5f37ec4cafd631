/* What calls cost: figures of an isolate that only grow, and their difference between two answers.  `cloister stat`
 * shows the same figures (control_statistics.c), so that receipts add up to what it shows. */
#ifndef HOSTVIRT_RECEIPT_H
#define HOSTVIRT_RECEIPT_H

#include "hostvirt/process.h"

#include <jansson.h>

/* Their names in JSON, and what they are. */
#define RECEIPT_FIGURES(FIGURE)                                                                                        \
    FIGURE(cpu_ns, "processor time of the isolate, its monitor included")                                              \
    FIGURE(wall_ns, "from the message's arrival to the answer")                                                        \
    FIGURE(allocated_bytes, "Java objects, as the program says; threads take room for them by blocks")                 \
    FIGURE(collections, "of the Java heap, as the program says")                                                       \
    FIGURE(pages_read, "of the snapshot or of files, mapped")                                                          \
    FIGURE(pages_written, "the isolate's own")                                                                         \
    FIGURE(exits_syscall, "of virtual processors, for system calls")                                                   \
    FIGURE(exits_patched, "the same, from sites that were rewritten")                                                  \
    FIGURE(exits_exception, "for exceptions of the program")                                                           \
    FIGURE(exits_kick, "because the monitor stopped them")                                                             \
    FIGURE(exits_fault, "for memory that the host had to look for")                                                    \
    FIGURE(system_calls, "answered")                                                                                   \
    FIGURE(denied_calls, "system calls that isolates do not have")                                                     \
    FIGURE(denied_files, "paths that the configuration does not give")                                                 \
    FIGURE(denied_network, "addresses that the configuration does not give")

struct receipt {
#define FIGURE(name, text) uint64_t name;
    RECEIPT_FIGURES(FIGURE)
#undef FIGURE
};

/* What is counted so far; but wall_ns, allocated_bytes, collections and the pages, which are 0. */
void receipt_count(const struct monitor *m, struct receipt *out);
/* The isolate's pages, at this moment: from the host's page tables, about 0.1 ms.  -errno: not known, and then 0. */
int receipt_pages(const struct monitor *m, struct receipt *out);

void receipt_add(struct receipt *to, const struct receipt *r);
void receipt_subtract(struct receipt *from, const struct receipt *r); /* 0 where r's is larger */
json_t *receipt_json(const struct receipt *r); /* NULL: no memory */

#endif
