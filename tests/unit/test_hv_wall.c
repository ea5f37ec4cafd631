/* The wall keeps what it promises (docs/threat-model.md): each test is a process that builds it, as the monitor does,
 * and then does what a guest would that has broken out of its machine. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/kvm.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hostvirt/wall.h"
#include "runner.h"

enum { DIES = 1000 }; /* by SIGSYS */

static char shown[64], readable[96], hidden[64];
static pid_t outside; /* a process that is no part of the isolate */
static struct sockaddr_in listening; /* a port of this machine that the policy does not name */

static int landlock_version(void)
{
    return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
}

/* ---- what a guest would do: 0 when it worked, else errno --------------------------------------------------------- */

static int answer(long result)
{
    return result < 0 ? errno : 0;
}

static int executes(void)
{
    return answer(execl("/bin/true", "true", (char *)NULL));
}

static int traces(void)
{
    return answer(ptrace(PTRACE_ATTACH, outside, NULL, NULL));
}

static int reads_memory(void)
{
    return answer(syscall(SYS_process_vm_readv, outside, NULL, 0, NULL, 0, 0));
}

static int mounts(void)
{
    return answer(syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, NULL));
}

static int makes_namespace(void)
{
    return answer(unshare(CLONE_NEWUSER));
}

static int clones_namespace(void)
{
    return answer(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
}

static int uses_bpf(void)
{
    return answer(syscall(SYS_bpf, 0, NULL, 0));
}

static int uses_io_uring(void)
{
    return answer(syscall(SYS_io_uring_setup, 1, NULL));
}

static int changes_user(void)
{
    return answer(setuid(0));
}

static int maps_code(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? errno : 0;
}

static int maps_data(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? errno : 0;
}

static int protects_code(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return answer(mprotect(page, 4096, PROT_READ | PROT_EXEC));
}

static int types_into_terminal(void)
{
    return answer(ioctl(0, TIOCSTI, "x"));
}

static int creates_device(void)
{
    return answer(ioctl(0, KVM_CREATE_DEVICE, NULL));
}

static int opens_hidden(void)
{
    return answer(open(hidden, O_RDONLY));
}

static int opens_shown(void)
{
    return answer(open(readable, O_RDONLY));
}

static int writes_shown(void)
{
    return answer(open(readable, O_WRONLY));
}

static int makes_in_shown(void)
{
    char path[128];
    snprintf(path, sizeof path, "%s/new", shown);
    return answer(open(path, O_WRONLY | O_CREAT, 0600));
}

static int opens_core_pattern(void)
{
    return answer(open("/proc/sys/kernel/core_pattern", O_WRONLY));
}

static int opens_kvm(void)
{
    return answer(open("/dev/kvm", O_RDWR));
}

static int signals_outside(void)
{
    return answer(kill(outside, SIGKILL));
}

static int makes_internet(void)
{
    return answer(socket(AF_INET, SOCK_STREAM, 0));
}

static int connects(void)
{
    int s = socket(AF_INET, SOCK_STREAM, 0);
    return s < 0 ? errno : answer(connect(s, (struct sockaddr *)&listening, sizeof listening));
}

static int makes_netlink(void)
{
    return answer(socket(AF_NETLINK, SOCK_RAW, 0));
}

static int makes_packet(void)
{
    return answer(socket(AF_PACKET, SOCK_RAW, 0));
}

static void *thread_executes(void *argument)
{
    execl("/bin/true", "true", (char *)NULL);
    return argument;
}

static pthread_barrier_t barrier;

static void *waits_then_executes(void *argument)
{
    pthread_barrier_wait(&barrier);
    return thread_executes(argument);
}

static int forks(void)
{
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    return child < 0 || waitpid(child, &status, 0) != child || status != 0 ? ECHILD : 0;
}

static int forked_executes(void)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        execl("/bin/true", "true", (char *)NULL);
        _exit(0);
    }
    if (waitpid(child, &status, 0) == child && WIFSIGNALED(status))
        raise(WTERMSIG(status));
    return 0;
}

static int starts_thread(void)
{
    pthread_t t;
    return pthread_create(&t, NULL, thread_executes, NULL) != 0 ? errno : (pthread_join(t, NULL), 0);
}

static const struct {
    const char *name;
    int (*act)(void);
    int expected;
    int landlock; /* the version that it needs: without it the row is skipped */
} acts[] = {
    {"execve", executes, DIES, 0},
    {"ptrace", traces, DIES, 0},
    {"process_vm_readv", reads_memory, DIES, 0},
    {"mount", mounts, DIES, 0},
    {"unshare", makes_namespace, DIES, 0},
    {"clone with a namespace", clones_namespace, ENOSYS, 0},
    {"bpf", uses_bpf, DIES, 0},
    {"io_uring", uses_io_uring, DIES, 0},
    {"setuid", changes_user, DIES, 0},
    {"executable memory", maps_code, ENOSYS, 0},
    {"memory made executable", protects_code, ENOSYS, 0},
    {"memory", maps_data, 0, 0},
    {"TIOCSTI", types_into_terminal, ENOSYS, 0},
    {"KVM_CREATE_DEVICE", creates_device, ENOSYS, 0},
    {"a file outside", opens_hidden, EACCES, 1},
    {"a file of a mount", opens_shown, 0, 0},
    {"writing to a read-only mount", writes_shown, EACCES, 1},
    {"making a file there", makes_in_shown, EACCES, 1},
    {"core_pattern", opens_core_pattern, EACCES, 1},
    {"/dev/kvm", opens_kvm, EACCES, 1},
    {"a signal to another process", signals_outside, EPERM, 6},
    {"a port that is not listed", connects, EACCES, 4}, /* the policy allows another one */
    {"an IPv4 socket without leave", makes_internet, ENOSYS, 0},
    {"a netlink socket", makes_netlink, ENOSYS, 0},
    {"a packet socket", makes_packet, ENOSYS, 0},
    {"fork", forks, 0, 0},
    {"execve in a copy", forked_executes, DIES, 0},
    {"execve in a thread", starts_thread, DIES, 0},
};

/* ---- the tests --------------------------------------------------------------------------------------------------- */

static void setup(void)
{
    char folder[] = "/tmp/wall-XXXXXX", file[] = "/tmp/wall-hidden-XXXXXX";
    strcpy(shown, mkdtemp(folder));
    snprintf(readable, sizeof readable, "%s/file", shown);
    close(open(readable, O_WRONLY | O_CREAT, 0600));
    close(mkstemp(file));
    strcpy(hidden, file);
    int s = socket(AF_INET, SOCK_STREAM, 0);
    socklen_t bytes = sizeof listening;
    listening = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    ck_assert_int_eq(bind(s, (struct sockaddr *)&listening, sizeof listening) | listen(s, 1), 0);
    getsockname(s, (struct sockaddr *)&listening, &bytes);
    pid_t parent = getpid();
    outside = fork();
    if (outside == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        while (getppid() == parent)
            pause();
        _exit(0);
    }
}

static void clean(void)
{
    char made[128];
    kill(outside, SIGKILL);
    waitpid(outside, NULL, 0);
    snprintf(made, sizeof made, "%s/new", shown);
    unlink(made);
    unlink(readable);
    rmdir(shown);
    unlink(hidden);
}

static void build(bool reach)
{
    static struct policy p;
    char reason[256] = "";
    policy_init(&p);
    p.system_base = false;
    if (wall_begin(NULL, reason, sizeof reason) != 0 ||
        policy_add_mount(&p, MOUNT_READ_ONLY, shown, reason, sizeof reason) != 0 ||
        (reach && policy_add_connect(&p, "127.0.0.1:1", reason, sizeof reason) != 0) ||
        policy_prepare(&p, reason, sizeof reason) != 0 ||
        wall_prepare(wall_rules(&p, NULL, false, reason, sizeof reason), reason, sizeof reason) != 0) {
        fprintf(stderr, "%s\n", reason);
        _exit(201);
    }
    if (wall_close(&p, reason, sizeof reason) != 0) {
        fprintf(stderr, "%s\n", reason);
        _exit(202);
    }
}

static int outcome(int (*act)(void))
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        build(act == connects);
        _exit(act());
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGSYS ? DIES : -WTERMSIG(status);
    return WEXITSTATUS(status);
}

START_TEST(an_act_has_its_answer)
{
    bool skipped = acts[_i].landlock > 0 && acts[_i].landlock > landlock_version();
    int got = skipped ? acts[_i].expected : outcome(acts[_i].act);
    clean();
    ck_assert_msg(got == acts[_i].expected, "%s: %d, expected %d", acts[_i].name, got, acts[_i].expected);
}
END_TEST

/* The filter goes to threads that were there before it. */
START_TEST(older_threads_are_inside)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        static struct policy p;
        char reason[256];
        pthread_t t;
        policy_init(&p);
        pthread_barrier_init(&barrier, NULL, 2);
        pthread_create(&t, NULL, waits_then_executes, NULL);
        if (wall_close(&p, reason, sizeof reason) != 0)
            _exit(1);
        pthread_barrier_wait(&barrier);
        pthread_join(t, NULL);
        _exit(2);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    clean();
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
}
END_TEST

/* Capabilities, core dumps, dumpable, no_new_privs, descriptors: looked at after the first phase. */
START_TEST(privileges_are_gone)
{
    int status, stray = open("/dev/null", O_RDONLY);
    pid_t child = fork();
    if (child == 0) {
        static struct policy p;
        char reason[256], text[4096] = "";
        struct rlimit core;
        policy_init(&p);
        p.system_base = false;
        if (wall_begin(NULL, reason, sizeof reason) != 0 || fcntl(stray, F_GETFD) >= 0)
            _exit(1);
        int own = open("/proc/self/status", O_RDONLY);
        if (policy_prepare(&p, reason, sizeof reason) != 0 ||
            wall_prepare(wall_rules(&p, NULL, false, reason, sizeof reason), reason, sizeof reason) != 0)
            _exit(2);
        if (read(own, text, sizeof text - 1) <= 0 || strstr(text, "CapPrm:\t0000000000000000") == NULL ||
            strstr(text, "CapEff:\t0000000000000000") == NULL || strstr(text, "CapInh:\t0000000000000000") == NULL ||
            strstr(text, "NoNewPrivs:\t1") == NULL)
            _exit(3);
        if (geteuid() == 0 && strstr(text, "CapBnd:\t0000000000000000") == NULL)
            _exit(4);
        if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0 || getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_max != 0)
            _exit(5);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    clean();
    ck_assert_int_eq(status, 0);
    close(stray);
}
END_TEST

/* From here on capset(2) is refused. */
static bool refuse_capset(void)
{
    struct sock_filter lines[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_capset, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog filter = {sizeof lines / sizeof lines[0], lines};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

/* wall_prepare has taken the rules over also when it fails before it needs them: a zygote's child would go on with
 * them open. */
START_TEST(failing_leaves_no_rules)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        char reason[256] = "";
        int rules = open("/dev/null", O_RDONLY | O_CLOEXEC); /* never looked at */
        if (!refuse_capset())
            _exit(1);
        if (wall_prepare(rules, reason, sizeof reason) == 0 || strstr(reason, "dropping capabilities") == NULL)
            _exit(2);
        _exit(fcntl(rules, F_GETFD) >= 0 ? 3 : 0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    clean();
    ck_assert_int_eq(status, 0);
}
END_TEST

/* A standard stream that is closed stays closed for the guest: no file of the monitor's takes its number. */
START_TEST(closed_streams_are_held)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        char reason[256];
        close(0);
        if (wall_begin(NULL, reason, sizeof reason) != 0)
            _exit(1);
        int next = open("/dev/null", O_RDONLY);
        _exit(next < 3 || !(fcntl(0, F_GETFL) & O_PATH) ? 2 : 0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    clean();
    ck_assert_int_eq(status, 0);
}
END_TEST

TEST_MAIN("hv_wall", setup, 20, TEST_EACH(an_act_has_its_answer, acts), TEST(older_threads_are_inside),
          TEST(privileges_are_gone), TEST(failing_leaves_no_rules), TEST(closed_streams_are_held))
