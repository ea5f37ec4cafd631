/* A process of a guest that never runs, with mounts on a temporary tree of the host: for tests of paths and files.
 * Each such test is one translation unit with main(), so the definitions are here, too: the other unit tests, which are
 * linked with all of tests/unit/, need nothing of hostvirt. */
#ifndef CLOISTER_TESTS_HV_FILE_FIXTURE_H
#define CLOISTER_TESTS_HV_FILE_FIXTURE_H

#include "hostvirt/path.h"
#include "hostvirt/syscall.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

extern struct thread guest;         /* its only thread */
extern struct process guest_process;
extern struct policy guest_policy;
extern struct statistics guest_statistics;
extern struct family guest_family;
extern char host_root[64];          /* the temporary folder */

/* Host tree in host_root:                          Mounts:
 *   w/file w/folder/ w/absolute -> /ro/data          /w        writable
 *   w/escape -> ../../../../etc/shadow  ...          /ro       read-only
 *   ro/data ro/folder/                               /w/inner  read-only (host: inner/)
 *   inner/hidden                                     /etc/one  a single file (host: single)
 *   secret                                           not mounted */
void fixture_setup(void);

/* Guest memory: strings and buffers for calls. */
#define GUEST_TEXT(n) (GUEST_ARENA + 8192u * (n)) /* n < 16 */
uint64_t guest_text(int n, const char *text);
void *guest_memory(int n);

/* One system call with up to six arguments. */
#define CALL(name, ...) sys_##name(&guest, &(struct call){.arg = {__VA_ARGS__}})
/* A path as argument. */
#define P(text) guest_text(0, text)
#define P2(text) guest_text(1, text)
#define ARG(value) ((uint64_t)(int64_t)(value))

const char *host_path(const char *relative); /* of a file in host_root */

/* ---- definitions ---- */

struct thread guest;
struct process guest_process;
struct policy guest_policy;
struct statistics guest_statistics;
struct family guest_family;
char host_root[64];

static struct monitor monitor;
static struct memory guest_memory_list; /* empty: what /proc/self/maps and the like look at */
static struct mount mounts[4];

const char *host_path(const char *relative)
{
    static char path[4][512];
    static int turn;
    turn = (turn + 1) % 4;
    snprintf(path[turn], sizeof path[turn], "%s/%s", host_root, relative);
    return path[turn];
}

uint64_t guest_text(int n, const char *text)
{
    memcpy((void *)(uintptr_t)GUEST_TEXT(n), text, strlen(text) + 1);
    return GUEST_TEXT(n);
}

void *guest_memory(int n)
{
    return (void *)(uintptr_t)GUEST_TEXT(n);
}

static void host_file(const char *relative, const char *text)
{
    FILE *f = fopen(host_path(relative), "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
}

static void host_link(const char *target, const char *relative)
{
    ck_assert_int_eq(symlink(target, host_path(relative)), 0);
}

static void mount_new(int i, enum mount_kind kind, const char *relative, const char *at, bool file)
{
    int flags = O_PATH | O_CLOEXEC | (file ? 0 : O_DIRECTORY);
    mounts[i] = (struct mount){.kind = kind, .host = strdup(host_path(relative)), .guest = strdup(at),
                               .root = open(host_path(relative), flags), .file = file};
    ck_assert_int_ge(mounts[i].root, 0);
}

static void host_tree(void)
{
    static const char *const folders[] = {"w", "w/folder", "w/folder/deep", "ro", "ro/folder", "inner"};
    strcpy(host_root, "/tmp/cloister-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(host_root));
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        ck_assert_int_eq(mkdir(host_path(folders[i]), 0755), 0);
    host_file("w/file", "hello");
    host_file("w/folder/deep/leaf", "leaf");
    host_file("ro/data", "data");
    host_file("inner/hidden", "hidden");
    host_file("single", "single");
    host_file("secret", "secret");
    host_link("/ro/data", "w/absolute");
    host_link("../../../../../../../../etc/shadow", "w/escape");
    host_link(host_path("secret"), "w/host");
    host_link("loop2", "w/loop1");
    host_link("loop1", "w/loop2");
    host_link("folder", "w/tofolder");
    host_link("nothing", "w/dangling");
    host_link("folder/deep/leaf", "w/toleaf");
    ck_assert_int_eq(mkfifo(host_path("w/fifo"), 0600), 0);
}

static void remove_tree(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", host_root);
    if (system(command) != 0)
        fprintf(stderr, "%s: not removed\n", host_root);
}

void fixture_setup(void)
{
    host_tree();
    atexit(remove_tree);
    mount_new(0, MOUNT_WRITABLE, "w", "/w", false);
    mount_new(1, MOUNT_READ_ONLY, "ro", "/ro", false);
    mount_new(2, MOUNT_READ_ONLY, "inner", "/w/inner", false);
    mount_new(3, MOUNT_READ_ONLY, "single", "/etc/one", true);
    guest_policy.mounts = mounts;
    guest_policy.mount_count = 4;
    guest_policy.descriptors = 64;
    monitor.policy = &guest_policy;
    monitor.statistics = &guest_statistics;
    monitor.family = &guest_family;
    monitor.process = &guest_process;
    monitor.locks = locks_new();
    the_monitor = &monitor;
    pthread_mutex_init(&guest_family.lock, NULL);
    pthread_mutex_init(&guest_process.lock, NULL);
    guest_family.processes[0] = (struct family_process){
        .state = PROCESS_RUNNING, .pid = 1, .group = 1, .session = 1, .host = getpid()};
    guest_family.rows = 2;
    pthread_mutex_init(&guest_memory_list.lock, NULL);
    guest_process.memory = &guest_memory_list;
    guest_process.monitor = &monitor;
    guest_process.entry = &guest_family.processes[0];
    guest_process.pid = 1;
    guest_process.directories.working = strdup("/w");
    guest_process.directories.umask = 022;
    for (int i = 0; i < 16; i++)
        guest_process.limits[i] = (struct rlimit){RLIM_INFINITY, RLIM_INFINITY};
    guest.process = &guest_process;
    guest.tid = 1;
    guest.pending.last = &guest.pending.first;
    guest_process.pending.last = &guest_process.pending.first;
    current_thread = &guest;
    ck_assert_int_eq(uaccess_init(), 0);
    ck_assert_int_eq(file_devices(NULL), 0);
    ck_assert_int_eq(descriptors_new(&guest_process.descriptors, 64), 0);
    void *at = (void *)(uintptr_t)GUEST_ARENA;
    ck_assert_ptr_eq(mmap(at, 8192 * 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), at);
}

#endif
