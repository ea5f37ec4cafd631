/* A guest's address space: its life, mmap and munmap, and windows at their first touch. */
#include "hostvirt/memory_private.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define TOGETHER_BYTES (32ul << 20) /* windows that one fault opens */

int memory_new(struct memory **out, struct vm *vm, struct family *family)
{
    struct memory *m = calloc(1, sizeof *m);
    if (m == NULL)
        return -ENOMEM;
    pthread_mutex_init(&m->lock, NULL);
    m->vm = vm;
    m->family = family;
    m->place = GUEST_ARENA;
    m->references = 1;
    *out = m;
    return 0;
}

/* No guest code runs in it any more, so the page tables stay as they are: the VM may belong to the parent of this
 * forked monitor. */
void memory_release(struct memory *m)
{
    pthread_mutex_lock(&m->lock);
    bool last = --m->references == 0;
    pthread_mutex_unlock(&m->lock);
    if (!last)
        return;
    for (size_t i = 0; i < m->count; i++) {
        struct mapping *mapping = &m->list[i];
        munmap((void *)(uintptr_t)mapping->start, mapping->end - mapping->start);
        if (mapping->file != NULL)
            mapped_file_release(mapping->file);
    }
    memory_uncharge(m, m->committed);
    pthread_mutex_destroy(&m->lock);
    free(m->list);
    free(m);
}

bool memory_is_shared(struct memory *m)
{
    pthread_mutex_lock(&m->lock);
    bool shared = m->references > 1;
    pthread_mutex_unlock(&m->lock);
    return shared;
}

void memory_give_back(struct memory *m)
{
    pthread_mutex_lock(&m->lock);
    memory_uncharge(m, m->committed);
    pthread_mutex_unlock(&m->lock);
}

/* Shared memory stays on its creator's account; what MAP_NORESERVE kept off it comes onto the copy's. */
static bool fork_charges(const struct mapping *mapping)
{
    return !mapping->shared && (mapping->charged || (mapping->prot & PROT_WRITE && mapping->kind != MAPPING_SPECIAL));
}

bool memory_may_fork(const struct memory *m)
{
    uint64_t charge = 0, now = atomic_load_explicit(&m->family->committed, memory_order_relaxed);

    for (size_t i = 0; i < m->count; i++)
        if (fork_charges(&m->list[i]) && !m->list[i].no_fork)
            charge += m->list[i].end - m->list[i].start;
    return charge <= m->family->memory_limit && now <= m->family->memory_limit - charge;
}

int memory_clear(struct memory *m)
{
    pthread_mutex_lock(&m->lock);
    int error = memory_unmap_locked(m, GUEST_LOW, GUEST_HIGH);
    if (error == 0) {
        m->break_start = m->break_end = m->break_limit = 0;
        m->place = GUEST_ARENA;
    }
    pthread_mutex_unlock(&m->lock);
    return error;
}

/* What the host's fork() could not wipe is mapped anew. */
static int wipe_restored(struct mapping *mapping)
{
    if (!mapping->wipe || !mapping->restored)
        return 0;
    mapping->restored = false;
    return memory_host_map(mapping, -1);
}

/* What fork() did not copy leaves the list; what it copied against a mark is wiped. */
static int settle_list(struct memory *m, uint64_t *charge)
{
    size_t kept = 0;
    int error = 0;
    *charge = 0;
    for (size_t i = 0; i < m->count; i++) {
        struct mapping mapping = m->list[i];
        if (mapping.no_fork) {
            if (mapping.file != NULL)
                mapped_file_release(mapping.file);
            memory_freed(m, mapping.start);
            continue;
        }
        mapping.charged = fork_charges(&mapping);
        *charge += mapping.charged ? mapping.end - mapping.start : 0;
        error = error != 0 ? error : wipe_restored(&mapping);
        m->list[kept++] = mapping;
    }
    m->count = kept;
    return error;
}

int memory_adopt(struct memory *m, struct vm *vm, struct family_process *owner)
{
    pthread_mutex_init(&m->lock, NULL);
    m->vm = vm;
    m->owner = owner;
    m->references = 1;
    m->committed = 0; /* the parent's */
    uint64_t charge;
    int wiped = settle_list(m, &charge), error = memory_charge(m, charge);
    error = wiped != 0 ? wiped : error;
    if (error == 0)
        error = vm_add_windows(vm, GUEST_ARENA, START_BYTES / WINDOW_BYTES);
    for (size_t i = 0; i < m->count && error == 0; i++)
        error = memory_gain(m, &m->list[i]);
    return error;
}

/* ---- mmap ---- */

struct request {
    struct mapping piece; /* its place is chosen under the lock */
    uint64_t bytes, hint;
    int host_fd;
    bool fixed, replace, low;
    bool stack;     /* MAP_STACK: touched at one end only, so neither huge pages nor populating */
    bool populate, touch;
};

/* MAP_SHARED | MAP_ANONYMOUS: an object of its own, so that a forked monitor shares it; named as Linux shows it. */
static int make_shared_object(struct request *r)
{
    int host = memfd_create("cloister-shared", MFD_CLOEXEC);
    if (host < 0)
        return -ENOMEM;
    int error = ftruncate(host, (off_t)r->bytes) != 0 ? -errno : 0;
    if (error == 0 && (r->piece.file = mapped_file_new(host, "/dev/zero (deleted)")) == NULL)
        error = -ENOMEM;
    close(host);
    if (error == 0)
        r->host_fd = r->piece.file->host;
    return error == -EFBIG || error == -EINVAL ? -ENOMEM : error;
}

static int check_flags(int flags, bool file)
{
    const int known = MAP_SHARED | MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_32BIT | MAP_GROWSDOWN |
                      MAP_DENYWRITE | MAP_EXECUTABLE | MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK |
                      MAP_STACK | MAP_HUGETLB | MAP_FIXED_NOREPLACE;
    switch (flags & MAP_TYPE) {
    case MAP_SHARED:
    case MAP_PRIVATE:
        break;
    case MAP_SHARED_VALIDATE:
        if (!file)
            return -EINVAL;
        if ((flags & ~known) != 0)
            return -EOPNOTSUPP;
        break;
    default:
        return -EINVAL;
    }
    return flags & MAP_HUGETLB ? -ENOMEM : 0; /* as on a machine whose pool of huge pages is empty */
}

static int make_request(struct request *r, uint64_t address, uint64_t bytes, int prot, int flags, uint64_t offset)
{
    bool anonymous = flags & MAP_ANONYMOUS;
    int error = check_flags(flags, !anonymous);
    if (error != 0)
        return error;
    if (bytes == 0 || (!anonymous && offset % PAGE_BYTES != 0))
        return -EINVAL;
    if (bytes > GUEST_HIGH)
        return -ENOMEM;
    r->bytes = page_up(bytes);
    if (!anonymous && offset > INT64_MAX - r->bytes)
        return -EOVERFLOW;
    r->replace = flags & MAP_FIXED && !(flags & MAP_FIXED_NOREPLACE);
    r->fixed = flags & (MAP_FIXED | MAP_FIXED_NOREPLACE);
    r->low = flags & MAP_32BIT && !r->fixed;
    r->stack = flags & (MAP_STACK | MAP_GROWSDOWN);
    r->populate = flags & (MAP_POPULATE | MAP_LOCKED) && !(flags & MAP_NONBLOCK);
    r->hint = address;
    struct mapping *piece = &r->piece;
    piece->prot = prot & (PROT_READ | PROT_WRITE | PROT_EXEC);
    piece->shared = (flags & MAP_TYPE) != MAP_PRIVATE;
    piece->offset = anonymous ? 0 : offset;
    bool writable = piece->prot & PROT_WRITE;
    if (!anonymous)
        piece->kind = piece->file != NULL ? MAPPING_FILE : MAPPING_SPECIAL;
    else
        piece->kind = piece->shared ? MAPPING_SHARED_ANONYMOUS : MAPPING_ANONYMOUS;
    /* What is not charged is watched by its use (limits.c), which only the first monitor can see. */
    piece->charged = (!(flags & MAP_NORESERVE) || (the_monitor != NULL && the_monitor->forked)) &&
                     (piece->shared ? anonymous : writable) &&
                     piece->kind != MAPPING_SPECIAL;
    piece->lazy = r->bytes > LAZY_BYTES && piece->prot != PROT_NONE;
    piece->huge = piece->kind == MAPPING_ANONYMOUS && r->bytes >= GRANULE_BYTES && !r->stack;
    r->touch = !piece->shared && writable && !r->stack && !(flags & MAP_NORESERVE) &&
               (piece->kind == MAPPING_ANONYMOUS || r->bytes <= TOUCH_FILE_BYTES);
    return 0;
}

static int choose_place(struct memory *m, struct request *r)
{
    uint64_t start, end;
    if (r->fixed) {
        if (r->hint % PAGE_BYTES != 0)
            return -EINVAL;
        if (r->hint < GUEST_LOW)
            return -EPERM;
        int error = memory_range(r->hint, r->bytes, &end);
        if (error != 0)
            return error;
        start = r->hint;
        if (!r->replace && !memory_is_free(m, start, end))
            return -EEXIST;
    } else {
        start = memory_place(m, r->hint, r->bytes, r->piece.huge ? GRANULE_BYTES : PAGE_BYTES, r->low);
        if (start == 0)
            return -ENOMEM;
        end = start + r->bytes;
    }
    r->piece.start = start;
    r->piece.end = end;
    /* Memory that is committed bit by bit inside a large reservation gets huge pages like the whole. */
    const struct mapping *old = memory_find(m, start);
    if (r->piece.kind == MAPPING_ANONYMOUS && !r->stack && old != NULL && old->start <= start && old->huge)
        r->piece.huge = true;
    return 0;
}

static bool same_file(const struct mapped_file *a, const struct mapped_file *b)
{
    return a->device == b->device && a->inode == b->inode && a->bytes == b->bytes &&
           a->modified.tv_sec == b->modified.tv_sec && a->modified.tv_nsec == b->modified.tv_nsec &&
           strcmp(a->path, b->path) == 0;
}

/* A loader maps each library once as a whole and then its segments over that: they share the first one's object and
 * descriptor.  Private mappings only: for shared ones it matters how the descriptor was opened. */
static struct mapped_file *known_file(struct memory *m, const struct mapping *piece)
{
    if (piece->kind != MAPPING_FILE || piece->shared)
        return NULL;
    size_t i = memory_index(m, piece->start);
    for (size_t k = i > 0 ? i - 1 : 0; k < m->count && k <= i; k++) {
        const struct mapping *near = &m->list[k];
        if (near->kind == MAPPING_FILE && !near->shared && near->file != piece->file && near->file->host >= 0 &&
            same_file(near->file, piece->file))
            return near->file;
    }
    return NULL;
}

static int map_locked(struct memory *m, struct request *r)
{
    int error = choose_place(m, r);
    if (error == 0)
        error = memory_reserve(m, 3);
    if (error != 0)
        return error;
    struct mapping *piece = &r->piece;
    uint64_t bytes = piece->end - piece->start;
    int64_t disk = memory_charge_disk(m, piece, piece->prot, bytes);
    if (disk < 0)
        return (int)disk;
    if (piece->charged && memory_charge(m, bytes) != 0)
        return -ENOMEM; /* no file's mapping is charged and counted */
    struct mapped_file *own = piece->file, *known = known_file(m, piece);
    if (known != NULL) {
        known->references++;
        piece->file = known;
    }
    if ((error = memory_install(m, piece, r->host_fd)) != 0) {
        if (piece->charged)
            memory_uncharge(m, bytes);
        memory_uncharge_disk(m, disk);
        memory_freed(m, piece->start);
        if (known != NULL)
            mapped_file_release(known);
        piece->file = own;
    } else if (known != NULL)
        mapped_file_release(own);
    return error;
}

static void populate(const struct mapping *piece)
{
    bool write = !piece->shared && piece->prot & PROT_WRITE;
    /* mmap(2) says nothing of pages that could not be populated, and the lock is not held while a disk is read. */
    if (piece->prot != PROT_NONE)
        memory_populate(piece->start, piece->end, write ? MADV_POPULATE_WRITE : MADV_POPULATE_READ);
}

int64_t memory_map(struct memory *m, uint64_t address, uint64_t bytes, int prot, int flags, struct mapped_file *file,
                   int host_fd, uint64_t offset)
{
    struct request r = {.piece.file = flags & MAP_ANONYMOUS ? NULL : file, .host_fd = host_fd};
    struct touch touch = {0};
    int error = make_request(&r, address, bytes, prot, flags, offset);
    if (error == 0 && r.piece.kind == MAPPING_SHARED_ANONYMOUS)
        error = make_shared_object(&r);
    if (error != 0)
        return error;
    pthread_mutex_lock(&m->lock);
    error = map_locked(m, &r);
    if (error == 0 && r.touch)
        touch = memory_worth_touching(m, r.piece.start, r.bytes);
    if (error != 0 && r.piece.kind == MAPPING_SHARED_ANONYMOUS)
        mapped_file_release(r.piece.file);
    pthread_mutex_unlock(&m->lock);
    if (error != 0)
        return error;
    if (r.populate)
        populate(&r.piece);
    else
        memory_touch(&touch);
    return (int64_t)r.piece.start;
}

int memory_unmap(struct memory *m, uint64_t address, uint64_t bytes)
{
    uint64_t end;
    if (memory_range(address, bytes, &end) != 0)
        return -EINVAL; /* munmap(2) has no other */
    pthread_mutex_lock(&m->lock);
    int error = memory_unmap_locked(m, address, end);
    pthread_mutex_unlock(&m->lock);
    return error;
}

/* ---- windows ---- */

/* Everything that is mapped in a window gets its rights: what lies beside will be touched next. */
static int open_window(struct memory *m, uint64_t window)
{
    int error = 0;
    uint64_t end = window + WINDOW_BYTES;
    for (size_t i = memory_index(m, window); i < m->count && m->list[i].start < end && error == 0; i++) {
        const struct mapping *mapping = &m->list[i];
        uint64_t from = window > mapping->start ? window : mapping->start;
        uint64_t to = end < mapping->end ? end : mapping->end;
        if (mapping->prot != PROT_NONE)
            error = vm_map(m->vm, from, to - from, memory_rights(mapping->prot));
    }
    return error;
}

void memory_open(struct memory *m, uint64_t start, uint64_t end)
{
    start &= ~(WINDOW_BYTES - 1);
    pthread_mutex_lock(&m->lock);
    int error = vm_add_windows(m->vm, start, (unsigned)((end - start + WINDOW_BYTES - 1) / WINDOW_BYTES));
    for (; error == 0 && start < end; start += WINDOW_BYTES)
        error = open_window(m, start);
    pthread_mutex_unlock(&m->lock);
}

/* What is touched from one end to the other is opened by more and more windows at once: as many as there are before. */
static int open_windows(struct memory *m, const struct mapping *mapping, uint64_t window)
{
    uint64_t bytes = WINDOW_BYTES;

    while (bytes < TOGETHER_BYTES && window >= mapping->start + bytes && vm_has_window(m->vm, window - bytes) &&
           window + bytes < mapping->end && !vm_has_window(m->vm, window + bytes))
        bytes += WINDOW_BYTES;
    int error = vm_add_windows(m->vm, window, (unsigned)(bytes / WINDOW_BYTES));
    for (uint64_t end = window + bytes; error == 0 && window < end; window += WINDOW_BYTES)
        error = open_window(m, window);
    return error;
}

int memory_fault(struct memory *m, uint64_t address, unsigned access)
{
    pthread_mutex_lock(&m->lock);
    const struct mapping *mapping = memory_find(m, address);
    int result = 0;
    if (mapping == NULL || mapping->start > address)
        result = SEGV_MAPERR;
    else if ((memory_rights(mapping->prot) & access) != access)
        result = SEGV_ACCERR;
    else if ((vm_rights(m->vm, address) & access) != access)
        result = open_windows(m, mapping, address & ~(WINDOW_BYTES - 1));
    pthread_mutex_unlock(&m->lock);
    return result;
}
