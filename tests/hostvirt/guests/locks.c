/* Locks of files as other processes see them: by ranges (POSIX and of descriptions) and whole (flock).  They outlive
 * mappings of the file that come and go, and a save: with a second argument the program asks for a CHECKPOINT while it
 * holds some, which every clone must hold, too.
 *
 *      locks FILE [checkpoint]    the number of failures */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "include/cloister/hypercall.h"

static const char *path;
static int failures;

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            failures++;                                                                                                \
            dprintf(1, "line %d: %s\n", __LINE__, #condition);                                                         \
        }                                                                                                              \
    } while (0)

static int set(int file, int command, short type, long start, long bytes)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = bytes};

    return fcntl(file, command, &lock);
}

/* What keeps another process from a lock of this type on the byte at `start`: F_RDLCK, F_WRLCK or F_UNLCK. */
static int seen(long start, short type)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = 1};
        _exit(fcntl(open(path, O_RDWR), F_GETLK, &lock) == 0 ? lock.l_type : 99);
    }
    waitpid(child, &status, 0);
    return WEXITSTATUS(status);
}

static void look(void)
{
    CHECK(seen(105, F_WRLCK) == F_UNLCK && seen(110, F_RDLCK) == F_WRLCK && seen(150, F_WRLCK) == F_UNLCK);
    CHECK(seen(125, F_WRLCK) == F_RDLCK && seen(125, F_RDLCK) == F_UNLCK && seen(140, F_RDLCK) == F_WRLCK);
    CHECK(seen(5005, F_RDLCK) == F_WRLCK);
}

int main(int argc, char **argv)
{
    path = argv[1];
    int file = open(path, O_RDWR | O_CREAT, 0600);
    CHECK(file >= 0 && ftruncate(file, 65536) == 0);
    char *mapped = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    CHECK(set(file, F_SETLK, F_WRLCK, 100, 50) == 0 && set(file, F_SETLK, F_RDLCK, 120, 10) == 0);
    CHECK(set(file, F_SETLK, F_UNLCK, 0, 110) == 0);
    munmap(mapped, 65536);
    munmap(mmap(NULL, 65536, PROT_READ, MAP_PRIVATE, file, 0), 65536);
    int whole = open(path, O_RDONLY), own = open(path, O_RDWR);
    CHECK(flock(whole, LOCK_SH) == 0);
    CHECK(set(own, F_OFD_SETLK, F_WRLCK, 5000, 10) == 0);
    look();
    while (argc > 2 && syscall(CLOISTER_CALL_CHECKPOINT) < 0 && errno == EAGAIN)
        usleep(1000);
    look();
    int other = open(path, O_RDONLY);
    CHECK(flock(other, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK);
    CHECK(flock(whole, LOCK_UN) == 0 && flock(other, LOCK_EX | LOCK_NB) == 0);
    CHECK(seen(110, F_WRLCK) == F_WRLCK);
    close(other); /* any descriptor of the file takes the locks of the process along, not those of a description */
    CHECK(seen(110, F_WRLCK) == F_UNLCK && seen(5005, F_RDLCK) == F_WRLCK);
    close(own);
    CHECK(seen(5005, F_RDLCK) == F_UNLCK);
    dprintf(1, "locks: %d failures\n", failures);
    return failures;
}
