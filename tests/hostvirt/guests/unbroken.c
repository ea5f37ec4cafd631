/* Calls that no signal ends, under a storm of signals whose handler wants no restarts (signal(7)): none may say EINTR.
 * A call that may wait says it, so that the test would see it if the storm did not reach calls. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#define ROUNDS 3000

static void nothing(int number)
{
    (void)number;
}

static const char *const names[] = {"open", "openat of a folder", "truncating open", "write", "pread", "msync", "fsync", "stat",
                                    "rename", "madvise", "ftruncate", "syncfs"};
static int broken[sizeof names / sizeof names[0]];

static void note(int which, long result)
{
    if (result < 0)
        broken[which] += errno == EINTR ? 1 : 1000000;
}

static void round_of_calls(char *map)
{
    static char text[4096];
    int a = open("a", O_RDWR | O_CREAT, 0600);
    note(0, a);
    int folder = open(".", O_RDONLY | O_DIRECTORY);
    note(1, folder);
    int b = open("b", O_RDWR | O_CREAT | O_TRUNC, 0600);
    note(2, b);
    note(3, pwrite(a, text, sizeof text, 0));
    note(4, pread(b, text, sizeof text, 0));
    note(5, msync(map, 4096, MS_ASYNC));
    struct stat status;
    note(7, stat("a", &status));
    note(8, rename("b", "c"));
    note(9, madvise(map, 4096, MADV_WILLNEED));
    note(10, ftruncate(a, 4096));
    close(a);
    close(b);
    close(folder);
}

int main(void)
{
    const struct sigaction action = {.sa_handler = nothing};
    const struct itimerval often = {{0, 150}, {0, 150}}, never = {{0, 0}, {0, 0}};
    int file = open("map", O_RDWR | O_CREAT, 0600), told = 0;

    if (file < 0 || ftruncate(file, 4096) != 0)
        return 1;
    char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (map == MAP_FAILED)
        return 1;
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        map[i % 4096]++;
        round_of_calls(map);
        if (i % 100 == 0) {
            note(6, fsync(file));
            note(11, syncfs(file));
        }
    }
    for (int i = 0; i < 20; i++)
        told += usleep(100000) != 0 && errno == EINTR;
    setitimer(ITIMER_REAL, &never, NULL);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        printf("%s: %d\n", names[i], broken[i]);
    printf("sleeps end: %d\n", told);
    return 0;
}
