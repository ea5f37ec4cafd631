/* Keeps the monitor and the host's kernel busy for ever: churn mappings|pages|signals|faults. */
#include "hostile.h"

static void ignore(int number)
{
}

/* The address is mapped behind the handler's back. */
static char *at;

static void skip(int number)
{
    mprotect(at, 4096, PROT_READ | PROT_WRITE);
}

int main(int argc, char **argv)
{
    const char *kind = argv[1];

    if (strcmp(kind, "mappings") == 0)
        for (;;) {
            at = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            mprotect(at, 4096, PROT_READ);
            munmap(at, 1 << 20);
        }
    if (strcmp(kind, "pages") == 0)
        for (;;) {
            at = mmap(NULL, 16 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            for (unsigned i = 0; i < 16 << 20; i += 4096)
                at[i] = 1;
            munmap(at, 16 << 20);
        }
    if (strcmp(kind, "signals") == 0) {
        signal(SIGUSR1, ignore);
        for (;;)
            raise(SIGUSR1);
    }
    if (strcmp(kind, "faults") == 0) {
        at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        signal(SIGSEGV, skip);
        for (;;) {
            mprotect(at, 4096, PROT_NONE);
            *(volatile char *)at = 1;
        }
    }
    return 1;
}
