/* What users write comes out as they meant it, or is refused with the right form: sizes, mounts, addresses, files. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hostvirt/config.h"
#include "runner.h"

static struct policy p;
static char reason[256];

static void setup(void)
{
    policy_init(&p);
    reason[0] = '\0';
}

static const struct {
    const char *text;
    uint64_t value;
    int error;
} sizes[] = {
    {"0", 0, 0},          {"1", 1, 0},           {"4k", 4096, 0},       {"64M", 64ull << 20, 0}, {"2GiB", 2ull << 30, 0},
    {"1T", 1ull << 40, 0}, {"", 0, -EINVAL},      {"-1", 0, -EINVAL},    {"1.5G", 0, -EINVAL},    {"M", 0, -EINVAL},
    {" 1", 0, -EINVAL},   {"1 M", 0, -EINVAL},   {"0x10", 0, -EINVAL},  {"99999999999T", 0, -EINVAL},
    {"99999999999999999999", 0, -EINVAL},
};

START_TEST(a_size_is_read)
{
    uint64_t value = 0;
    ck_assert_int_eq(policy_set_size(&value, sizes[_i].text, reason, sizeof reason), sizes[_i].error);
    ck_assert_uint_eq(value, sizes[_i].value);
    ck_assert_int_eq(reason[0] != '\0', sizes[_i].error != 0);
}
END_TEST

START_TEST(durations_have_units)
{
    uint64_t ns = 0;
    ck_assert_int_eq(policy_set_duration(&ns, "250ms", reason, sizeof reason), 0);
    ck_assert_uint_eq(ns, 250000000);
    ck_assert_int_eq(policy_set_duration(&ns, "2", reason, sizeof reason), 0);
    ck_assert_uint_eq(ns, 2000000000);
    ck_assert_int_eq(policy_set_duration(&ns, "1h", reason, sizeof reason), 0);
    ck_assert_uint_eq(ns, 3600000000000);
    ck_assert_int_eq(policy_set_duration(&ns, "1d", reason, sizeof reason), -EINVAL);
}
END_TEST

START_TEST(mounts_have_one_place_each)
{
    ck_assert_int_eq(policy_add_mount(&p, MOUNT_READ_ONLY, "/usr", reason, sizeof reason), 0);
    ck_assert_str_eq(p.mounts[0].guest, "/usr");
    ck_assert_int_eq(policy_add_mount(&p, MOUNT_WRITABLE, "/usr/:/a//b/./", reason, sizeof reason), 0);
    ck_assert_str_eq(p.mounts[1].guest, "/a/b");
    ck_assert_int_eq(policy_add_mount(&p, MOUNT_SCRATCH, "/a/b", reason, sizeof reason), -EINVAL);
    ck_assert_int_eq(policy_add_mount(&p, MOUNT_SCRATCH, "a", reason, sizeof reason), -EINVAL);
    ck_assert_int_eq(policy_add_mount(&p, MOUNT_SCRATCH, "/a/../b", reason, sizeof reason), -EINVAL);
    ck_assert_int_eq(policy_add_mount(&p, MOUNT_READ_ONLY, "/no/such/file", reason, sizeof reason), -EINVAL);
    ck_assert_ptr_nonnull(strstr(reason, "/no/such/file"));
    policy_free(&p);
}
END_TEST

/* Of several mounts that lead to a file the one counts that is not hidden by another. */
START_TEST(host_paths_become_guest_paths)
{
    ck_assert_int_eq(policy_add_mount(&p, MOUNT_READ_ONLY, "/usr:/u", reason, sizeof reason), 0);
    char *path = policy_guest_path(&p, "/usr/bin/true");
    ck_assert_str_eq(path, "/u/bin/true");
    free(path);
    ck_assert_ptr_null(policy_guest_path(&p, "/usrx"));
    ck_assert_int_eq(policy_add_mount(&p, MOUNT_SCRATCH, "/u/bin", reason, sizeof reason), 0);
    ck_assert_ptr_null(policy_guest_path(&p, "/usr/bin/true"));
    ck_assert_int_eq(policy_add_mount(&p, MOUNT_READ_ONLY, "/usr/bin", reason, sizeof reason), 0);
    path = policy_guest_path(&p, "/usr/bin/true");
    ck_assert_str_eq(path, "/usr/bin/true");
    free(path);
    policy_free(&p);
}
END_TEST

START_TEST(scratch_space_has_no_name)
{
    struct stat st;
    ck_assert_int_eq(policy_prepare(&p, reason, sizeof reason), 0);
    for (size_t i = 0; i < p.mount_count; i++) {
        ck_assert_int_ge(p.mounts[i].root, 0);
        if (p.mounts[i].kind == MOUNT_SCRATCH) {
            ck_assert_int_eq(mkdirat(p.mounts[i].root, "made", 0700), 0);
            ck_assert_int_eq(fstatat(p.mounts[i].root, "made", &st, 0), 0);
        }
    }
    ck_assert_str_eq(p.environment[0], "PATH=/usr/local/bin:/usr/bin:/bin");
    char folder[100] = "";
    if (p.scratch_folder != NULL)
        snprintf(folder, sizeof folder, "%s", p.scratch_folder);
    policy_free(&p);
    ck_assert(folder[0] == '\0' || stat(folder, &st) != 0);
}
END_TEST

static const struct {
    const char *value;
    bool listen, good;
} addresses[] = {
    {"127.0.0.1:80", true, true},  {"127.0.0.1:80:8080", true, true}, {"127.0.0.1:80:8080", false, false},
    {"[::1]:80", true, true},      {"[::1]:80:81", true, true},       {"h:80/udp", false, true},
    {"h:80/tcp", false, true},     {"h:80/x", false, false},          {"h", true, false},
    {":80", true, false},          {"h:", true, false},               {"h:65536", true, false},
    {"h:80:", true, false},        {"h:1:2:3", true, false},          {"[::1", true, false},
    {"[::1]80", true, false},      {"h:-1", true, false},             {"", true, false},
};

START_TEST(an_address_is_read)
{
    int error = addresses[_i].listen ? policy_add_listen(&p, addresses[_i].value, reason, sizeof reason)
                                     : policy_add_connect(&p, addresses[_i].value, reason, sizeof reason);
    ck_assert_int_eq(error, addresses[_i].good ? 0 : -EINVAL);
    policy_free(&p);
}
END_TEST

static const struct {
    const char *text, *reason; /* "" when it is good */
} files[] = {
    {"", ""},
    {"# nothing\n\n", ""},
    {"memory: 64M\nenv: [A=1, B=2]\nno-fork: true\n", ""},
    {"memory: 64M\nmemry: 1\n", "c, line 2: no key 'memry'; cloister.conf(5) lists them"},
    {"cpus: 1\nmemory: {}\n", "c, line 2: memory has the wrong form; write 'memory: SIZE'"},
    {"env: A=1\n", "c, line 1: env has the wrong form; write 'env: [NAME[=VALUE], ...]'"},
    {"cpus: 1\ncpu-time: 1d\n", "c, line 2: cpu-time: '1d' is no duration; write it as 250ms, 10s, 5m or 1h"},
    {"no-fork: off\nstat: False\ntrace-exits: yes\n", ""},
    {"no-fork: maybe\n", "c, line 1: no-fork: 'maybe' is neither true nor false"},
    {"no-fork:\n", "c, line 1: no-fork: '' is neither true nor false"},
    {"cpus: 1\ncpus: 2\n", "c, line 1: cpus is given twice; write it once"},
    {"env: [A=1]\nenv: [B=1]\n", "c, line 1: env is given twice; write it once, with a list"},
    {"hostname: &a x\nname: *a\n", "c, line 2: name has the wrong form; write 'name: NAME'"},
};

START_TEST(a_file_is_read)
{
    int error = config_load_text(&p, "c", files[_i].text, strlen(files[_i].text), reason, sizeof reason);
    ck_assert_str_eq(reason, files[_i].reason);
    ck_assert_int_eq(error, files[_i].reason[0] == '\0' ? 0 : -EINVAL);
    policy_free(&p);
}
END_TEST

START_TEST(a_variable_given_twice_has_the_last_value)
{
    static const char text[] = "env: [A=1, B=2, A=3]\n";
    ck_assert_int_eq(config_load_text(&p, "c", text, strlen(text), reason, sizeof reason), 0);
    ck_assert_str_eq(p.environment[0], "A=3");
    ck_assert_str_eq(p.environment[1], "B=2");
    ck_assert_ptr_null(p.environment[2]);
    policy_free(&p);
}
END_TEST

TEST_MAIN("hv_policy", setup, 20, TEST_EACH(a_size_is_read, sizes), TEST(durations_have_units),
          TEST(mounts_have_one_place_each), TEST(host_paths_become_guest_paths), TEST(scratch_space_has_no_name),
          TEST_EACH(an_address_is_read, addresses), TEST_EACH(a_file_is_read, files),
          TEST(a_variable_given_twice_has_the_last_value))
