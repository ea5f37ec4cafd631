/* Every system call number with random and crafted arguments, in children; signals that a call sends stay in them.
 * calls SEED ROUNDS */
#include "hostile.h"

#include <setjmp.h>
#include <sys/time.h>

static sigjmp_buf back;
static char *page, *edge, *read_only;

static void caught(int number)
{
    siglongjmp(back, number);
}

static void make_pages(void)
{
    page = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    edge = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(edge + 4096, 4096);
    read_only = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < 65536; i += 8) {
        uint64_t word = random_word() >> (random_word() & 63);
        memcpy(page + i, &word, 8);
    }
}

static uint64_t pick(void)
{
    static const uint64_t crafted[] = {
        0, 1, 2, 3, 4, 8, 16, 64, 4095, 4096, 65536, (uint64_t)-1, (uint64_t)-2, (uint64_t)-100, (uint64_t)-4096,
        0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x1ffffffff, 0x7fffffffffffffff, 0x8000000000000000,
        GUEST_HIGH, GUEST_HIGH - 1, GUEST_HIGH - 8, GUEST_HIGH - 4096, GUEST_HIGH + 4096, 0x10000, 0xffff,
        0x7ffffffff000, 0x7fffffffe000, 0x555555554000, 0x7f0000000000, 0x800000000000, 0xffff800000000000,
        0xffffffff81000000, 0xffffffffff600000, 0x0101010101010101, 0x4141414141414141,
    };
    switch (random_word() % 10) {
    case 0: case 1:
        return crafted[random_word() % (sizeof crafted / sizeof *crafted)];
    case 2:
        return random_word() % 20;
    case 3:
        return (uint64_t)(uintptr_t)page + random_word() % 65536;
    case 4:
        return (uint64_t)(uintptr_t)page;
    case 5:
        return (uint64_t)(uintptr_t)edge + 4096 - random_word() % 64;
    case 6:
        return (uint64_t)(uintptr_t)read_only;
    case 7:
        return random_word();
    case 8:
        return 0x400000000000 + (random_word() & 0x3fffffffffff); /* where the monitor lives */
    default:
        return 1ull << (random_word() & 63);
    }
}

/* Those that only end or freeze the child, without anything to learn. */
static bool left_out(uint64_t number)
{
    switch (number) {
    case SYS_exit: case SYS_exit_group: case SYS_vfork: case SYS_rt_sigreturn: case SYS_pause: case SYS_kill:
    case SYS_tkill: case SYS_tgkill: case SYS_rt_sigsuspend:
        return true;
    default:
        return false;
    }
}

static void storm(uint64_t seed)
{
    static char stack[65536];
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_handler = caught, .sa_flags = SA_ONSTACK | SA_NODEFER};
    const int numbers[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGALRM, SIGSYS, SIGPIPE};

    random_state = seed * 0x9e3779b97f4a7c15 | 1;
    make_pages();
    pid_t own = getpid();
    for (volatile int i = 0; i < 400; i++) {
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        sigaltstack(&alternate, NULL);
        for (unsigned k = 0; k < sizeof numbers / sizeof *numbers; k++)
            sigaction(numbers[k], &action, NULL);
        struct itimerval soon = {{0, 0}, {0, 20000}};
        setitimer(ITIMER_REAL, &soon, NULL);
        if (sigsetjmp(back, 1) != 0)
            continue;
        uint64_t number = random_word() % 480;
        if (random_word() % 50 == 0)
            number = pick();
        if (left_out(number))
            continue;
        if (random_word() % 8 == 0)
            number |= random_word() << 32; /* the upper half does not count */
        syscall((long)number, pick(), pick(), pick(), pick(), pick(), pick());
        if (getpid() != own)
            _exit(0); /* a copy */
    }
}

int main(int argc, char **argv)
{
    uint64_t seed = strtoull(argv[1], NULL, 10);
    int rounds = atoi(argv[2]), killed = 0, signalled = 0;

    for (int number = 1; number < 32; number++)
        if (number != SIGCHLD)
            signal(number, SIG_IGN);
    for (int i = 0; i < rounds; i++) {
        int status = in_child(storm, seed + (uint64_t)i, 5);
        if (status < -1) {
            printf("round %d: no child: %d %m\n", i, status);
            return 1;
        }
        killed += status == -1;
        signalled += status > 0 && WIFSIGNALED(status);
    }
    printf("%d rounds, %d signalled, %d killed\nok\n", rounds, signalled, killed);
    return 0;
}
