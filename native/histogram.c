/* Objects and bytes of each class: GC.class_histogram, jmap -histo. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "native/diagnostic.h"
#include "vm/object.h"

struct row { const struct class *class; uint64_t count, bytes; };

/* A hash table of classes by their address, open addressing; never full.  It is no memory of malloc's, whose lock a
 * stopped thread may hold when it grows. */
struct histogram {
    struct row *rows;
    size_t capacity; /* a power of two */
    size_t used;
    bool full;       /* too small: classes were left out */
};

enum { FIRST_CAPACITY = 16 * 1024, NAME_LENGTH = 1024 };

static struct row *row_of(struct histogram *h, const struct class *c)
{
    size_t i = ((uintptr_t)c >> 6) * 0x9e3779b97f4a7c15u >> 20;
    for (;; i++) {
        struct row *row = &h->rows[i & (h->capacity - 1)];
        if (row->class == c)
            return row;
        if (row->class != NULL)
            continue;
        if (h->used >= h->capacity / 2) {
            h->full = true;
            return NULL;
        }
        h->used++;
        row->class = c;
        return row;
    }
}

/* World stopped. */
static void count(struct object *o, size_t cell_size, void *arg)
{
    struct row *row = row_of(arg, object_class(o));
    if (row != NULL) {
        row->count++;
        row->bytes += cell_size;
    }
}

static bool take(struct histogram *h)
{
    for (h->capacity = FIRST_CAPACITY;; h->capacity *= 2) {
        size_t bytes = h->capacity * sizeof *h->rows;
        h->rows = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (h->rows == MAP_FAILED)
            return false;
        h->used = 0;
        h->full = false;
        gc_walk_heap(count, h);
        if (!h->full)
            return true;
        munmap(h->rows, bytes);
    }
}

static int by_bytes(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return x->count != y->count ? (x->count < y->count ? 1 : -1) : 0;
}

static void print_row(int fd, size_t number, const struct row *row)
{
    const struct module *module = row->class->module;
    char name[NAME_LENGTH];
    class_external_name(row->class, name, sizeof name);
    dprintf(fd, "%4zu: %13llu  %13llu  %s", number, (unsigned long long)row->count,
            (unsigned long long)row->bytes, name);
    if (module != NULL && module->name != NULL)
        dprintf(fd, " (%s%s%s)", module->name->bytes, module->version != NULL ? "@" : "",
                module->version != NULL ? module->version->bytes : "");
    dprintf(fd, "\n");
}

void diagnostic_histogram(int fd)
{
    struct histogram h;
    struct row total = {0};
    size_t rows = 0;
    if (!take(&h)) {
        dprintf(fd, "the system has no memory left to count classes\n");
        return;
    }
    for (size_t i = 0; i < h.capacity; i++)
        if (h.rows[i].class != NULL)
            h.rows[rows++] = h.rows[i];
    qsort(h.rows, rows, sizeof *h.rows, by_bytes);
    dprintf(fd, " num     #instances         #bytes  class name (module)\n"
                "-------------------------------------------------------\n");
    for (size_t i = 0; i < rows; i++) {
        print_row(fd, i + 1, &h.rows[i]);
        total.count += h.rows[i].count;
        total.bytes += h.rows[i].bytes;
    }
    dprintf(fd, "Total %13llu  %13llu\n", (unsigned long long)total.count, (unsigned long long)total.bytes);
    munmap(h.rows, h.capacity * sizeof *h.rows);
}
