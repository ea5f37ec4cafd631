/* A share of the processors: the group is found, divided, entered and given its figures, or refused with the way out.
 * The folders stand for cgroupfs, whose files are there before anybody writes them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hostvirt/cgroup.h"
#include "runner.h"

static char folder[64], group[96], reason[512];

static void put_file(const char *in, const char *name, const char *text)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", in, name);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
}

static const char *file_text(const char *in, const char *name)
{
    static char text[256];
    char path[256];

    snprintf(path, sizeof path, "%s/%s", in, name);
    FILE *f = fopen(path, "r");
    ck_assert_ptr_nonnull(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    return text;
}

static void remove_folder(void)
{
    char command[128];

    snprintf(command, sizeof command, "rm -r %s", folder);
    if (system(command) != 0)
        fputs("cannot remove the test's folder\n", stderr);
}

static void setup(void)
{
    strcpy(folder, "/tmp/hv-cgroup-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    atexit(remove_folder); /* each test is a process */
    put_file(folder, "cgroup.controllers", "cpuset cpu memory\n");
    put_file(folder, "cgroup.subtree_control", "memory\n");
    snprintf(group, sizeof group, "%s/cloister-%d", folder, (int)getpid());
    ck_assert_int_eq(mkdir(group, 0700), 0);
    put_file(group, "cgroup.procs", "");
    put_file(group, "cpu.weight", "100\n");
    put_file(group, "cpu.max", "");
    reason[0] = '\0';
}

START_TEST(a_group_gets_the_share)
{
    struct policy p = {.cpu_weight = 7, .cpu_max = 250, .cgroup = folder};

    ck_assert_int_eq(cgroup_join(&p, reason, sizeof reason), 0);
    ck_assert_str_eq(file_text(group, "cgroup.procs"), "0\n");
    ck_assert_str_eq(file_text(group, "cpu.max"), "250000 100000\n");
    ck_assert_int_eq(strncmp(file_text(group, "cpu.weight"), "7\n", 2), 0);
    ck_assert_int_eq(strncmp(file_text(folder, "cgroup.subtree_control"), "+cpu\n", 5), 0);
}
END_TEST

START_TEST(what_is_not_asked_for_is_not_written)
{
    struct policy none = {.cgroup = folder}, most = {.cpu_max = 50, .cgroup = folder};

    ck_assert_int_eq(cgroup_join(&none, reason, sizeof reason), 0);
    ck_assert_str_eq(file_text(group, "cgroup.procs"), "");
    put_file(folder, "cgroup.subtree_control", "cpu memory\n");
    ck_assert_int_eq(cgroup_join(&most, reason, sizeof reason), 0);
    ck_assert_str_eq(file_text(group, "cpu.max"), "50000 100000\n");
    ck_assert_str_eq(file_text(group, "cpu.weight"), "100\n");
    ck_assert_str_eq(file_text(folder, "cgroup.subtree_control"), "cpu memory\n");
}
END_TEST

START_TEST(a_group_without_processors_is_refused)
{
    struct policy p = {.cpu_weight = 7, .cgroup = folder};

    put_file(folder, "cgroup.controllers", "cpuset memory\n"); /* not the word "cpu" */
    ck_assert_int_eq(cgroup_join(&p, reason, sizeof reason), -ENOTSUP);
    ck_assert_ptr_nonnull(strstr(reason, "controller 'cpu'"));
    ck_assert_str_eq(file_text(group, "cgroup.procs"), "");
}
END_TEST

START_TEST(a_folder_that_is_no_group_is_refused)
{
    struct policy p = {.cpu_weight = 7, .cgroup = folder}, nowhere = {.cpu_weight = 7, .cgroup = "/nowhere"};
    char path[128];

    snprintf(path, sizeof path, "%s/cgroup.procs", group);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_lt(cgroup_join(&p, reason, sizeof reason), 0);
    ck_assert_ptr_nonnull(strstr(reason, folder));
    ck_assert_int_eq(cgroup_join(&nowhere, reason, sizeof reason), -ENODEV);
}
END_TEST

START_TEST(groups_that_ended_are_removed)
{
    struct policy p = {.cpu_weight = 7, .cgroup = folder};
    char empty[96], used[96], other[96], inside[128];

    snprintf(empty, sizeof empty, "%s/cloister-1", folder);
    snprintf(used, sizeof used, "%s/cloister-2", folder);
    snprintf(inside, sizeof inside, "%s/x", used);
    snprintf(other, sizeof other, "%s/mine", folder);
    ck_assert_int_eq(mkdir(empty, 0700) | mkdir(used, 0700) | mkdir(inside, 0700) | mkdir(other, 0700), 0);
    ck_assert_int_eq(cgroup_join(&p, reason, sizeof reason), 0);
    ck_assert_int_ne(access(empty, F_OK), 0);
    ck_assert_int_eq(access(used, F_OK) | access(other, F_OK), 0);
}
END_TEST

static const struct {
    const char *mounts, *own, *folder;
} places[] = {
    {"25 20 0:22 / /proc rw - proc proc rw\n30 20 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw\n",
     "0::/user.slice/a.scope\n", "/sys/fs/cgroup/user.slice/a.scope"},
    {"30 20 0:26 / /sys/fs/cgroup rw - cgroup2 none rw\n", "0::/\n", "/sys/fs/cgroup"},
    {"30 20 0:26 /docker/5 /sys/fs/cgroup ro - cgroup2 none rw\n", "1:cpu:/x\n0::/docker/5/in\n", "/sys/fs/cgroup/in"},
    {"30 20 0:26 /docker/5 /sys/fs/cgroup ro - cgroup2 none rw\n", "0::/docker/57\n", NULL},
    {"30 20 0:26 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n", "0::/\n", NULL},
    {"30 20 0:26 / /sys/fs/cgroup rw - cgroup2 none rw\n", "4:cpu:/\n", NULL},
    {"", "", NULL},
};

START_TEST(the_own_group_is_found)
{
    char *found = cgroup_own(places[_i].mounts, places[_i].own, reason, sizeof reason);

    if (places[_i].folder == NULL) {
        ck_assert_ptr_null(found);
        ck_assert_str_ne(reason, "");
    } else {
        ck_assert_ptr_nonnull(found);
        ck_assert_str_eq(found, places[_i].folder);
    }
    free(found);
}
END_TEST

TEST_MAIN("hv_cgroup", setup, 20, TEST(a_group_gets_the_share), TEST(what_is_not_asked_for_is_not_written),
          TEST(a_group_without_processors_is_refused), TEST(a_folder_that_is_no_group_is_refused),
          TEST(groups_that_ended_are_removed), TEST_EACH(the_own_group_is_found, places))
