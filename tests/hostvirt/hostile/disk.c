/* Every way to fill the disk beyond --disk: disk FOLDER MIB.  Each must end with ENOSPC; what arrived is counted
 * outside. Prints "ok" when no way went on after the limit. */
#include "hostile.h"

#include <sys/sendfile.h>

static const char *folder;
static uint64_t limit;
static char block[65536];

static int new_file(const char *name, uint64_t bytes)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || (bytes != 0 && ftruncate(fd, (off_t)bytes) != 0))
        _exit(2);
    return fd;
}

static void fill(char *at, uint64_t bytes)
{
    for (uint64_t i = 0; i < bytes; i += 4096)
        at[i] = (char)(i >> 12 | 1);
}

/* Pages of a sparse file, touched. */
static bool mapped_whole(void)
{
    int fd = new_file("mapped", 4 * limit);
    char *at = mmap(NULL, 4 * limit, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at != MAP_FAILED)
        fill(at, 4 * limit);
    return at == MAP_FAILED && errno == ENOSPC;
}

static bool mapped_by_pieces(void)
{
    int fd = new_file("pieces", 4 * limit);
    for (uint64_t from = 0; from < 4 * limit; from += 1 << 20) {
        char *at = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)from);
        if (at == MAP_FAILED)
            return errno == ENOSPC;
        fill(at, 1 << 20);
        munmap(at, 1 << 20);
    }
    return false;
}

static bool made_writable_later(void)
{
    int fd = new_file("later", 4 * limit);
    char *at = mmap(NULL, 4 * limit, PROT_READ, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED)
        return false;
    if (mprotect(at, 4 * limit, PROT_READ | PROT_WRITE) != 0)
        return errno == ENOSPC;
    fill(at, 4 * limit);
    return false;
}

static bool grown_mapping(void)
{
    int fd = new_file("grown", 4 * limit);
    char *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED)
        return errno == ENOSPC;
    at = mremap(at, 4096, 4 * limit, MREMAP_MAYMOVE);
    if (at == MAP_FAILED)
        return errno == ENOSPC;
    fill(at, 4 * limit);
    return false;
}

static bool allocated(void)
{
    return fallocate(new_file("allocated", 0), 0, 0, (off_t)(4 * limit)) != 0 && errno == ENOSPC;
}

static bool sent(void)
{
    int from = memfd_create("source", 0), to = new_file("sent", 0);
    for (unsigned i = 0; i < 16; i++)
        if (write(from, block, sizeof block) != sizeof block)
            return false;
    for (uint64_t done = 0; done < 4 * limit;) {
        off_t at = 0;
        ssize_t n = sendfile(to, from, &at, 1 << 20);
        if (n <= 0)
            return errno == ENOSPC;
        done += (uint64_t)n;
    }
    return false;
}

static bool written(void)
{
    int fd = new_file("written", 0);
    for (uint64_t done = 0; done < 4 * limit; done += sizeof block)
        if (write(fd, block, sizeof block) != sizeof block)
            return errno == ENOSPC || write(fd, block, sizeof block) < 0;
    return false;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        bool (*stopped)(void);
    } ways[] = {{"mapped whole", mapped_whole}, {"made writable later", made_writable_later},
                {"grown mapping", grown_mapping}, {"allocated", allocated}, {"mapped by pieces", mapped_by_pieces},
                {"sent", sent}, {"written", written}, {"mapped whole, again", mapped_whole}};
    bool good = true;

    folder = argv[1];
    limit = strtoull(argv[2], NULL, 10) << 20;
    memset(block, 1, sizeof block);
    for (unsigned i = 0; i < sizeof ways / sizeof *ways; i++) {
        bool stopped = ways[i].stopped();
        printf("%s: %s\n", ways[i].name, stopped ? "stopped" : "NOT STOPPED");
        good = good && stopped;
    }
    if (good)
        say("ok\n");
    return !good;
}
