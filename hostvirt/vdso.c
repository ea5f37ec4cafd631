/* The monitor's side of the vDSO: its image, its clock page, and their mappings in the guest.
 * The guest maps the page through a descriptor that is sealed against writing, so that it can never write it. */
#include "hostvirt/clock.h"
#include "hostvirt/vdso.h"
#include "hostvirt/vdso/vdso_data.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

extern const unsigned char vdso_image[], vdso_image_end[]; /* vdso_image.S */

/* The image with the clock page before it, as one memory file; once per monitor.  Its seals leave the monitor's own
 * mapping as the only one through which it can be changed. */
static int make_file(struct monitor *m)
{
    const int seals = F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    size_t image = (size_t)(vdso_image_end - vdso_image);
    int file = memfd_create("vdso", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (file < 0)
        return -errno;
    void *data = MAP_FAILED;
    if (ftruncate(file, (off_t)(PAGE_BYTES + page_up(image))) == 0 &&
        pwrite(file, vdso_image, image, PAGE_BYTES) == (ssize_t)image)
        data = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (data == MAP_FAILED || fcntl(file, F_ADD_SEALS, seals) != 0) {
        int error = -errno;
        if (data != MAP_FAILED)
            munmap(data, PAGE_BYTES);
        close(file);
        return error;
    }
    m->vdso_data = data;
    m->vdso_file = file;
    return 0;
}

int vdso_make(struct monitor *m)
{
    return m->vdso_data == NULL ? make_file(m) : 0;
}

/* Counter, monotonic and real time of one moment: the reading with the smallest spread of a few. */
static struct vdso_times read_clocks(const struct monitor *m, uint64_t multiplier)
{
    struct vdso_times best = {0};
    uint64_t spread = UINT64_MAX;

    for (int i = 0; i < 4; i++) {
        struct timespec real;
        uint64_t before = vdso_counter();
        uint64_t now = clock_guest(m);
        uint64_t between = vdso_counter();
        clock_gettime(CLOCK_REALTIME, &real);
        uint64_t after = vdso_counter();
        if (after - before >= spread)
            continue;
        spread = after - before;
        best = (struct vdso_times){before + (between - before) / 2, now, timespec_ns(&real), multiplier};
        uint64_t later = (uint64_t)(((unsigned __int128)((after + between) / 2 - best.counter) * multiplier) >> 32);
        best.realtime -= later;
    }
    return best;
}

/* One writer at a time.  One that has been at it for a second was stopped or killed, maybe with its process: the page
 * is shared by the monitors of a family. */
static bool begin_writing(struct vdso_data *d, uint64_t now, uint64_t second)
{
    uint64_t writer = __atomic_load_n(&d->writer, __ATOMIC_RELAXED);

    return (writer == 0 || now - writer > second) &&
           __atomic_compare_exchange_n(&d->writer, &writer, now, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/* The page is written anew from time to time, because the host's clocks are steered and the counter is not.  Time must
 * not go back where the old parameters ran ahead: then the guest's clock starts from its own reading and is slowed
 * until the host's has caught up (by at most 1/1024). */
void vdso_update(struct monitor *m)
{
    struct vdso_data *d = m->vdso_data;
    uint32_t rate = platform_rate(&m->platform);
    uint64_t begin = vdso_counter(), second = (uint64_t)rate * 1000;

    if (second == 0 || !begin_writing(d, begin, second))
        return; /* no counter, or another thread is at it */
    uint64_t nominal = (1000000ull << 32) / rate, sequence = d->sequence;
    struct vdso_times next = read_clocks(m, nominal);
    if (sequence != 0) {
        const struct vdso_times *t = &d->times[sequence & 1];
        uint64_t shown = t->monotonic + vdso_elapsed(t, next.counter);
        if ((int64_t)(shown - next.monotonic) > 0) {
            next.multiplier = nominal - (nominal >> 10);
            next.monotonic = shown;
        }
    }
    uint64_t new = sequence != 0 ? sequence + 1 : begin | 1;
    d->times[new & 1] = next;
    d->processors = m->policy->cpus;
    __atomic_compare_exchange_n(&d->sequence, &sequence, new, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
    __atomic_compare_exchange_n(&d->writer, &begin, 0, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

uint64_t vdso_monotonic(const struct monitor *m)
{
    uint64_t shown = m->vdso_data != NULL ? vdso_time(m->vdso_data, 0) : 0;

    return shown != 0 ? shown : clock_guest(m);
}

void vdso_refresh(struct monitor *m)
{
    const struct vdso_data *d = m->vdso_data;

    if (d != NULL && d->sequence != 0 &&
        vdso_counter() - d->times[d->sequence & 1].counter > (uint64_t)platform_rate(&m->platform) * 1000)
        vdso_update(m);
}

static int map_piece(struct process *p, uint64_t at, uint64_t bytes, int prot, int flags, uint64_t offset,
                     const char *name)
{
    struct mapped_file *file = mapped_file_new(p->monitor->vdso_file, name);

    if (file == NULL)
        return -ENOMEM;
    int64_t placed = memory_map(p->memory, at, bytes, prot, flags | MAP_FIXED, file, p->monitor->vdso_file, offset);
    if (placed < 0) {
        mapped_file_release(file);
        return (int)placed;
    }
    pthread_mutex_lock(&p->memory->lock);
    struct mapping *mapping = memory_find(p->memory, at);
    if (mapping != NULL && mapping->start == at)
        mapping->kind = MAPPING_SPECIAL;
    pthread_mutex_unlock(&p->memory->lock);
    return 0;
}

int vdso_map(struct process *p)
{
    struct monitor *m = p->monitor;
    uint64_t code = page_up((uint64_t)(vdso_image_end - vdso_image));
    int error = vdso_make(m);

    if (error != 0)
        return error;
    vdso_update(m);
    /* A range of its own for both pieces first, then the pieces over it. */
    int64_t at = memory_map(p->memory, 0, PAGE_BYTES + code, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                            NULL, -1, 0);
    if (at < 0)
        return (int)at;
    error = map_piece(p, (uint64_t)at, PAGE_BYTES, PROT_READ, MAP_SHARED, 0, "[vvar]");
    if (error == 0)
        error = map_piece(p, (uint64_t)at + PAGE_BYTES, code, PROT_READ | PROT_EXEC, MAP_PRIVATE, PAGE_BYTES, "[vdso]");
    if (error == 0)
        m->vdso = (uint64_t)at + PAGE_BYTES;
    return error;
}
