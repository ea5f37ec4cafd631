/* The guest process of the fuzz targets (fuzz_guest.h). */
#include "tests/fuzz/fuzz_guest.h"

#include "hostvirt/calls.h"
#include "hostvirt/file.h"
#include "hostvirt/guestsignal.h"
#include "hostvirt/lock.h"
#include "hostvirt/policy.h"
#include "hostvirt/process_private.h"
#include "hostvirt/syscall.h"
#include "hostvirt/thread_private.h"
#include "hostvirt/timer.h"
#include "hostvirt/uaccess.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#define PATIENCE 3000000           /* ns until a call that blocks is kicked */
#define TREE_INPUTS 2048           /* the folder is made anew after so many: inputs leave files there */
#define SIZE_LIMIT (4ul << 20)     /* bytes of any file */
#define MEMORY_LIMIT (64ul << 20)
#define KICK_TIMER (SIGRTMIN + 9)

static struct monitor monitor;
static struct policy policy;
static struct statistics statistics;
static struct mount mounts[3];
static struct endpoint connects[1];
static struct memory *memory;
static char root[64];
static timer_t patience;
static volatile sig_atomic_t hurried;
static struct sigaction kick, fuzzer_fault[2], own_fault;

/* ---- what is not there (-Wl,--wrap) ------------------------------------------------------------------------------ */

int __wrap_ioctl(int fd, unsigned long request, ...);
int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_platform_create_vm(struct platform *p);
int __wrap_vcpu_pool_start(struct vm *vm);
int __wrap_thread_start(struct thread *t);
int64_t __wrap_process_clone(struct thread *t, uint64_t flags, uint64_t stack, uint64_t parent_tid, uint64_t child_tid,
                             uint64_t tls, int exit_signal);

int __wrap_ioctl(int fd, unsigned long request, ...)
{
    va_list list;
    va_start(list, request);
    void *argument = va_arg(list, void *);
    va_end(list);
    return request == KVM_SET_USER_MEMORY_REGION ? 0 : __real_ioctl(fd, request, argument);
}

int __wrap_platform_create_vm(struct platform *p)
{
    return open("/dev/null", O_RDWR | O_CLOEXEC);
}

int __wrap_vcpu_pool_start(struct vm *vm)
{
    return 0;
}

int __wrap_thread_start(struct thread *t)
{
    return -EAGAIN;
}

int64_t __wrap_process_clone(struct thread *t, uint64_t flags, uint64_t stack, uint64_t parent_tid, uint64_t child_tid,
                             uint64_t tls, int exit_signal)
{
    return -EAGAIN;
}

/* ---- handlers ---------------------------------------------------------------------------------------------------- */

/* uaccess_copy.S: faults between these two are expected ones. */
extern const char uaccess_copy_begin[], uaccess_word_fault[];

/* A fault anywhere else is for the fuzzer, which writes the input down. */
static void fault(int number, siginfo_t *info, void *context)
{
    const ucontext_t *state = context;
    uintptr_t rip = (uintptr_t)state->uc_mcontext.gregs[REG_RIP];
    bool expected = rip >= (uintptr_t)uaccess_copy_begin && rip < (uintptr_t)uaccess_word_fault;
    const struct sigaction *to = expected ? &own_fault : &fuzzer_fault[number == SIGBUS];

    if (!expected && !(to->sa_flags & SA_SIGINFO))
        abort();
    to->sa_sigaction(number, info, context);
}

/* From here on nothing of this input blocks. */
static void out_of_patience(int number, siginfo_t *info, void *context)
{
    hurried = 1;
    if (current_thread == NULL)
        return;
    current_thread->wanted = 1;
    kick.sa_sigaction(KICK_SIGNAL, info, context);
}

static void install_handlers(void)
{
    struct sigaction action = {.sa_sigaction = fault, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = KICK_TIMER};
    sigset_t blocked;

    sigaction(SIGSEGV, NULL, &fuzzer_fault[0]);
    sigaction(SIGBUS, NULL, &fuzzer_fault[1]);
    if (uaccess_init() != 0 || kick_init() != 0)
        abort();
    sigaction(SIGSEGV, NULL, &own_fault);
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    sigaction(KICK_SIGNAL, NULL, &kick);
    action = (struct sigaction){.sa_sigaction = out_of_patience, .sa_flags = SA_SIGINFO};
    sigaction(KICK_TIMER, &action, NULL);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGPIPE);
    sigaddset(&blocked, SIGXFSZ);
    sigaddset(&blocked, MAIL_SIGNAL);
    sigaddset(&blocked, WATCH_SIGNAL);
    sigaddset(&blocked, TIMER_SIGNAL);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    if (timer_create(CLOCK_MONOTONIC, &event, &patience) != 0)
        abort();
}

static void set_patience(long ns)
{
    struct itimerspec when = {.it_value = {0, ns}, .it_interval = {0, ns}};
    timer_settime(patience, 0, &when, NULL);
}

/* ---- the folder -------------------------------------------------------------------------------------------------- */

void guest_host_path(char path[128], const char *name)
{
    snprintf(path, 128, "%s/%s", root, name);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    if (kind == FTW_DNR && chmod(path, 0700) != 0)
        return 0;
    remove(path);
    return 0;
}

static void remove_folder(void)
{
    nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void make_file(const char *name, const char *text)
{
    char path[128];
    guest_host_path(path, name);
    FILE *f = fopen(path, "w");
    if (f == NULL)
        abort();
    fputs(text, f);
    fclose(f);
    chmod(path, 0755);
}

static void make_folder(void)
{
    static const char *const folders[] = {"", "w", "w/d", "w/d/e", "ro", "ro/d"};
    char path[128], other[128];

    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        guest_host_path(path, folders[i]);
        if (mkdir(path, 0755) != 0)
            abort();
    }
    make_file("w/f", "0123456789");
    make_file("w/d/e/l", "leaf");
    make_file("w/s", "#!/w/s2 a\n");
    make_file("w/s2", "#!/w/s b\n");
    make_file("ro/f", "read only");
    make_file("ro/one", "one");
    guest_host_path(path, "w/p");
    guest_host_path(other, "w/k");
    if (mkfifo(path, 0600) != 0 || symlink("d/../f", other) != 0)
        abort();
    guest_host_path(other, "w/o");
    if (symlink("/ro/f", other) != 0)
        abort();
}

static void open_mount(int i, enum mount_kind kind, const char *name, char *at, bool file)
{
    char path[128];

    guest_host_path(path, name);
    if (mounts[i].host != NULL)
        close(mounts[i].root);
    free(mounts[i].host);
    mounts[i] = (struct mount){.kind = kind, .host = strdup(path), .guest = at, .file = file,
                               .root = open(path, O_PATH | O_CLOEXEC)};
}

static void make_tree(void)
{
    remove_folder();
    make_folder();
    open_mount(0, MOUNT_WRITABLE, "w", "/w", false);
    open_mount(1, MOUNT_READ_ONLY, "ro", "/ro", false);
    open_mount(2, MOUNT_READ_ONLY, "ro/one", "/w/one", true);
}

/* ---- the monitor ------------------------------------------------------------------------------------------------- */

static void make_policy(void)
{
    static char *environment[] = {NULL};
    struct sockaddr_in *nowhere = (struct sockaddr_in *)&connects[0].addresses[0];

    policy_init(&policy);
    policy.hostname = "fuzz";
    policy.memory = MEMORY_LIMIT;
    policy.threads = 8;
    policy.cpus = 1;
    policy.descriptors = 48;
    policy.disk_written = 1 << 20;
    policy.mounts = mounts;
    policy.mount_count = 3;
    policy.environment = environment;
    policy.directory = "/w";
    policy.connects = connects;
    policy.connect_count = 1;
    *nowhere = (struct sockaddr_in){AF_INET, htons(9), {htonl(INADDR_LOOPBACK)}, {0}};
    connects[0].name = "127.0.0.1";
    connects[0].port = 9;
    connects[0].type = SOCK_STREAM;
    connects[0].address_count = 1;
}

void guest_start(void)
{
    struct vm *vm;
    struct rlimit size = {SIZE_LIMIT, SIZE_LIMIT};

    strcpy(root, "/tmp/cloister-fuzz-XXXXXX");
    if (mkdtemp(root) == NULL)
        abort();
    atexit(remove_folder);
    make_tree();
    make_policy();
    monitor.policy = &policy;
    monitor.statistics = &statistics;
    monitor.platform.xsave_bytes = 2696;
    monitor.platform.features = 7;
    monitor.vdso_file = -1;
    monitor.signal_thread = gettid();
    the_monitor = &monitor;
    pthread_mutex_init(&monitor.lock, NULL);
    install_handlers();
    setrlimit(RLIMIT_FSIZE, &size);
    monitor.calls = calls_new();
    monitor.locks = locks_new();
    if (monitor.calls == NULL || monitor.locks == NULL || family_new(&monitor.family, &policy) != 0 ||
        vm_new(&vm, &monitor.platform, false) != 0 || memory_new(&memory, vm, monitor.family) != 0 ||
        file_devices(NULL) != 0)
        abort();
}

/* ---- a process for each input ------------------------------------------------------------------------------------ */

static int64_t call(struct thread *t, long number, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    const struct call made = {(uint64_t)number, {a, b, c, d}};
    return syscall_table[number].handler(t, &made);
}

/* 0: /dev/null, 1: a file, then a folder, pipes, sockets, an epoll set, an eventfd, a memfd, a timer. */
static void open_some(struct thread *t)
{
    static const char names[] = "/dev/null\0/w/f\0/w\0/proc/self/maps";
    copy_out(SCRATCH, names, sizeof names);
    call(t, SYS_open, SCRATCH, O_RDWR, 0, 0);
    call(t, SYS_open, SCRATCH + 10, O_RDWR, 0, 0);
    call(t, SYS_open, SCRATCH + 15, O_RDONLY | O_DIRECTORY, 0, 0);
    call(t, SYS_pipe2, SCRATCH + 64, O_NONBLOCK, 0, 0);
    call(t, SYS_socketpair, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, SCRATCH + 64);
    call(t, SYS_socket, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0, 0);
    call(t, SYS_epoll_create1, 0, 0, 0, 0);
    call(t, SYS_eventfd2, 0, O_NONBLOCK, 0, 0);
    call(t, SYS_memfd_create, SCRATCH, 0, 0, 0);
    call(t, SYS_timerfd_create, CLOCK_MONOTONIC, O_NONBLOCK, 0, 0);
    call(t, SYS_open, SCRATCH + 18, O_RDONLY, 0, 0);
}

static struct process *new_process(void)
{
    struct family *f = monitor.family;
    struct process *p = process_new(&monitor);

    if (p == NULL || descriptors_new(&p->descriptors, policy.descriptors) != 0)
        abort();
    memset(f->processes, 0, sizeof f->processes[0] * (f->rows + 1));
    f->rows = 0;
    f->next_id = FIRST_PID;
    f->disk_written = f->cpu_time = 0;
    f->threads = 0;
    f->broken_limit = 0;
    for (unsigned i = 0; i < sizeof p->limits / sizeof p->limits[0]; i++)
        p->limits[i] = (struct rlimit){RLIM_INFINITY, RLIM_INFINITY};
    p->limits[RLIMIT_FSIZE] = (struct rlimit){SIZE_LIMIT / 2, SIZE_LIMIT / 2};
    p->limits[RLIMIT_NOFILE] = (struct rlimit){policy.descriptors, policy.descriptors};
    p->memory = memory;
    p->directories.working = strdup("/w");
    p->program = strdup("/w/f");
    p->pid = family_new_id(f);
    p->entry = family_add(f, NULL, p->pid, getpid());
    monitor.process = p;
    return p;
}

struct thread *guest_begin(void)
{
    static unsigned inputs;
    struct thread *t;

    if (++inputs % TREE_INPUTS == 0)
        make_tree();
    struct process *p = new_process();
    if (thread_new(p, &t) != 0)
        abort();
    t->tid = p->pid;
    thread_begin(t);
    if (memory_map(memory, SCRATCH, SCRATCH_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
                   NULL, -1, 0) < 0 ||
        memory_map(memory, SCRATCH_CONSTANT, PAGE_BYTES, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, NULL, -1,
                   0) < 0)
        abort();
    open_some(t);
    hurried = 0;
    t->cpu.regs.rsp = SCRATCH + SCRATCH_BYTES;
    set_patience(PATIENCE);
    return t;
}

bool guest_hurried(void)
{
    return hurried;
}

void guest_trace(bool on)
{
    policy.trace_exits = on;
}

void guest_end(struct thread *t)
{
    struct process *p = t->process;

    set_patience(0);
    current_thread = NULL;
    thread_discard(t);
    timers_free(p);
    memory->references++; /* the next input's */
    process_free(p);
    if (memory_clear(memory) != 0)
        abort();
    monitor.process = NULL;
    /* What a timer of the input's sent to the signal thread that is not there. */
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, TIMER_SIGNAL);
    sigaddset(&set, SIGPIPE);
    sigaddset(&set, SIGXFSZ);
    sigaddset(&set, MAIL_SIGNAL);
    while (sigtimedwait(&set, NULL, &(struct timespec){0, 0}) > 0)
        ;
}
