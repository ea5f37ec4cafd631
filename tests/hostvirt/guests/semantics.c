/* Small print of system calls that real programs met: what each line says is the same on a bare Linux.
 * Run without arguments in an empty writable folder. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

static void say(const char *what, long result)
{
    printf("%s: %ld %s\n", what, result, result < 0 ? strerror(errno) : "");
}

/* A file that gets no descriptor is not made. */
static void full_table(void)
{
    struct rlimit few = {8, 1024};
    int last = 0;

    setrlimit(RLIMIT_NOFILE, &few);
    while ((last = dup(0)) >= 0)
        ;
    say("open in a full table", open("unborn", O_CREAT | O_RDWR, 0600));
    say("its file", access("unborn", F_OK));
    for (int i = 3; i < 8; i++)
        close(i);
    few.rlim_cur = 1024;
    setrlimit(RLIMIT_NOFILE, &few);
}

static void *wait_for_end(void *go)
{
    pthread_mutex_lock(go);
    pthread_mutex_unlock(go);
    printf("other thread: %d processor, SCHED_BATCH %d\n", sched_getcpu() == 0, sched_getscheduler(0) == SCHED_BATCH);
    return NULL;
}

static void scheduling(void)
{
    pthread_mutex_t go = PTHREAD_MUTEX_INITIALIZER;
    struct sched_param none = {0};
    pthread_attr_t attributes;
    cpu_set_t first, seen;
    pthread_t other;

    CPU_ZERO(&first);
    CPU_SET(0, &first);
    pthread_mutex_lock(&go);
    pthread_attr_init(&attributes);
    say("affinity of a new thread", pthread_attr_setaffinity_np(&attributes, sizeof first, &first));
    say("its start", pthread_create(&other, &attributes, wait_for_end, &go));
    say("own mask", sched_setaffinity(0, sizeof first, &first));
    sched_getaffinity(0, sizeof seen, &seen);
    printf("on the first processor: %d %d\n", CPU_EQUAL(&first, &seen), sched_getcpu() == 0);
    CPU_ZERO(&first);
    say("empty mask", sched_setaffinity(0, sizeof first, &first));
    say("batch", sched_setscheduler(0, SCHED_BATCH, &none));
    say("policy", sched_getscheduler(0));
    say("nice", setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + 3));
    say("nice value", getpriority(PRIO_PROCESS, 0));
    say("nobody's", getpriority(PRIO_PROCESS, 4000000));
    pthread_mutex_unlock(&go);
    pthread_join(other, NULL);
}

static void child(const char *what, int dirfd, const char *path, int flags)
{
    char *argv[] = {"name", "argument", NULL}, *envp[] = {NULL};
    int status;

    fflush(stdout);
    if (fork() == 0) {
        syscall(SYS_execveat, dirfd, path, argv, envp, flags);
        printf("%s: %s\n", what, strerror(errno));
        exit(1);
    }
    wait(&status);
    printf("%s: status %d\n", what, WEXITSTATUS(status));
}

static void executing(void)
{
    int script = open("script", O_CREAT | O_WRONLY, 0700), folder = open(".", O_RDONLY | O_DIRECTORY);

    dprintf(script, "#!/bin/sh\necho $0 $1\nexit 4\n");
    close(script);
    int program = open("/bin/echo", O_RDONLY | O_CLOEXEC), named = open("/bin/echo", O_PATH);
    script = open("script", O_RDONLY);
    (void)!symlink("script", "link");
    child("program by descriptor", program, "", AT_EMPTY_PATH);
    child("program by O_PATH", named, "", AT_EMPTY_PATH);
    child("without AT_EMPTY_PATH", program, "", 0);
    child("script by descriptor", script, "", AT_EMPTY_PATH);
    child("script in a folder", folder, "script", 0);
    child("link", folder, "link", 0);
    child("link not followed", folder, "link", AT_SYMLINK_NOFOLLOW);
    child("absolute", -1, "/bin/echo", 0);
    child("folder", folder, "", AT_EMPTY_PATH);
    child("bad descriptor", 99, "script", 0);
}

static void attributes(void)
{
    char value[16];

    say("no attribute", getxattr("script", "user.none", value, sizeof value));
    say("set", setxattr("script", "user.key", "value", 5, 0));
    say("set again", setxattr("script", "user.key", "value", 5, XATTR_CREATE));
    say("replace nothing", setxattr("script", "user.other", "value", 5, XATTR_REPLACE));
    say("size", getxattr("link", "user.key", NULL, 0));
    say("get", getxattr("link", "user.key", value, sizeof value));
    say("too small", getxattr("script", "user.key", value, 2));
    say("of a link", lsetxattr("link", "user.key", "value", 5, 0));
    say("list", listxattr("script", value, sizeof value));
    say("list too small", listxattr("script", value, 3));
    int fd = open("script", O_RDONLY);
    say("by descriptor", fgetxattr(fd, "user.key", value, sizeof value));
    say("remove", fremovexattr(fd, "user.key"));
    say("remove again", removexattr("script", "user.key"));
    say("of a folder", setxattr(".", "user.folder", "x", 1, 0));
    say("no name", setxattr("script", "", "x", 1, 0));
    say("no namespace", setxattr("script", "user.", "x", 1, 0));
}

/* Processes that begin while others fail to, in several threads (vfork). */
static void *spawn_many(void *started)
{
    char *argv[] = {"true", NULL};
    int status;
    pid_t child;

    for (int i = 0; i < 60; i++)
        if (posix_spawn(&child, i % 3 ? "/nowhere" : "/bin/true", NULL, NULL, argv, NULL) == 0 &&
            waitpid(child, &status, 0) == child && status == 0)
            atomic_fetch_add((atomic_int *)started, 1);
    return NULL;
}

static void spawning(void)
{
    pthread_t threads[4];
    atomic_int started = 0;

    for (int i = 0; i < 4; i++)
        pthread_create(threads + i, NULL, spawn_many, &started);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    say("spawned", started);
}

int main(void)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[2] = {0};

    full_table();
    scheduling();
    executing();
    spawning();
    attributes();
    say("no capabilities", syscall(SYS_capset, &header, none));
    none[0].effective = none[0].permitted = 1;
    say("one capability", syscall(SYS_capset, &header, none));
    return 0;
}
