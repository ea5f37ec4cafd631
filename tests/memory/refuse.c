/* A library to be preloaded: memory is refused from the call REFUSE_FROM on, REFUSE_COUNT times.  REFUSE_WHAT names the
 * calls that count and are refused: any of m (malloc, calloc, realloc), p (mmap), t (pthread_create). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* glibc's own names: looking up the next malloc would itself allocate. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *p, size_t size);

static atomic_long calls;
static long from, count;
static const char *what; /* NULL until the environment was read, which the first call does, on the only thread */

static bool refused(char kind)
{
    if (what == NULL) {
        const char *text = getenv("REFUSE_WHAT"), *first = getenv("REFUSE_FROM"), *most = getenv("REFUSE_COUNT");
        from = first != NULL ? atol(first) : 0;
        count = most != NULL ? atol(most) : 1;
        what = text != NULL ? text : "";
    }
    if (strchr(what, kind) == NULL)
        return false;
    long call = atomic_fetch_add(&calls, 1) + 1;
    return call >= from && call - from < count;
}

static void *no_memory(void *result)
{
    errno = ENOMEM;
    return result;
}

void *malloc(size_t size)
{
    return refused('m') ? no_memory(NULL) : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return refused('m') ? no_memory(NULL) : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
    return refused('m') ? no_memory(NULL) : __libc_realloc(p, size);
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
    static void *(*next)(void *, size_t, int, int, int, off_t);
    if (next == NULL)
        next = (void *(*)(void *, size_t, int, int, int, off_t))dlsym(RTLD_NEXT, "mmap");
    return refused('p') ? no_memory(MAP_FAILED) : next(address, length, protection, flags, fd, offset);
}

void *mmap64(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
    return mmap(address, length, protection, flags, fd, offset);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument)
{
    static int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    if (next == NULL)
        next = (int (*)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *))dlsym(RTLD_NEXT,
                                                                                              "pthread_create");
    return refused('t') ? EAGAIN : next(thread, attributes, start, argument);
}
