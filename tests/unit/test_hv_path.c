/* Guest paths stay below what is mounted: links, "..", mounts in mounts, emulated trees, races. */
#include "hv_file_fixture.h"
#include "runner.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int open_errno(const char *path, int flags)
{
    int64_t fd = CALL(openat, ARG(AT_FDCWD), P(path), ARG(flags), 0644);
    if (fd >= 0)
        ck_assert_int_eq(CALL(close, ARG(fd)), 0);
    return fd >= 0 ? 0 : (int)fd;
}

/* The first bytes of a file as the guest reads it. */
static const char *content(const char *path)
{
    static char text[64];
    int64_t fd = CALL(open, P(path), ARG(O_RDONLY), 0);
    if (fd < 0)
        return "";
    int64_t n = CALL(read, ARG(fd), GUEST_TEXT(2), sizeof text - 1);
    CALL(close, ARG(fd));
    snprintf(text, sizeof text, "%.*s", n > 0 ? (int)n : 0, (char *)guest_memory(2));
    return text;
}

/* ---- where paths lead ---- */

static const struct {
    const char *path, *text;
} readable[] = {
    {"/w/file", "hello"},
    {"file", "hello"},
    {"./file", "hello"},
    {"folder/../file", "hello"},
    {"/w/folder/deep/../../file", "hello"},
    {"/ro/folder/../data", "data"},
    {"/ro/folder/../../ro/data", "data"},
    {"//w//.//file", "hello"},
    {"/../../../w/file", "hello"},
    {"/w/../../../../w/file", "hello"},
    {"/w/absolute", "data"},
    {"/w/toleaf", "leaf"},
    {"/w/tofolder/deep/leaf", "leaf"},
    {"/w/tofolder/../file", "hello"},
    {"/w/inner/hidden", "hidden"},
    {"/w/folder/../inner/hidden", "hidden"},
    {"/w/inner/../file", "hello"},
    {"/etc/one", "single"},
    {"/etc/../etc/one", "single"},
};

START_TEST(paths_lead_to_mounted_files)
{
    ck_assert_str_eq(content(readable[_i].path), readable[_i].text);
}
END_TEST

static const struct {
    const char *path;
    int error;
} refused[] = {
    {"/w/escape", -ENOENT},
    {"/w/host", -ENOENT},
    {"/secret", -ENOENT},
    {"/w/../secret", -ENOENT},
    {"../secret", -ENOENT},
    {"/w/folder/../../secret", -ENOENT},
    {"/ro/../../../../../../../../../../etc/shadow", -ENOENT},
    {"/etc/two", -ENOENT},
    {"/w/loop1", -ELOOP},
    {"/w/loop1/x", -ELOOP},
    {"/w/file/", -ENOTDIR},
    {"/w/file/.", -ENOTDIR},
    {"/w/file/..", -ENOTDIR},
    {"/w/file/../file", -ENOTDIR},
    {"/w/toleaf/", -ENOTDIR},
    {"/etc/one/", -ENOTDIR},
    {"/etc/one/x", -ENOTDIR},
    {"/w/nothing/../file", -ENOENT},
    {"/ro/nothing/../data", -ENOENT},
    {"/w/dangling", -ENOENT},
    {"", -ENOENT},
    {"/dev/sda", -ENOENT},
    {"/proc/1/root/etc/shadow", -ENOENT},
    {"/proc/self/root/etc/shadow", -ENOENT},
    {"/sys/kernel/nothing", -ENOENT},
};

START_TEST(other_paths_are_refused)
{
    ck_assert_int_eq(open_errno(refused[_i].path, O_RDONLY), refused[_i].error);
}
END_TEST

/* 40 links are followed, 41 are not (path_resolution(7)). */
START_TEST(link_depth)
{
    char target[32], name[32];
    for (int i = 0; i < 41; i++) {
        snprintf(target, sizeof target, i ? "chain%d" : "file", i - 1);
        snprintf(name, sizeof name, "w/chain%d", i);
        ck_assert_int_eq(symlink(target, host_path(name)), 0);
    }
    ck_assert_str_eq(content("/w/chain39"), "hello");
    ck_assert_int_eq(open_errno("/w/chain40", O_RDONLY), -ELOOP);
}
END_TEST

START_TEST(long_names)
{
    char path[6000];
    memset(path, 'a', sizeof path);
    memcpy(path, "/w/", 3);
    path[3 + 255] = 0;
    ck_assert_int_eq(open_errno(path, O_RDONLY), -ENOENT);
    path[3 + 255] = 'a';
    path[3 + 256] = 0;
    ck_assert_int_eq(open_errno(path, O_RDONLY), -ENAMETOOLONG);
    path[3 + 256] = '/';
    path[5999] = 0;
    ck_assert_int_eq(open_errno(path, O_RDONLY), -ENAMETOOLONG);
    for (int i = 0; i < 2040; i++)
        memcpy(path + 2 * i, "./", 2);
    strcpy(path + 4080, "file");
    ck_assert_str_eq(content(path), "hello");
    ck_assert_int_eq(CALL(open, 0x1000, 0, 0), -EFAULT);
    ck_assert_int_eq(CALL(open, GUEST_HIGH - 1, 0, 0), -EFAULT);
    ck_assert_int_eq(CALL(open, ARG(-1), 0, 0), -EFAULT);
}
END_TEST

/* A link whose text and rest would overflow the walk's buffer. */
START_TEST(links_that_grow)
{
    char text[4096], path[4096];
    size_t n = 0;
    while (n + 11 < 4000)
        n += (size_t)snprintf(text + n, sizeof text - n, "../w/./././");
    text[n] = 0;
    ck_assert_int_eq(symlink(text, host_path("w/long")), 0);
    for (n = 0; n + 5 < 4000; n += 5)
        memcpy(path + n, "long/", 5);
    path[n] = 0;
    int error = open_errno(path, O_RDONLY);
    ck_assert_msg(error == -ENAMETOOLONG || error == -ELOOP, "%d", error);
}
END_TEST

/* ---- trailing slashes and last names ---- */

START_TEST(last_names)
{
    struct place pl;
    ck_assert_int_eq(CALL(rmdir, P("/w/tofolder/")), -ENOTDIR);
    ck_assert_int_eq(CALL(unlink, P("/w/toleaf/")), -ENOTDIR);
    ck_assert_int_eq(CALL(mkdir, P("/w/dangling"), 0755), -EEXIST);
    ck_assert_int_eq(CALL(mkdir, P("/w/new/"), 0777), 0);
    ck_assert_int_eq(CALL(rmdir, P("/w/new/.")), -EINVAL);
    ck_assert_int_eq(CALL(rmdir, P("/w/new/")), 0);
    ck_assert_int_eq(open_errno("/w/new/", O_CREAT | O_WRONLY), -EISDIR);
    ck_assert_int_eq(open_errno("/w/toleaf", O_NOFOLLOW), -ELOOP);
    ck_assert_int_eq(open_errno("/w/toleaf", O_NOFOLLOW | O_PATH), 0);
    ck_assert_int_eq(open_errno("/w/toleaf", O_CREAT | O_EXCL), -EEXIST);
    ck_assert_int_eq(open_errno("/w/file", O_DIRECTORY), -ENOTDIR);
    ck_assert_int_eq(open_errno("/w/folder", O_WRONLY), -EISDIR);
    ck_assert_int_eq(open_errno("/w/dangling", O_CREAT | O_WRONLY), 0);
    ck_assert_int_eq(access(host_path("w/nothing"), F_OK), 0);
    ck_assert_int_eq(place_find_text(&guest_process, AT_FDCWD, "/w/tofolder/", 0, &pl), 0);
    ck_assert(S_ISDIR(pl.status.st_mode));
    ck_assert_str_eq(pl.path, "/w/folder");
    place_release(&pl);
    ck_assert_int_eq(place_find_text(&guest_process, AT_FDCWD, "/w/tofolder", 0, &pl), 0);
    ck_assert(S_ISLNK(pl.status.st_mode));
    place_release(&pl);
    ck_assert_int_eq(place_find_text(&guest_process, AT_FDCWD, "/w/tofolder/.", 0, &pl), 0);
    ck_assert(S_ISDIR(pl.status.st_mode));
    place_release(&pl);
}
END_TEST

/* ---- read-only mounts, mount points, names over mounts ---- */

START_TEST(read_only_is_read_only)
{
    uint64_t denied = guest_statistics.denied_files;
    ck_assert_int_eq(open_errno("/ro/data", O_WRONLY), -EROFS);
    ck_assert_int_eq(open_errno("/ro/data", O_RDONLY | O_TRUNC), -EROFS);
    ck_assert_int_eq(open_errno("/ro/new", O_CREAT | O_WRONLY), -EROFS);
    ck_assert_int_eq(open_errno("/w/absolute", O_RDWR), -EROFS);
    ck_assert_int_eq(open_errno("/w/inner/hidden", O_RDWR), -EROFS);
    ck_assert_int_eq(open_errno("/etc/one", O_RDWR), -EROFS);
    ck_assert_int_eq(open_errno("/ro", O_TMPFILE | O_RDWR), -EROFS);
    ck_assert_int_eq(CALL(mkdir, P("/ro/x"), 0755), -EROFS);
    ck_assert_int_eq(CALL(mkdir, P("/x"), 0755), -EROFS);
    ck_assert_int_eq(CALL(unlink, P("/ro/data")), -EROFS);
    ck_assert_int_eq(CALL(rmdir, P("/ro/folder")), -EROFS);
    ck_assert_int_eq(CALL(symlink, P("a"), P2("/ro/b")), -EROFS);
    ck_assert_int_eq(CALL(rename, P("/ro/data"), P2("/ro/data2")), -EROFS);
    ck_assert_int_eq(CALL(link, P("/ro/data"), P2("/ro/data2")), -EROFS);
    ck_assert_int_eq(CALL(chmod, P("/ro/data"), 0777), -EROFS);
    ck_assert_int_eq(CALL(chmod, P("/w/absolute"), 0777), -EROFS);
    ck_assert_int_eq(CALL(truncate, P("/ro/data"), 0), -EROFS);
    ck_assert_int_eq(CALL(utime, P("/ro/data"), 0), -EROFS);
    ck_assert_int_eq(CALL(chown, P("/ro/data"), GUEST_ID, GUEST_ID), -EROFS);
    ck_assert_int_eq(CALL(access, P("/ro/data"), W_OK), -EROFS);
    int64_t fd = CALL(open, P("/ro/data"), ARG(O_RDONLY), 0);
    ck_assert_int_eq(CALL(fchmod, ARG(fd), 0777), -EROFS);
    ck_assert_int_eq(CALL(utimensat, ARG(fd), 0, 0, 0), -EROFS);
    ck_assert_int_eq(CALL(write, ARG(fd), GUEST_TEXT(2), 1), -EBADF);
    ck_assert_int_eq(CALL(ftruncate, ARG(fd), 0), -EINVAL);
    ck_assert_uint_gt(guest_statistics.denied_files, denied);
}
END_TEST

START_TEST(mounts_stay_where_they_are)
{
    ck_assert_int_eq(CALL(rename, P("/w/file"), P2("/ro/file")), -EXDEV);
    ck_assert_int_eq(CALL(rename, P("/w/inner/hidden"), P2("/w/hidden")), -EXDEV);
    ck_assert_int_eq(CALL(link, P("/ro/data"), P2("/w/data")), -EXDEV);
    ck_assert_int_eq(CALL(link, P("/w/inner/hidden"), P2("/w/data")), -EXDEV);
    ck_assert_int_eq(CALL(rename, P("/w/inner"), P2("/w/outer")), -EBUSY);
    ck_assert_int_eq(CALL(rename, P("/w"), P2("/v")), -EBUSY);
    ck_assert_int_eq(CALL(rmdir, P("/w")), -EBUSY);
    ck_assert_int_eq(CALL(unlink, P("/etc/one")), -EROFS);
    ck_assert_int_eq(CALL(rename, P("/w/file"), P2("/w/.")), -EBUSY);
    ck_assert_int_eq(CALL(rename, P("/w/file"), P2("/w/file2")), 0);
    ck_assert_int_eq(CALL(link, P("/w/file2"), P2("/w/file")), 0);
    ck_assert_int_eq(CALL(link, P("/w/folder"), P2("/w/folder2")), -EPERM);
}
END_TEST

/* Generated files are there and are nobody's to write. */
START_TEST(generated_files)
{
    ck_assert_int_eq(open_errno("/etc/passwd", O_RDONLY), 0);
    ck_assert_int_eq(open_errno("/w/../etc/./passwd", O_RDONLY), 0);
    ck_assert_int_eq(open_errno("/etc/passwd", O_RDWR), -EACCES);
    ck_assert_int_eq(open_errno("/etc/passwd", O_WRONLY | O_TRUNC), -EACCES);
    ck_assert_int_eq(open_errno("/etc/shadow", O_RDONLY), -ENOENT);
    ck_assert_int_eq(open_errno("/proc/self/stat", O_RDONLY), 0);
    ck_assert_int_eq(open_errno("/proc/self/stat", O_RDWR), -EACCES);
    ck_assert_int_eq(CALL(unlink, P("/etc/passwd")), -EROFS);
    ck_assert_int_eq(CALL(rename, P("/etc/passwd"), P2("/w/passwd")), -EXDEV);
    ck_assert_int_eq(CALL(chmod, P("/etc/passwd"), 0777), -EPERM);
    ck_assert_int_eq(CALL(symlink, P("a"), P2("/proc/1/x")), -EROFS);
}
END_TEST

/* ---- what must not be made or opened ---- */

START_TEST(dangerous_kinds)
{
    struct stat st;
    ck_assert_int_eq(CALL(mknod, P("/w/null"), S_IFCHR | 0666, 0x103), -EPERM);
    ck_assert_int_eq(CALL(mknod, P("/w/disk"), S_IFBLK | 0666, 0x800), -EPERM);
    ck_assert_int_eq(CALL(mknod, P("/w/pipe"), S_IFIFO | 06666, 0), 0);
    ck_assert_int_eq(stat(host_path("w/pipe"), &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0644);
    ck_assert_int_eq(open_errno("/w/pipe", O_RDWR | O_NONBLOCK), 0);
    ck_assert_int_eq(open_errno("/w/set", O_CREAT | O_WRONLY), 0);
    ck_assert_int_eq(CALL(chmod, P("/w/set"), 07755), 0);
    ck_assert_int_eq(stat(host_path("w/set"), &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0755);
    ck_assert_int_eq(CALL(mkdir, P("/w/sticky"), 07777), 0);
    ck_assert_int_eq(stat(host_path("w/sticky"), &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0755);
    if (geteuid() == 0) {
        ck_assert_int_eq(mknod(host_path("w/device"), S_IFCHR | 0666, 0x103), 0);
        ck_assert_int_eq(open_errno("/w/device", O_RDWR), -EACCES);
        ck_assert_int_eq(open_errno("/w/device", O_PATH), 0);
        ck_assert_int_eq(CALL(chmod, P("/w/device"), 0777), -EPERM);
    }
}
END_TEST

/* ---- descriptors as starting points ---- */

START_TEST(from_descriptors)
{
    int64_t folder = CALL(open, P("/w/folder"), ARG(O_RDONLY | O_DIRECTORY), 0);
    int64_t file = CALL(open, P("/w/file"), ARG(O_RDONLY), 0);
    int64_t named = CALL(open, P("/w"), ARG(O_PATH), 0);
    int64_t listing = CALL(open, P("/"), ARG(O_RDONLY), 0);
    ck_assert_int_ge(CALL(openat, ARG(folder), P("deep/leaf"), 0, 0), 0);
    ck_assert_int_ge(CALL(openat, ARG(folder), P("../file"), 0, 0), 0);
    ck_assert_int_eq(CALL(openat, ARG(folder), P("../../secret"), 0, 0), -ENOENT);
    ck_assert_int_ge(CALL(openat, ARG(named), P("tofolder/deep"), 0, 0), 0);
    ck_assert_int_ge(CALL(openat, ARG(named), P("inner/hidden"), 0, 0), 0);
    ck_assert_int_ge(CALL(openat, ARG(listing), P("ro/data"), 0, 0), 0);
    ck_assert_int_eq(CALL(openat, ARG(file), P("x"), 0, 0), -ENOTDIR);
    ck_assert_int_eq(CALL(openat, ARG(99), P("x"), 0, 0), -EBADF);
    ck_assert_int_ge(CALL(openat, ARG(99), P("/w/file"), 0, 0), 0);
    ck_assert_int_eq(CALL(read, ARG(named), GUEST_TEXT(2), 1), -EBADF);
    ck_assert_int_eq(CALL(fchdir, ARG(folder)), 0);
    ck_assert_str_eq(content("deep/leaf"), "leaf");
    ck_assert_int_eq(CALL(getcwd, GUEST_TEXT(3), 64), 10);
    ck_assert_str_eq(guest_memory(3), "/w/folder");
    ck_assert_int_eq(CALL(getcwd, GUEST_TEXT(3), 9), -ERANGE);
    ck_assert_int_eq(CALL(rename, P("/w/folder"), P2("/w/moved")), 0);
    ck_assert_str_eq(content("deep/leaf"), "leaf");
    ck_assert_int_ge(CALL(openat, ARG(folder), P("deep/leaf"), 0, 0), 0);
}
END_TEST

/* Links of /proc/self/fd open through the policy, never with more access than the descriptor has. */
START_TEST(descriptor_links)
{
    char path[64];
    int64_t ro = CALL(open, P("/ro/data"), ARG(O_RDONLY), 0);
    int64_t named = CALL(open, P("/ro/data"), ARG(O_PATH), 0);
    ck_assert_int_eq(CALL(pipe2, GUEST_TEXT(3), 0), 0);
    int *ends = guest_memory(3);
    int reader = ends[0], writer = ends[1];
    snprintf(path, sizeof path, "/proc/self/fd/%d", (int)ro);
    ck_assert_str_eq(content(path), "data");
    ck_assert_int_eq(open_errno(path, O_RDWR), -EROFS);
    ck_assert_int_eq(CALL(chmod, P(path), 0777), -EROFS);
    ck_assert_int_eq(CALL(truncate, P(path), 0), -EROFS);
    snprintf(path, sizeof path, "/proc/self/fd/%d", (int)named);
    ck_assert_int_eq(open_errno(path, O_RDWR), -EROFS);
    ck_assert_str_eq(content(path), "data");
    snprintf(path, sizeof path, "/proc/self/fd/%d", reader);
    ck_assert_int_eq(open_errno(path, O_RDONLY), 0);
    ck_assert_int_eq(open_errno(path, O_WRONLY), -EACCES);
    snprintf(path, sizeof path, "/proc/self/fd/%d", writer);
    ck_assert_int_eq(open_errno(path, O_WRONLY), 0);
    ck_assert_int_eq(open_errno("/proc/self/fd/63", O_RDONLY), -ENOENT);
}
END_TEST

/* A file without a name gets one by linkat, in its own mount only. */
START_TEST(temporary_files)
{
    char path[64];
    int64_t fd = CALL(open, P("/w/folder"), ARG(O_TMPFILE | O_RDWR), 0600);
    if (fd == -EOPNOTSUPP)
        return; /* the file system of /tmp */
    ck_assert_int_ge(fd, 0);
    guest_text(4, "abc");
    ck_assert_int_eq(CALL(write, ARG(fd), GUEST_TEXT(4), 3), 3);
    snprintf(path, sizeof path, "/proc/self/fd/%d", (int)fd);
    ck_assert_int_eq(CALL(linkat, ARG(AT_FDCWD), P(path), ARG(AT_FDCWD), P2("/w/inner/x"), ARG(AT_SYMLINK_FOLLOW)),
                     -EROFS);
    ck_assert_int_eq(CALL(linkat, ARG(AT_FDCWD), P(path), ARG(AT_FDCWD), P2("/w/named"), ARG(AT_SYMLINK_FOLLOW)), 0);
    ck_assert_str_eq(content("/w/named"), "abc");
}
END_TEST

/* ---- listings ---- */

static int count_names(const char *path, const char *wanted, uint32_t room, int *found)
{
    int total = 0;
    int64_t fd = CALL(open, P(path), ARG(O_RDONLY | O_DIRECTORY), 0), n;
    ck_assert_int_ge(fd, 0);
    *found = 0;
    while ((n = CALL(getdents64, ARG(fd), GUEST_TEXT(5), room)) > 0)
        for (char *e = guest_memory(5); n > 0; total++) {
            unsigned short length = *(unsigned short *)(void *)(e + 16);
            *found += strcmp(e + 19, wanted) == 0;
            e += length;
            n -= length;
        }
    ck_assert_int_eq(n, 0);
    CALL(close, ARG(fd));
    return total;
}

START_TEST(listings_show_mounts)
{
    int found, whole = count_names("/w", "inner", 8192, &found);
    ck_assert_int_eq(found, 1);
    for (uint32_t room = 40; room < 200; room += 24) {
        ck_assert_int_eq(count_names("/w", "inner", room, &found), whole);
        ck_assert_int_eq(found, 1);
    }
    ck_assert_int_eq(mkdir(host_path("w/inner"), 0755), 0);
    ck_assert_int_eq(count_names("/w", "inner", 8192, &found), whole);
    ck_assert_int_eq(found, 1);
    count_names("/", "w", 8192, &found);
    ck_assert_int_eq(found, 1);
    count_names("/", "proc", 8192, &found);
    ck_assert_int_eq(found, 1);
    count_names("/etc", "one", 8192, &found);
    ck_assert_int_eq(found, 1);
    ck_assert_int_eq(count_names("/etc", "passwd", 8192, &whole), count_names("/etc", "passwd", 48, &found));
    ck_assert_int_eq(found, 1);
    ck_assert_int_eq(whole, 1);
    count_names("/", "etc", 8192, &found);
    ck_assert_int_eq(found, 1);
    count_names("/w/folder", "deep", 8192, &found);
    ck_assert_int_eq(found, 1);
    count_names("/dev", "null", 8192, &found);
    ck_assert_int_eq(found, 1);
}
END_TEST

/* ---- a guest thread that changes the tree while another looks paths up ---- */

static atomic_bool stop_racing;

static void *race(void *unused)
{
    (void)unused;
    char folder[600], link[600], other[600];
    snprintf(folder, sizeof folder, "%s", host_path("w/race"));
    snprintf(link, sizeof link, "%s", host_path("w/race-link"));
    snprintf(other, sizeof other, "%s", host_path("w/race-other"));
    while (!stop_racing) {
        rename(folder, other);
        rename(link, folder);
        rename(folder, link);
        rename(other, folder);
    }
    return NULL;
}

START_TEST(racing_renames_do_not_escape)
{
    static const char *const paths[] = {"/w/race/secret", "/w/race/../race/secret", "/w/race/../../secret",
                                        "/w/folder/../race/secret", "/w/folder/deep/../../race/./secret"};
    pthread_t racer;
    ck_assert_int_eq(mkdir(host_path("w/race"), 0755), 0);
    ck_assert_int_eq(symlink(host_root, host_path("w/race-link")), 0);
    ck_assert_int_eq(pthread_create(&racer, NULL, race, NULL), 0);
    for (int i = 0; i < 20000; i++) {
        int error = open_errno(paths[i % 5], O_RDONLY);
        ck_assert_msg(error == -ENOENT || error == -ENOTDIR || error == -EAGAIN, "%d", error);
    }
    stop_racing = true;
    pthread_join(racer, NULL);
}
END_TEST

/* The last name changes between a file and a link to the secret. */
static void *race_last(void *unused)
{
    (void)unused;
    char file[600], link[600];
    snprintf(file, sizeof file, "%s", host_path("w/file"));
    snprintf(link, sizeof link, "%s", host_path("w/host"));
    while (!stop_racing)
        renameat2(AT_FDCWD, file, AT_FDCWD, link, RENAME_EXCHANGE);
    return NULL;
}

START_TEST(racing_last_names_do_not_escape)
{
    pthread_t racer;
    ck_assert_int_eq(pthread_create(&racer, NULL, race_last, NULL), 0);
    for (int i = 0; i < 20000; i++) {
        const char *text = content("/w/file");
        ck_assert_msg(strcmp(text, "hello") == 0 || strcmp(text, "") == 0, "%s", text);
        ck_assert_int_ne(CALL(truncate, P("/w/host"), 5), -EINVAL);
    }
    stop_racing = true;
    pthread_join(racer, NULL);
    struct stat st;
    ck_assert_int_eq(stat(host_path("secret"), &st), 0);
    ck_assert_int_eq(st.st_size, 6);
}
END_TEST

TEST_MAIN("hv_path", fixture_setup, 60, TEST_EACH(paths_lead_to_mounted_files, readable),
          TEST_EACH(other_paths_are_refused, refused), TEST(link_depth), TEST(long_names), TEST(links_that_grow),
          TEST(last_names), TEST(read_only_is_read_only), TEST(mounts_stay_where_they_are), TEST(generated_files),
          TEST(dangerous_kinds),
          TEST(from_descriptors), TEST(descriptor_links), TEST(temporary_files), TEST(listings_show_mounts),
          TEST(racing_renames_do_not_escape), TEST(racing_last_names_do_not_escape))
