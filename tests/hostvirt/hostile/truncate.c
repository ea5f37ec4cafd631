/* Files that are cut off while the monitor works with their mapped pages: code whose calls it rewrites, buffers, stacks
 * for signals, futex words, robust lists.  truncate WRITABLE */
#include "hostile.h"

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <setjmp.h>
#include <sys/uio.h>

#define PAGES 64
#define BYTES (PAGES * 4096ul)
#define STRIDE 256 /* between two calls in the code file: each is a site of its own */

static volatile bool over;
static int code_file, data_file;
static char text[BYTES];
static __thread sigjmp_buf back;
static unsigned long calls, faults;

static void caught(int number)
{
    siglongjmp(back, number);
}

static void leave(int number)
{
    _exit(0);
}

static void *cut(void *argument)
{
    while (!over) {
        for (int i = 0; i < 2; i++) {
            int file = i == 0 ? code_file : data_file;
            if (ftruncate(file, 0) != 0 || pwrite(file, text, BYTES, 0) < 0)
                usleep(100);
        }
    }
    return argument;
}

/* mov $39, %eax; syscall; ret */
static void write_code(void)
{
    static const unsigned char getpid_code[] = {0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3};
    memset(text, 0xcc, sizeof text);
    for (unsigned i = 0; i < BYTES; i += STRIDE)
        memcpy(text + i, getpid_code, sizeof getpid_code);
    if (pwrite(code_file, text, BYTES, 0) != (ssize_t)BYTES || pwrite(data_file, text, BYTES, 0) != (ssize_t)BYTES)
        exit(2);
}

static void run_code(void)
{
    char *at = mmap(NULL, BYTES, PROT_READ | PROT_EXEC, MAP_PRIVATE, code_file, 0);
    if (at == MAP_FAILED)
        return;
    for (volatile unsigned i = 0; i < BYTES; i += STRIDE) {
        if (sigsetjmp(back, 1) != 0) {
            faults++;
            continue;
        }
        ((void (*)(void))(uintptr_t)(at + i))();
        calls++;
    }
    munmap(at, BYTES);
}

static void *clear_tid(void *word)
{
    syscall(SYS_set_tid_address, word);
    syscall(SYS_set_robust_list, word, 24);
    syscall(SYS_exit, 0);
    return NULL;
}

/* Calls whose pointers lead into the cut file, from a buffer on to what is only touched at a thread's end. */
static void use_data(bool shared)
{
    char *at = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, shared ? MAP_SHARED : MAP_PRIVATE, data_file, 0);
    int null = open("/dev/null", O_RDWR);
    struct timespec soon = {0, 1000};
    struct iovec parts[2] = {{at, 4096}, {at + 8192, BYTES - 8192}};
    stack_t stack = {.ss_sp = at + 4096, .ss_size = 65536}, off = {.ss_flags = SS_DISABLE};
    struct sigaction action = {.sa_handler = leave, .sa_flags = SA_ONSTACK};
    pthread_t t;

    if (at == MAP_FAILED)
        return;
    for (volatile int i = 0; i < 40; i++) {
        if (sigsetjmp(back, 1) != 0) {
            faults++;
            continue;
        }
        switch (i % 8) {
        case 0:
            syscall(SYS_writev, null, parts, 2);
            syscall(SYS_preadv, code_file, parts, 2, 0, 0);
            break;
        case 1:
            syscall(SYS_readv, code_file, at + 4096, 4);
            break;
        case 2:
            syscall(SYS_futex, at, FUTEX_WAIT, 0, &soon, NULL, 0);
            break;
        case 3:
            syscall(SYS_futex, at, FUTEX_LOCK_PI, 0, &soon, NULL, 0);
            break;
        case 4:
            syscall(SYS_openat, AT_FDCWD, at, O_RDONLY);
            break;
        case 5:
            syscall(SYS_execve, at, at + 8, at + 16);
            break;
        case 6:
            if (pthread_create(&t, NULL, clear_tid, at) == 0) /* nobody can join a thread whose word is elsewhere */
                pthread_detach(t);
            break;
        default:
            syscall(SYS_rt_sigaction, SIGUSR2, at, at + 64, 8);
        }
    }
    if (fork() == 0) { /* a frame that cannot be written kills */
        sigaltstack(&stack, NULL);
        sigaction(SIGUSR1, &action, NULL);
        raise(SIGUSR1);
        _exit(0);
    }
    wait(NULL);
    sigaltstack(&off, NULL);
    close(null);
    munmap(at, BYTES);
}

int main(int argc, char **argv)
{
    char path[PATH_MAX];
    const int numbers[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP};
    struct sigaction action = {.sa_handler = caught, .sa_flags = SA_NODEFER};
    pthread_t t;

    snprintf(path, sizeof path, "%s/code", argv[1]);
    code_file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0777);
    snprintf(path, sizeof path, "%s/data", argv[1]);
    data_file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0777);
    if (code_file < 0 || data_file < 0)
        return 2;
    for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sigaction(numbers[i], &action, NULL);
    write_code();
    pthread_create(&t, NULL, cut, NULL);
    double end = seconds() + 6;
    for (unsigned round = 0; seconds() < end; round++) {
        run_code();
        use_data(round & 1);
    }
    over = true;
    pthread_join(t, NULL);
    printf("%lu calls, %lu faults\n", calls, faults);
    say("ok\n");
    return 0;
}
