/* Descriptors and what is done with them: the table, limits, vectors, blocking, devices, locks, moving bytes. */
#include "hv_file_fixture.h"
#include "runner.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#define BUFFER GUEST_TEXT(2)

static int open_guest(const char *path, int flags)
{
    return (int)CALL(open, P(path), ARG(flags), 0644);
}

static void make_pipe(int ends[2])
{
    ck_assert_int_eq(CALL(pipe2, GUEST_TEXT(3), ARG(O_CLOEXEC)), 0);
    memcpy(ends, guest_memory(3), 2 * sizeof(int));
}

static bool signalled(int number)
{
    return guest.pending.set >> (number - 1) & 1;
}

/* ---- the table ---- */

START_TEST(numbers_are_the_lowest)
{
    ck_assert_int_eq(open_guest("/w/file", O_RDONLY), 0);
    ck_assert_int_eq(open_guest("/w/file", O_RDONLY | O_CLOEXEC), 1);
    ck_assert_int_eq(CALL(dup, 0), 2);
    ck_assert_int_eq(CALL(close, 1), 0);
    ck_assert_int_eq(CALL(close, 1), -EBADF);
    ck_assert_int_eq(CALL(dup, 0), 1);
    ck_assert_int_eq(CALL(fcntl, 0, F_DUPFD_CLOEXEC, 10), 10);
    ck_assert_int_eq(CALL(fcntl, 10, F_GETFD), FD_CLOEXEC);
    ck_assert_int_eq(CALL(fcntl, 1, F_GETFD), 0);
    ck_assert_int_eq(CALL(fcntl, 0, F_DUPFD, 64), -EINVAL);
    ck_assert_int_eq(CALL(fcntl, 0, F_DUPFD, ARG(-1)), -EINVAL);
    ck_assert_int_eq(CALL(dup2, 0, 5), 5);
    ck_assert_int_eq(CALL(dup2, 5, 5), 5);
    ck_assert_int_eq(CALL(dup3, 5, 5, 0), -EINVAL);
    ck_assert_int_eq(CALL(dup3, 0, 10, ARG(O_CLOEXEC)), 10);
    ck_assert_int_eq(CALL(dup2, 0, 64), -EBADF);
    ck_assert_int_eq(CALL(dup2, 0, ARG(INT_MIN)), -EBADF);
    ck_assert_int_eq(CALL(dup2, 63, 3), -EBADF);
    ck_assert_int_eq(CALL(dup, 0xdeadbeef00000000ull), 3); /* dirty upper half */
    ck_assert_int_eq(descriptor_next(&guest_process, 6), 10);
    descriptors_close_on_exec(guest_process.descriptors);
    ck_assert_int_eq(descriptor_next(&guest_process, 6), -1);
    ck_assert_int_eq(CALL(close_range, 1, 2, ARG(CLOSE_RANGE_CLOEXEC)), 0);
    ck_assert_int_eq(CALL(fcntl, 2, F_GETFD), FD_CLOEXEC);
    ck_assert_int_eq(CALL(close_range, 3, UINT_MAX, 0), 0);
    ck_assert_int_eq(descriptor_next(&guest_process, 3), -1);
    ck_assert_int_eq(CALL(close_range, 3, 2, 0), -EINVAL);
}
END_TEST

START_TEST(numbers_end)
{
    int n, last = -1;
    while ((n = open_guest("/w/file", O_RDONLY)) >= 0)
        last = n;
    ck_assert_int_eq(n, -EMFILE);
    ck_assert_int_eq(last, 63);
    ck_assert_int_eq(CALL(pipe, GUEST_TEXT(3)), -EMFILE);
    ck_assert_int_eq(CALL(close, 7), 0);
    ck_assert_int_eq(CALL(pipe, GUEST_TEXT(3)), -EMFILE);
    ck_assert_int_eq(CALL(dup, 0), 7);
    guest_process.limits[RLIMIT_NOFILE].rlim_cur = 10;
    ck_assert_int_eq(CALL(close, 20), 0);
    ck_assert_int_eq(CALL(dup, 0), -EMFILE);
    ck_assert_int_eq(CALL(dup2, 0, 20), -EBADF);
}
END_TEST

/* A copy for vfork: closing there closes nothing here, and shares positions. */
START_TEST(copies_are_separate)
{
    struct descriptors *copy, *own = guest_process.descriptors;
    int fd = open_guest("/w/file", O_RDONLY);
    ck_assert_int_eq(descriptors_copy(own, &copy), 0);
    guest_process.descriptors = copy;
    ck_assert_int_eq(CALL(read, ARG(fd), BUFFER, 2), 2);
    ck_assert_int_eq(CALL(close, ARG(fd)), 0);
    guest_process.descriptors = own;
    ck_assert_int_eq(CALL(lseek, ARG(fd), 0, SEEK_CUR), 2);
    descriptors_release(copy);
    ck_assert_int_eq(CALL(read, ARG(fd), BUFFER, 8), 3);
}
END_TEST

/* ---- reading and writing ---- */

START_TEST(bad_buffers)
{
    int fd = open_guest("/w/file", O_RDWR);
    ck_assert_int_eq(CALL(read, ARG(fd), 0, 4), -EFAULT);
    ck_assert_int_eq(CALL(read, ARG(fd), GUEST_HIGH - 2, 4), -EFAULT);
    ck_assert_int_eq(CALL(read, ARG(fd), (uint64_t)(uintptr_t)&guest, 4), -EFAULT);
    ck_assert_int_eq(CALL(write, ARG(fd), (uint64_t)(uintptr_t)&guest, 4), -EFAULT);
    ck_assert_int_eq(CALL(read, ARG(fd), BUFFER, ARG(-1)), -EINVAL);
    ck_assert_int_eq(CALL(read, ARG(fd), GUEST_ARENA - 4096, 4), -EFAULT);
    ck_assert_int_eq(CALL(pread64, ARG(fd), BUFFER, 4, ARG(-1)), -EINVAL);
    ck_assert_int_eq(CALL(read, ARG(fd), BUFFER, 0), 0);
    ck_assert_int_eq(CALL(read, ARG(77), 0, 4), -EBADF);
    ck_assert_int_eq(CALL(read, ARG(open_guest("/w", O_RDONLY)), BUFFER, 4), -EISDIR);
}
END_TEST

START_TEST(vectors)
{
    struct iovec *v = guest_memory(6);
    int fd = open_guest("/w/file", O_RDWR);
    v[0] = (struct iovec){guest_memory(2), 2};
    v[1] = (struct iovec){guest_memory(4), 2};
    ck_assert_int_eq(CALL(readv, ARG(fd), GUEST_TEXT(6), 2), 4);
    ck_assert_int_eq(memcmp(guest_memory(4), "ll", 2), 0);
    ck_assert_int_eq(CALL(preadv, ARG(fd), GUEST_TEXT(6), 2, 1, 0), 4);
    ck_assert_int_eq(CALL(preadv2, ARG(fd), GUEST_TEXT(6), 2, ARG(-1), 0, 0), 1);
    ck_assert_int_eq(CALL(preadv2, ARG(fd), GUEST_TEXT(6), 2, 0, 0, 0x4000), -EOPNOTSUPP);
    ck_assert_int_eq(CALL(pwritev, ARG(fd), GUEST_TEXT(6), 2, 5, 0), 4);
    ck_assert_int_eq(CALL(readv, ARG(fd), GUEST_TEXT(6), 1025), -EINVAL);
    ck_assert_int_eq(CALL(readv, ARG(fd), GUEST_TEXT(6), ARG(-1)), -EINVAL);
    ck_assert_int_eq(CALL(readv, ARG(fd), 0, 0), 0);
    v[1] = (struct iovec){&guest, 2};
    ck_assert_int_eq(CALL(readv, ARG(fd), GUEST_TEXT(6), 2), -EFAULT);
    v[1] = (struct iovec){guest_memory(4), (size_t)-1};
    ck_assert_int_eq(CALL(writev, ARG(fd), GUEST_TEXT(6), 2), -EINVAL);
}
END_TEST

START_TEST(disk_limit)
{
    guest_policy.disk_written = 10;
    int fd = open_guest("/w/new", O_CREAT | O_RDWR);
    ck_assert_int_eq(CALL(write, ARG(fd), BUFFER, 6), 6);
    ck_assert_int_eq(CALL(write, ARG(fd), BUFFER, 6), 4);
    ck_assert_int_eq(CALL(write, ARG(fd), BUFFER, 6), -ENOSPC);
    ck_assert_int_eq(CALL(fallocate, ARG(fd), 0, 0, 100), -ENOSPC);
    ck_assert_int_eq(CALL(ftruncate, ARG(fd), 0), 0);
    ck_assert_uint_eq(guest_family.disk_written, 10);
    struct iovec *v = guest_memory(6);
    guest_policy.disk_written = 15;
    v[0] = (struct iovec){guest_memory(2), 3};
    v[1] = (struct iovec){guest_memory(2), 8};
    ck_assert_int_eq(CALL(writev, ARG(fd), GUEST_TEXT(6), 2), 5);
    int in = open_guest("/ro/data", O_RDONLY);
    ck_assert_int_eq(CALL(sendfile, ARG(fd), ARG(in), 0, 100), -ENOSPC);
    guest_policy.disk_written = 0;
    ck_assert_int_eq(CALL(sendfile, ARG(fd), ARG(in), 0, 100), 4);
    ck_assert_uint_eq(guest_family.disk_written, 19);
}
END_TEST

START_TEST(file_size_limit)
{
    guest_process.limits[RLIMIT_FSIZE].rlim_cur = 8;
    int fd = open_guest("/w/new", O_CREAT | O_RDWR);
    ck_assert_int_eq(CALL(write, ARG(fd), BUFFER, 20), 8);
    ck_assert(!signalled(SIGXFSZ));
    ck_assert_int_eq(CALL(write, ARG(fd), BUFFER, 1), -EFBIG);
    ck_assert(signalled(SIGXFSZ));
    ck_assert_int_eq(CALL(pwrite64, ARG(fd), BUFFER, 10, 4), 4);
    ck_assert_int_eq(CALL(ftruncate, ARG(fd), 9), -EFBIG);
    ck_assert_int_eq(CALL(ftruncate, ARG(fd), 3), 0);
    ck_assert_int_eq(CALL(fcntl, ARG(fd), F_SETFL, O_APPEND), 0);
    ck_assert_int_eq(CALL(write, ARG(fd), BUFFER, 20), 5);
}
END_TEST

START_TEST(broken_pipes)
{
    int ends[2];
    make_pipe(ends);
    ck_assert_int_eq(CALL(fcntl, ARG(ends[0]), F_GETFD), FD_CLOEXEC);
    ck_assert_int_eq(CALL(write, ARG(ends[1]), BUFFER, 3), 3);
    ck_assert_int_eq(CALL(read, ARG(ends[0]), BUFFER, 9), 3);
    ck_assert_int_eq(CALL(lseek, ARG(ends[0]), 0, SEEK_SET), -ESPIPE);
    ck_assert_int_eq(CALL(close, ARG(ends[0])), 0);
    signal(SIGPIPE, SIG_IGN);
    ck_assert_int_eq(CALL(write, ARG(ends[1]), BUFFER, 3), -EPIPE);
    ck_assert(signalled(SIGPIPE));
    ck_assert_int_eq(CALL(pipe2, 0, 0), -EFAULT);
    ck_assert_int_eq(CALL(pipe2, GUEST_TEXT(3), 0x80), -EINVAL);
}
END_TEST

/* A thread that is wanted elsewhere does not block, and files that never block do not care. */
START_TEST(blocked_calls_restart)
{
    int ends[2];
    make_pipe(ends);
    int fd = open_guest("/w/file", O_RDONLY);
    guest.wanted = 1;
    ck_assert_int_eq(CALL(read, ARG(ends[0]), BUFFER, 1), SYS_RESTART);
    ck_assert_int_eq(CALL(flock, ARG(fd), LOCK_EX), SYS_RESTART);
    ck_assert_int_eq(CALL(read, ARG(fd), BUFFER, 8), 5);
    guest.wanted = 0;
    ck_assert_int_eq(CALL(fcntl, ARG(ends[0]), F_SETFL, O_NONBLOCK), 0);
    ck_assert_int_eq(CALL(read, ARG(ends[0]), BUFFER, 1), -EAGAIN);
}
END_TEST

/* Another thread closes the number while a read is blocked on it: the read goes on. */
static void *close_and_write(void *argument)
{
    int *ends = argument;
    usleep(50000);
    descriptor_close(&guest_process, ends[0]);
    ck_assert_int_eq(CALL(write, ARG(ends[1]), GUEST_TEXT(7), 4), 4);
    return NULL;
}

START_TEST(closing_under_a_read)
{
    int ends[2];
    pthread_t other;
    make_pipe(ends);
    pthread_create(&other, NULL, close_and_write, ends);
    ck_assert_int_eq(CALL(read, ARG(ends[0]), BUFFER, 9), 4);
    pthread_join(other, NULL);
    ck_assert_int_eq(CALL(read, ARG(ends[0]), BUFFER, 9), -EBADF);
}
END_TEST

/* ---- devices ---- */

START_TEST(devices)
{
    unsigned char *b = guest_memory(2);
    int null = open_guest("/dev/null", O_WRONLY), zero = open_guest("/dev/zero", O_RDONLY);
    int full = open_guest("/dev/full", O_RDWR), random = open_guest("/dev/urandom", O_RDONLY);
    struct stat *st = guest_memory(5);
    ck_assert_int_eq(CALL(write, ARG(null), BUFFER, 9), 9);
    ck_assert_int_eq(CALL(read, ARG(null), BUFFER, 9), -EBADF);
    ck_assert_int_eq(CALL(fcntl, ARG(null), F_GETFL) & O_ACCMODE, O_WRONLY);
    memset(b, 1, 64);
    ck_assert_int_eq(CALL(read, ARG(zero), BUFFER, 64), 64);
    ck_assert_int_eq(b[63], 0);
    ck_assert_int_eq(CALL(write, ARG(zero), BUFFER, 1), -EBADF);
    ck_assert_int_eq(CALL(write, ARG(full), BUFFER, 1), -ENOSPC);
    ck_assert_int_eq(CALL(read, ARG(random), BUFFER, 64), 64);
    int zeros = 0;
    for (int i = 0; i < 64; i++)
        zeros += b[i] == 0;
    ck_assert_int_lt(zeros, 16);
    ck_assert_int_eq(CALL(fstat, ARG(null), GUEST_TEXT(5)), 0);
    ck_assert(S_ISCHR(st->st_mode) && st->st_rdev == 0x103);
}
END_TEST

/* ---- stat ---- */

START_TEST(stat_is_virtual)
{
    struct stat host, *st = guest_memory(5);
    int fd = open_guest("/w/file", O_RDONLY);
    ck_assert_int_eq(stat(host_path("w/file"), &host), 0);
    ck_assert_int_eq(CALL(fstat, ARG(fd), GUEST_TEXT(5)), 0);
    struct stat first = *st;
    ck_assert_uint_ne(st->st_dev, host.st_dev);
    ck_assert_uint_eq(st->st_ino, host.st_ino);
    ck_assert_int_eq(st->st_uid, GUEST_ID);
    ck_assert_int_eq(CALL(stat, P("/w/file"), GUEST_TEXT(5)), 0);
    ck_assert_int_eq(memcmp(&first, st, sizeof first), 0);
    ck_assert_int_eq(CALL(newfstatat, ARG(fd), P(""), GUEST_TEXT(5), ARG(AT_EMPTY_PATH)), 0);
    ck_assert_int_eq(memcmp(&first, st, sizeof first), 0);
    ck_assert_int_eq(CALL(newfstatat, ARG(fd), P(""), GUEST_TEXT(5), 0), -ENOENT);
    struct statx *x = guest_memory(6);
    ck_assert_int_eq(CALL(statx, ARG(fd), P(""), ARG(AT_EMPTY_PATH), STATX_ALL, GUEST_TEXT(6)), 0);
    ck_assert_uint_eq(x->stx_ino, first.st_ino);
    ck_assert_uint_eq(x->stx_size, 5);
    ck_assert_int_eq(CALL(stat, P("/ro/data"), GUEST_TEXT(5)), 0);
    ck_assert_uint_ne(st->st_dev, first.st_dev);
    ck_assert_int_eq(CALL(stat, P("/"), GUEST_TEXT(5)), 0);
    ck_assert(S_ISDIR(st->st_mode));
    ck_assert_int_eq(CALL(stat, P("/w/file"), (uint64_t)(uintptr_t)&host), -EFAULT);
    ck_assert_int_eq(CALL(stat, P("/w/file"), GUEST_ARENA - 4096), -EFAULT);
}
END_TEST

START_TEST(owners_and_times)
{
    struct timespec *ts = guest_memory(5);
    struct stat host;
    int fd = open_guest("/w/file", O_RDWR);
    ck_assert_int_eq(CALL(chown, P("/w/file"), GUEST_ID, GUEST_ID), 0);
    ck_assert_int_eq(CALL(chown, P("/w/file"), ARG(-1), ARG(-1)), 0);
    ck_assert_int_eq(CALL(fchown, ARG(fd), 0, 0), -EPERM);
    ts[0] = (struct timespec){1000, 5};
    ts[1] = (struct timespec){2000, 6};
    ck_assert_int_eq(CALL(utimensat, ARG(AT_FDCWD), P("/w/file"), GUEST_TEXT(5), 0), 0);
    ck_assert_int_eq(stat(host_path("w/file"), &host), 0);
    ck_assert_int_eq(host.st_mtim.tv_sec, 2000);
    ts[1].tv_nsec = 1000000000;
    ck_assert_int_eq(CALL(utimensat, ARG(fd), 0, GUEST_TEXT(5), 0), -EINVAL);
    ck_assert_int_eq(CALL(utimensat, ARG(fd), 0, 0, 0), 0);
    ck_assert_int_eq(CALL(fchmod, ARG(fd), 06711), 0);
    ck_assert_int_eq(stat(host_path("w/file"), &host), 0);
    ck_assert_int_eq(host.st_mode & 07777, 0711);
    ck_assert_int_gt(host.st_mtim.tv_sec, 2000);
}
END_TEST

/* ---- fcntl, ioctl ---- */

START_TEST(controls)
{
    int ends[2];
    struct flock *lock = guest_memory(5);
    make_pipe(ends);
    int fd = open_guest("/w/file", O_RDWR | O_APPEND);
    ck_assert_int_eq(CALL(fcntl, ARG(fd), F_GETFL), O_RDWR | O_APPEND | 0100000);
    ck_assert_int_eq(CALL(fcntl, ARG(fd), F_SETFL, O_NONBLOCK | O_ASYNC), 0);
    ck_assert_int_eq(CALL(fcntl, ARG(fd), F_GETFL), O_RDWR | O_NONBLOCK | 0100000);
    *lock = (struct flock){.l_type = F_WRLCK};
    ck_assert_int_eq(CALL(fcntl, ARG(fd), F_SETLK, GUEST_TEXT(5)), 0);
    ck_assert_int_eq(CALL(fcntl, ARG(fd), F_GETLK, GUEST_TEXT(5)), 0);
    ck_assert_int_eq(lock->l_type, F_UNLCK);
    ck_assert_int_eq(CALL(fcntl, ARG(fd), F_SETLK, 0), -EFAULT);
    ck_assert_int_eq(CALL(fcntl, ARG(fd), F_SETOWN, ARG(getpid())), -EPERM);
    ck_assert_int_eq(CALL(fcntl, ARG(fd), F_SETOWN, 1), 0);
    ck_assert_int_eq(CALL(fcntl, ARG(fd), F_GETOWN), 1);
    ck_assert_int_eq(CALL(fcntl, ARG(fd), F_SETLEASE, F_RDLCK), -EINVAL);
    ck_assert_int_eq(CALL(fcntl, ARG(fd), F_ADD_SEALS, 1), -EINVAL);
    ck_assert_int_eq(CALL(fcntl, ARG(ends[0]), F_SETPIPE_SZ, 65536), 65536);
    ck_assert_int_eq(CALL(fcntl, ARG(ends[0]), F_SETPIPE_SZ, 1 << 30), -EPERM);
    ck_assert_int_eq(CALL(write, ARG(ends[1]), BUFFER, 3), 3);
    ck_assert_int_eq(CALL(ioctl, ARG(ends[0]), FIONREAD, GUEST_TEXT(5)), 0);
    ck_assert_int_eq(*(int *)guest_memory(5), 3);
    ck_assert_int_eq(CALL(ioctl, ARG(ends[0]), FIONBIO | 0xffffffff00000000ull, GUEST_TEXT(5)), 0);
    ck_assert_int_eq(CALL(fcntl, ARG(ends[0]), F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    ck_assert_int_eq(CALL(ioctl, ARG(fd), TCGETS, GUEST_TEXT(5)), -ENOTTY);
    ck_assert_int_eq(CALL(ioctl, ARG(fd), TIOCSTI, GUEST_TEXT(5)), -ENOTTY);
    ck_assert_int_eq(CALL(ioctl, ARG(fd), 0x12345678), -ENOTTY);
    ck_assert_int_eq(CALL(ioctl, ARG(99), TCGETS, 0), -EBADF);
    ck_assert_int_eq(CALL(ioctl, ARG(fd), FIOCLEX), 0);
    ck_assert_int_eq(CALL(fcntl, ARG(fd), F_GETFD), FD_CLOEXEC);
}
END_TEST

/* A lock of another process of the host is seen, its host pid is not. */
START_TEST(lock_holders_are_virtual)
{
    struct flock *lock = guest_memory(5), held = {.l_type = F_WRLCK};
    int ready[2];
    char byte;
    ck_assert_int_eq(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        int host = open(host_path("w/file"), O_RDWR);
        _exit(fcntl(host, F_SETLK, &held) != 0 || write(ready[1], "x", 1) != 1 || pause());
    }
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    int fd = open_guest("/w/file", O_RDWR);
    *lock = (struct flock){.l_type = F_WRLCK};
    ck_assert_int_eq(CALL(fcntl, ARG(fd), F_GETLK, GUEST_TEXT(5)), 0);
    ck_assert_int_eq(lock->l_type, F_WRLCK);
    ck_assert_int_eq(lock->l_pid, 0);
    guest_family.processes[1] = (struct family_process){.state = PROCESS_RUNNING, .pid = 7, .host = child};
    *lock = (struct flock){.l_type = F_WRLCK};
    ck_assert_int_eq(CALL(fcntl, ARG(fd), F_GETLK, GUEST_TEXT(5)), 0);
    ck_assert_int_eq(lock->l_pid, 7);
    kill(child, SIGKILL);
}
END_TEST

/* ---- moving bytes, sizes ---- */

START_TEST(moving_bytes)
{
    int ends[2];
    int64_t *offset = guest_memory(5);
    make_pipe(ends);
    int in = open_guest("/w/file", O_RDONLY), out = open_guest("/w/copy", O_CREAT | O_RDWR);
    *offset = 1;
    ck_assert_int_eq(CALL(sendfile, ARG(out), ARG(in), GUEST_TEXT(5), 3), 3);
    ck_assert_int_eq(*offset, 4);
    ck_assert_int_eq(CALL(copy_file_range, ARG(in), 0, ARG(out), 0, 9, 0), 5);
    ck_assert_int_eq(CALL(pread64, ARG(out), BUFFER, 20, 0), 8);
    ck_assert_int_eq(memcmp(guest_memory(2), "ellhello", 8), 0);
    *offset = 0;
    ck_assert_int_eq(CALL(splice, ARG(in), GUEST_TEXT(5), ARG(ends[1]), 0, 5, 0), 5);
    ck_assert_int_eq(CALL(read, ARG(ends[0]), BUFFER, 9), 5);
    *offset = -1;
    ck_assert_int_eq(CALL(sendfile, ARG(out), ARG(in), GUEST_TEXT(5), 3), -EINVAL);
    ck_assert_int_eq(CALL(sendfile, ARG(out), ARG(in), 0x100, 3), -EFAULT);
    ck_assert_int_eq(CALL(sendfile, ARG(in), ARG(out), 0, 3), -EBADF);
    ck_assert_int_eq(CALL(copy_file_range, ARG(in), 0, ARG(out), 0, 9, 1), -EINVAL);
    ck_assert_int_eq(CALL(sendfile, ARG(out), ARG(open_guest("/dev/urandom", O_RDONLY)), 0, 3), -EINVAL);
}
END_TEST

START_TEST(sizes)
{
    struct statfs *fs = guest_memory(5);
    int fd = open_guest("/w/file", O_RDWR);
    ck_assert_int_eq(CALL(ftruncate, ARG(fd), 100), 0);
    ck_assert_int_eq(CALL(lseek, ARG(fd), 0, SEEK_END), 100);
    ck_assert_int_eq(CALL(ftruncate, ARG(fd), ARG(-1)), -EINVAL);
    ck_assert_int_eq(CALL(truncate, P("/w/file"), 7), 0);
    ck_assert_int_eq(CALL(truncate, P("/w/fifo"), 7), -EINVAL);
    ck_assert_int_eq(CALL(truncate, P("/w"), 7), -EISDIR);
    ck_assert_int_eq(CALL(lseek, ARG(fd), 0, SEEK_END), 7);
    ck_assert_int_eq(CALL(fallocate, ARG(fd), 0, ARG(-1), 5), -EINVAL);
    ck_assert_int_eq(CALL(fallocate, ARG(fd), 0, INT64_MAX, 5), -EFBIG);
    ck_assert_int_eq(CALL(fsync, ARG(fd)), 0);
    ck_assert_int_eq(CALL(fadvise64, ARG(fd), 0, 0, 0), 0);
    ck_assert_int_eq(CALL(statfs, P("/proc"), GUEST_TEXT(5)), 0);
    ck_assert_int_eq(fs->f_type, 0x9fa0);
    guest_policy.disk_written = 1 << 20;
    ck_assert_int_eq(CALL(fstatfs, ARG(fd), GUEST_TEXT(5)), 0);
    ck_assert_uint_le(fs->f_bavail * (uint64_t)fs->f_bsize, 1 << 20);
    ck_assert_int_eq(CALL(statfs, P("/ro"), GUEST_TEXT(5)), 0);
    ck_assert_int_eq(fs->f_flags & ST_RDONLY, ST_RDONLY);
}
END_TEST

/* A file that is cut while it is read by threads, and numbers that are opened and closed by all: no crash, no leak. */
static void *churn(void *seed)
{
    unsigned state = (unsigned)(uintptr_t)seed;
    for (int i = 0; i < 20000; i++) {
        int n = rand_r(&state) % 12;
        switch (rand_r(&state) % 5) {
        case 0:
            descriptor_dup(&guest_process, n, rand_r(&state) % 8, false);
            break;
        case 1:
            descriptor_dup_to(&guest_process, n, rand_r(&state) % 12, true);
            break;
        case 2:
            descriptor_close(&guest_process, n);
            break;
        case 3:
            sys_pread64(&guest, &(struct call){.arg = {(uint64_t)n, GUEST_TEXT(8) + n * 64, 5, 0}});
            break;
        default: {
            struct place pl;
            struct file *f;
            int host;
            if (place_find_text(&guest_process, AT_FDCWD, "/w/file", 0, &pl) == 0) {
                if (place_open(&guest, &pl, O_RDONLY, 0, &host, &f) == 0)
                    descriptor_install(&guest_process, host, f, false, 0);
                place_release(&pl);
            }
        }
        }
    }
    return NULL;
}

START_TEST(many_threads_one_table)
{
    pthread_t threads[4];
    int before = dup(0);
    close(before);
    for (uintptr_t i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, churn, (void *)(i + 1));
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    descriptors_release(guest_process.descriptors);
    ck_assert_int_eq(dup(0), before);
}
END_TEST

TEST_MAIN("hv_file", fixture_setup, 60, TEST(numbers_are_the_lowest), TEST(numbers_end), TEST(copies_are_separate),
          TEST(bad_buffers), TEST(vectors), TEST(disk_limit), TEST(file_size_limit), TEST(broken_pipes),
          TEST(blocked_calls_restart), TEST(closing_under_a_read), TEST(devices), TEST(stat_is_virtual),
          TEST(owners_and_times), TEST(controls), TEST(lock_holders_are_virtual), TEST(moving_bytes), TEST(sizes),
          TEST(many_threads_one_table))
