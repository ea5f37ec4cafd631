/* Preloaded: the FAIL_AT-th malloc, calloc, realloc or mmap that libjvm.so itself asks for fails; with FAIL_STICKY all
 * later ones too. */
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

static _Atomic long asked, fail_at = -1;

static bool of_the_vm(const void *caller)
{
    Dl_info info;
    return dladdr(caller, &info) != 0 && info.dli_fname != NULL && strstr(info.dli_fname, "/libjvm.so") != NULL;
}

static bool fails(const void *caller)
{
    static __thread bool inside; /* dladdr must not come back here */
    if (fail_at < 0) {
        const char *text = getenv("FAIL_AT");
        fail_at = text != NULL ? atol(text) : 0;
    }
    if (inside || fail_at == 0)
        return false;
    inside = true;
    bool counted = of_the_vm(caller);
    inside = false;
    long n = counted ? ++asked : 0;
    bool failed = counted && (n == fail_at || (n > fail_at && getenv("FAIL_STICKY") != NULL));
    if (failed)
        errno = ENOMEM;
    return failed;
}

void *malloc(size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    return size != 0 && fails(__builtin_return_address(0)) ? NULL : __libc_realloc(old, size);
}

void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    static void *(*next)(void *, size_t, int, int, int, off_t);
    if (fails(__builtin_return_address(0)))
        return MAP_FAILED;
    if (next == NULL)
        next = (void *(*)(void *, size_t, int, int, int, off_t))dlsym(RTLD_NEXT, "mmap");
    return next(at, size, protection, flags, fd, offset);
}
