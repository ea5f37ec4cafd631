/* Which pages of the guest's memory are worth saving, from the host's own page tables: PAGEMAP_SCAN (Linux 6.7), else
 * /proc/self/pagemap page by page (Documentation/admin-guide/mm/pagemap.rst). */
#include "hostvirt/snapshot_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

bool page_is_zero(const uint8_t *page)
{
    const uint64_t *words = (const uint64_t *)page;

    for (size_t i = 0; i < PAGE_BYTES / 8; i++)
        if (words[i] != 0)
            return false;
    return true;
}

int ranges_add(struct page_ranges *r, uint64_t start, uint64_t end)
{
    if (r->count > 0 && r->list[r->count - 1].end == start) {
        r->list[r->count - 1].end = end;
        return 0;
    }
    if (r->count == r->room) {
        size_t room = r->room != 0 ? 2 * r->room : 64;
        struct page_range *list = reallocarray(r->list, room, sizeof *list);
        if (list == NULL)
            return -ENOMEM;
        r->list = list;
        r->room = room;
    }
    r->list[r->count++] = (struct page_range){start, end};
    return 0;
}

static int compare_ranges(const void *a, const void *b)
{
    uint64_t x = ((const struct page_range *)a)->start, y = ((const struct page_range *)b)->start;

    return x < y ? -1 : x > y;
}

void ranges_settle(struct page_ranges *r)
{
    size_t kept = 0;

    if (r->count > 1)
        qsort(r->list, r->count, sizeof *r->list, compare_ranges);
    for (size_t i = 1; i < r->count; i++) {
        struct page_range *last = &r->list[kept];
        if (r->list[i].start > last->end)
            r->list[++kept] = r->list[i];
        else if (r->list[i].end > last->end)
            last->end = r->list[i].end;
    }
    r->count = r->count > 0 ? kept + 1 : 0;
}

void ranges_free(struct page_ranges *r)
{
    free(r->list);
    *r = (struct page_ranges){0};
}

/* ---- PAGEMAP_SCAN (include/uapi/linux/fs.h), which the C library's headers do not have yet ---- */

struct scan_region {
    uint64_t start, end, categories;
};

struct scan {
    uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
    uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};

#define SCAN_IOCTL _IOWR('f', 16, struct scan)
enum { IS_FILE = 4, IS_PRESENT = 8, IS_SWAPPED = 16, IS_ZERO_PAGE = 32 };
#define REGIONS 512

/* What is done with pages that lie together and are alike; `own`: no file's, nor the page of zeros. */
typedef int take_pages(void *to, uint64_t start, uint64_t end, bool own);

/* All pages, or only the process's own. */
static int scan_pages(int pagemap, uint64_t start, uint64_t end, bool all, take_pages *take, void *to)
{
    const uint64_t others = IS_FILE | IS_ZERO_PAGE;
    struct scan_region regions[REGIONS];
    struct scan scan = {.size = sizeof scan, .start = start, .end = end, .vec = (uint64_t)(uintptr_t)regions,
                        .vec_len = REGIONS, .category_inverted = all ? 0 : others, .category_mask = all ? 0 : others,
                        .category_anyof_mask = IS_PRESENT | IS_SWAPPED, .return_mask = all ? others : IS_PRESENT};

    while (scan.start < end) {
        int found = ioctl(pagemap, SCAN_IOCTL, &scan);
        if (found < 0)
            return -errno;
        for (int i = 0; i < found; i++) {
            bool own = !all || (regions[i].categories & others) == 0;
            int error = take(to, regions[i].start, regions[i].end, own);
            if (error != 0)
                return error;
        }
        if (scan.walk_end <= scan.start)
            break;
        scan.start = scan.walk_end;
    }
    return 0;
}

#define ENTRY_PRESENT (1ull << 63)
#define ENTRY_SWAPPED (1ull << 62)
#define ENTRY_FILE (1ull << 61)
#define ENTRIES 1024

static int read_entries(int pagemap, uint64_t start, uint64_t end, bool all, take_pages *take, void *to)
{
    uint64_t entries[ENTRIES];

    while (start < end) {
        size_t wanted = (end - start) / PAGE_BYTES < ENTRIES ? (end - start) / PAGE_BYTES : ENTRIES;
        ssize_t got = pread(pagemap, entries, wanted * sizeof entries[0], (off_t)(start / PAGE_BYTES * 8));
        if (got <= 0)
            return got < 0 ? -errno : 0;
        for (size_t i = 0; i < (size_t)got / 8; i++, start += PAGE_BYTES) {
            bool there = (entries[i] & (ENTRY_PRESENT | ENTRY_SWAPPED)) != 0, own = !(entries[i] & ENTRY_FILE);
            int error = there && (own || all) ? take(to, start, start + PAGE_BYTES, own) : 0;
            if (error != 0)
                return error;
        }
    }
    return 0;
}

static bool is_no_scan(int error) /* an older kernel, or a filter of another wall */
{
    return error == -ENOTTY || error == -EINVAL || error == -ENOSYS;
}

static int add_own(void *to, uint64_t start, uint64_t end, bool own)
{
    return ranges_add(to, start, end);
}

int pages_own(int pagemap, uint64_t start, uint64_t end, struct page_ranges *out)
{
    size_t before = out->count;
    int error = scan_pages(pagemap, start, end, false, add_own, out);

    if (is_no_scan(error)) {
        out->count = before;
        error = read_entries(pagemap, start, end, false, add_own, out);
    }
    return error;
}

static int count_pages(void *to, uint64_t start, uint64_t end, bool own)
{
    ((uint64_t *)to)[own] += (end - start) / PAGE_BYTES;
    return 0;
}

int snapshot_count_pages(const struct monitor *m, uint64_t *files, uint64_t *own)
{
    uint64_t counts[2] = {0, 0};
    int pagemap = m->snapshots != NULL ? m->snapshots->pagemap : -1;
    int error = scan_pages(pagemap, GUEST_LOW, GUEST_HIGH, true, count_pages, counts);

    if (is_no_scan(error)) {
        counts[0] = counts[1] = 0;
        error = read_entries(pagemap, GUEST_LOW, GUEST_HIGH, true, count_pages, counts);
    }
    *files = error == 0 ? counts[0] : 0;
    *own = error == 0 ? counts[1] : 0;
    return error;
}

/* ---- which of the host's mappings are a snapshot's file ---------------------------------------------------------- */

struct host_mapping {
    unsigned long start, end, inode;
    unsigned major, minor;
};

struct host_mappings {
    struct host_mapping *list;
    size_t count;
};

/* The whole of /proc/self/maps.  Only the guest's part must not change meanwhile, and the guest is stopped. */
static char *read_maps(int maps)
{
    size_t room = 1 << 20, used = 0;
    char *text = malloc(room);

    if (text == NULL || lseek(maps, 0, SEEK_SET) != 0) {
        free(text);
        return NULL;
    }
    for (;;) {
        ssize_t got = read(maps, text + used, room - used - 1);
        if (got <= 0)
            break;
        used += (size_t)got;
        if (room - used < 8192) {
            char *longer = realloc(text, room * 2);
            if (longer == NULL) {
                free(text);
                return NULL;
            }
            text = longer;
            room *= 2;
        }
    }
    text[used] = '\0';
    return text;
}

/* Cuts the text into its lines: sscanf measures all that it is given. */
static int parse_maps(char *text, struct host_mappings *out)
{
    size_t lines = 0;
    char *rest;

    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    *out = (struct host_mappings){calloc(lines + 1, sizeof *out->list), 0};
    if (out->list == NULL)
        return -ENOMEM;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        struct host_mapping *h = &out->list[out->count];
        if (sscanf(line, "%lx-%lx %*s %*s %x:%x %lu", &h->start, &h->end, &h->major, &h->minor, &h->inode) == 5)
            out->count++;
    }
    return 0;
}

/* What stat(2) and /proc/self/maps call a file differs on some file systems: a page of each layer is mapped, to be
 * recognised by its address. */
static int collect_layers(const struct host_mappings *all, void *const *probes, unsigned count,
                          struct page_ranges *out)
{
    const struct host_mapping *keys[LAYER_LIMIT];
    unsigned known = 0;

    for (size_t k = 0; k < all->count; k++)
        for (unsigned i = 0; i < count; i++)
            if (all->list[k].start == (uintptr_t)probes[i])
                keys[known++] = &all->list[k];
    if (known != count)
        return -EIO;
    for (size_t k = 0; k < all->count; k++) {
        const struct host_mapping *h = &all->list[k];
        bool is_layer = false;
        for (unsigned i = 0; i < known && !is_layer && h->start < GUEST_HIGH; i++)
            is_layer = h->inode == keys[i]->inode && h->major == keys[i]->major && h->minor == keys[i]->minor;
        if (is_layer && ranges_add(out, h->start, h->end) != 0)
            return -ENOMEM;
    }
    return 0;
}

int pages_of_layers(struct snapshot *s, struct page_ranges *out)
{
    struct host_mappings all = {0};
    void *probes[LAYER_LIMIT];
    unsigned count = 0;
    char reason[256];
    int error = 0, maps = the_monitor->snapshots->maps;

    for (; count < s->layer_count && error == 0; count++) {
        int data = snapshot_data(s, count, reason, sizeof reason);
        probes[count] = data < 0 ? MAP_FAILED : mmap(NULL, 2 * PAGE_BYTES, PROT_NONE, MAP_PRIVATE, data, 0);
        if (probes[count] == MAP_FAILED)
            error = data < 0 ? data : -errno;
        else /* so that it is never joined with a neighbour of the same file */
            munmap((char *)probes[count] + PAGE_BYTES, PAGE_BYTES);
    }
    char *text = error == 0 ? read_maps(maps) : NULL;
    if (error == 0)
        error = text == NULL ? -ENOMEM : parse_maps(text, &all);
    if (error == 0)
        error = collect_layers(&all, probes, count, out);
    for (unsigned i = 0; i < count; i++)
        if (probes[i] != MAP_FAILED)
            munmap(probes[i], PAGE_BYTES);
    free(text);
    free(all.list);
    ranges_settle(out);
    return error;
}
