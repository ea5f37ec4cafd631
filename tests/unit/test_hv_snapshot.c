/* Snapshot files without a guest: what is written is read again; any flipped bit, any cut and anything that does not
 * fit together is refused; layers and compression change nothing of what a snapshot says. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hostvirt/event.h"
#include "hostvirt/snapshot_private.h"
#include "runner.h"

#define BASE GUEST_ARENA
#define SAMPLE_PAGES 700 /* more than one chunk of page data */

static const char *const forms[2] = {"plain", "compressed"}; /* some tests run once for each */
static char folder[96];
static pid_t maker; /* of the folder; 0: there is none */
static char reason[1024];

static void remove_folder(void)
{
    char command[128];

    if (getpid() != maker)
        return; /* it is not there, or this is a process that a test has forked */
    snprintf(command, sizeof command, "rm -r %s", folder);
    if (system(command) != 0)
        fputs("cannot remove the test's folder\n", stderr);
}

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/hv-snapshot-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    maker = getpid();
    atexit(remove_folder); /* each test is a process */
}

static const char *path_of(const char *name)
{
    static char path[128]; /* one at a time */

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* ---- a small state ---- */

static struct saved_mapping mappings[4] = {
    {.start = BASE, .end = BASE + SAMPLE_PAGES * PAGE_BYTES, .file = -1, .prot = 3, .charged = true},
    {.start = BASE + 0x1000000, .end = BASE + 0x1004000, .offset = 0x2000, .file = 0, .prot = 5, .kind = MAPPING_FILE},
    {.start = BASE + 0x2000000, .end = BASE + 0x2002000, .file = 1, .prot = 3, .kind = MAPPING_SHARED_ANONYMOUS,
     .shared = true},
    {.start = BASE + 0x3000000, .end = BASE + 0x3010000, .file = -1},
};
static struct saved_file files[2] = {
    {.object = -1, .path = "/lib/one.so", .identity = {1, 2, 3, 4, 5}},
    {.object = 0, .path = "/dev/zero (deleted)"},
};
static struct saved_object objects[1] = {{2 * PAGE_BYTES, 0}};
static uint8_t xsave[2][576];
static struct saved_thread threads[2] = {
    {.tid = 1, .regs = {.rip = BASE + 5, .rsp = BASE + 9, .rflags = 0x202}, .xsave = xsave[0], .xsave_bytes = 576,
     .name = "main"},
    {.tid = 7, .regs = {.rax = 202}, .xsave = xsave[1], .xsave_bytes = 576, .name = "worker", .rest = 99,
     .restarting = true},
};
static struct saved_message message = {(uint8_t *)"in flight", 9};
static struct event_interest interest = {3, 1, 0xfeed};
static struct saved_description descriptions[3] = {
    {.kind = FILE_STANDARD, .path = "/dev/stdin", .object = -1},
    {.kind = FILE_PIPE, .path = "pipe:[1]", .object = -1, .pipe = 9, .capacity = 65536, .messages = &message,
     .message_count = 1},
    {.kind = FILE_EPOLL, .path = "anon_inode:[eventpoll]", .object = -1, .interests = &interest,
     .interest_count = 1},
};
static struct saved_descriptor table[4] = {{0, false, 0}, {3, true, 1}, {4, false, 2}, {9, false, 1}};

static struct saved_state sample(void)
{
    return (struct saved_state){
        .process = {.pid = 1, .next_id = 8, .working = "/", .program = "/bin/guest", .umask = 022, .monotonic = 12345},
        .threads = threads, .thread_count = 2,
        .memory = {.place = GUEST_ARENA, .objects = objects, .object_count = 1, .files = files, .file_count = 2,
                   .mappings = mappings, .mapping_count = 4},
        .descriptors = {.descriptions = descriptions, .description_count = 3, .table = table, .count = 4},
        .policy = {.name = "test", .memory = 1 << 30, .cpus = 2},
    };
}

static void fill_page(uint8_t *page, unsigned n, unsigned variant)
{
    for (unsigned i = 0; i < PAGE_BYTES; i++)
        page[i] = (uint8_t)(i * 7 + n * 13 + (n % 50 == 0 ? variant : 0));
}

/* Every third page is a hole; with a parent only what differs is written. */
static struct hash write_sample(const char *path, bool compress, struct snapshot *parent, unsigned variant)
{
    uint8_t page[PAGE_BYTES], other[PAGE_BYTES];
    struct saved_state state = sample();
    struct page_writer *w;
    struct hash identity;
    int host = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

    ck_assert_int_ge(host, 0);
    ck_assert_int_eq(writer_new(&w, host, compress, parent), 0);
    for (unsigned n = 0; n < SAMPLE_PAGES; n++) {
        uint64_t at = BASE + n * PAGE_BYTES;
        if (n % 3 == 2)
            continue;
        fill_page(page, n, variant);
        size_t i = parent != NULL ? snapshot_find_run(parent, 0, at) : 0;
        const struct saved_run *r = parent != NULL ? &parent->runs[i] : NULL;
        if (r != NULL && snapshot_read(parent, r->layer, r->place + (at - r->start) / PAGE_BYTES, other, 1) == 0 &&
            memcmp(page, other, PAGE_BYTES) == 0) {
            writer_reference(w, 0, at, r->layer + 1, r->place + (at - r->start) / PAGE_BYTES);
            continue;
        }
        if (parent == NULL)
            writer_bridge(w, 0, BASE, at);
        writer_pages(w, 0, at, page, 1);
    }
    fill_page(page, 1000, 0);
    writer_pages(w, 1, PAGE_BYTES, page, 1);
    ck_assert_int_eq(writer_finish(w, &state, false, &identity), 0);
    writer_free(w);
    close(host);
    return identity;
}

static struct snapshot *open_good(const char *path)
{
    struct snapshot *s = NULL;

    ck_assert_msg(snapshot_open(&s, path, reason, sizeof reason) == 0, "%s", reason);
    return s;
}

static void check_sample(struct snapshot *s, unsigned variant)
{
    uint8_t page[PAGE_BYTES], expected[PAGE_BYTES];
    const struct saved_state *t = &s->state;

    ck_assert_str_eq(t->process.program, "/bin/guest");
    ck_assert_uint_eq(t->process.monotonic, 12345);
    ck_assert_uint_eq(t->thread_count, 2);
    ck_assert_uint_eq(t->threads[0].regs.rip, BASE + 5);
    ck_assert_uint_eq(t->threads[1].rest, 99);
    ck_assert_str_eq(t->threads[1].name, "worker");
    ck_assert_uint_eq(t->memory.mapping_count, 4);
    ck_assert_uint_eq(t->memory.mappings[1].offset, 0x2000);
    ck_assert_str_eq(t->memory.files[0].path, "/lib/one.so");
    ck_assert_uint_eq(t->memory.files[0].identity.bytes, 3);
    ck_assert_uint_eq(t->descriptors.count, 4);
    ck_assert_int_eq(t->descriptors.table[3].number, 9);
    ck_assert_mem_eq(t->descriptors.descriptions[1].messages[0].bytes, "in flight", 9);
    for (unsigned n = 0; n < SAMPLE_PAGES; n++) {
        uint64_t at = BASE + n * PAGE_BYTES;
        size_t i = snapshot_find_run(s, 0, at);
        bool found = i < s->run_count && s->runs[i].space == 0 && s->runs[i].start <= at;
        memset(page, 0, sizeof page);
        if (found)
            ck_assert_int_eq(snapshot_read(s, s->runs[i].layer, s->runs[i].place + (at - s->runs[i].start) / PAGE_BYTES,
                                           page, 1), 0);
        memset(expected, 0, sizeof expected);
        if (n % 3 != 2)
            fill_page(expected, n, variant);
        ck_assert_mem_eq(page, expected, PAGE_BYTES);
    }
}

START_TEST(written_is_read)
{
    make_folder();
    for (int compress = 0; compress < 2; compress++) {
        struct hash identity = write_sample(path_of("a"), compress, NULL, 0);
        struct snapshot *s = open_good(path_of("a"));
        ck_assert(hash_equal(&identity, &s->header.identity));
        check_sample(s, 0);
        ck_assert_msg(snapshot_verify(s, reason, sizeof reason) == 0, "%s", reason);
        ck_assert_uint_eq(s->header.flags, compress ? HEADER_COMPRESSED : 0);
        FILE *nowhere = fopen("/dev/null", "w");
        ck_assert_int_eq(snapshot_inspect(s, nowhere, false), 0);
        ck_assert_int_eq(snapshot_inspect(s, nowhere, true), 0);
        fclose(nowhere);
        snapshot_close(s);
    }
}
END_TEST

/* Compressing changes the file and not what it is. */
START_TEST(compressed_is_the_same)
{
    make_folder();
    struct hash plain = write_sample(path_of("a"), false, NULL, 0), packed = write_sample(path_of("b"), true, NULL, 0);
    struct hash other = write_sample(path_of("c"), false, NULL, 1);

    ck_assert(hash_equal(&plain, &packed));
    ck_assert(!hash_equal(&plain, &other));
}
END_TEST

START_TEST(sparse)
{
    struct stat status;

    make_folder();
    write_sample(path_of("a"), false, NULL, 0);
    ck_assert_int_eq(stat(path_of("a"), &status), 0);
    ck_assert_int_ge(status.st_size, (SAMPLE_PAGES - 1) * (long)PAGE_BYTES);
    struct snapshot *s = open_good(path_of("a"));
    ck_assert_uint_eq(s->run_count, 2); /* holes bridge the gaps, so that one mapping is enough */
    snapshot_close(s);
}
END_TEST

/* True when somebody notices: opening or verifying. */
static bool noticed(const char *path)
{
    struct snapshot *s = NULL;

    reason[0] = '\0';
    int error = snapshot_open(&s, path, reason, sizeof reason);
    if (error == 0)
        error = snapshot_verify(s, reason, sizeof reason);
    if (error != 0)
        ck_assert_uint_gt(strlen(reason), 20);
    snapshot_close(s);
    return error != 0;
}

static void flip(int host, off_t at, unsigned bit)
{
    uint8_t byte;

    ck_assert_int_eq(pread(host, &byte, 1, at), 1);
    byte ^= (uint8_t)(1u << bit);
    ck_assert_int_eq(pwrite(host, &byte, 1, at), 1);
}

START_TEST(any_flipped_bit)
{
    make_folder();
    write_sample(path_of("a"), _i, NULL, 0);
    struct snapshot *s = open_good(path_of("a"));
    off_t bytes = (off_t)s->header.file_bytes, start = (off_t)s->sections[SECTION_MACHINE].offset;
    snapshot_close(s);
    int host = open(path_of("a"), O_RDWR);
    for (off_t at = 0; at < bytes;) {
        unsigned bit = (unsigned)(at * 5 % 8);
        flip(host, at, bit);
        ck_assert_msg(noticed(path_of("a")), "bit %u of byte %ld of %ld", bit, (long)at, (long)bytes);
        flip(host, at, bit);
        /* All of what is small; of page data and the header's empty part here and there. */
        at += at < 160 || at >= start || (at > 4070 && at < 4100) ? 1 : 50021;
        if (at > 160 && at < 4000)
            at = 4000;
    }
    close(host);
    ck_assert(!noticed(path_of("a")));
}
END_TEST

START_TEST(any_cut)
{
    struct stat status;

    make_folder();
    write_sample(path_of("a"), _i, NULL, 0);
    ck_assert_int_eq(stat(path_of("a"), &status), 0);
    int host = open(path_of("a"), O_RDWR);
    for (off_t bytes = status.st_size - 1; bytes >= 0; bytes -= bytes > status.st_size - 300 ? 1 : 77777) {
        ck_assert_int_eq(ftruncate(host, bytes), 0);
        ck_assert_msg(noticed(path_of("a")), "cut to %ld bytes", (long)bytes);
    }
    write_sample(path_of("a"), _i, NULL, 0);
    ck_assert_int_eq(pwrite(host, "", 1, status.st_size), 1); /* and nothing may be added */
    ck_assert(noticed(path_of("a")));
    close(host);
}
END_TEST

START_TEST(foreign_files)
{
    struct snapshot *s;

    make_folder();
    ck_assert_int_eq(snapshot_open(&s, "/bin/sh", reason, sizeof reason), -EBADMSG);
    ck_assert_ptr_nonnull(strstr(reason, "no snapshot"));
    ck_assert_int_eq(snapshot_open(&s, "/dev/null", reason, sizeof reason), -EBADMSG);
    ck_assert_int_eq(snapshot_open(&s, folder, reason, sizeof reason), -EBADMSG);
    ck_assert_int_eq(snapshot_open(&s, path_of("nothing"), reason, sizeof reason), -ENOENT);
    ck_assert_int_eq(mkfifo(path_of("fifo"), 0600), 0);
    ck_assert_int_eq(snapshot_open(&s, path_of("fifo"), reason, sizeof reason), -EBADMSG);
}
END_TEST

/* A file of another version is refused with the axis that differs. */
START_TEST(other_versions)
{
    static const char *const axes[3] = {"its container", "its state", "its guest's view"};
    uint8_t page[HEADER_BYTES];
    struct snapshot_header header;
    char text[64];
    struct snapshot *s;

    make_folder();
    write_sample(path_of("a"), false, NULL, 0);
    int host = open(path_of("a"), O_RDWR);
    ck_assert_int_eq(pread(host, page, sizeof page, 0), sizeof page);
    ck_assert(header_read(&header, page, reason, sizeof reason));
    uint16_t *const fields[3] = {&header.container, &header.state, &header.guest};
    for (unsigned i = 0; i < 3; i++) {
        *fields[i] += 7;
        header_write(&header, page);
        ck_assert_int_eq(pwrite(host, page, sizeof page, 0), sizeof page);
        ck_assert_int_eq(snapshot_open(&s, path_of("a"), reason, sizeof reason), -EBADMSG);
        snprintf(text, sizeof text, "version %u", *fields[i]);
        ck_assert_msg(strstr(reason, axes[i]) != NULL && strstr(reason, text) != NULL, "%s", reason);
        *fields[i] -= 7;
    }
    close(host);
}
END_TEST

static void put_file(const char *name, const char *text)
{
    int host = open(path_of(name), O_RDWR | O_CREAT | O_TRUNC, 0600);

    ck_assert_int_eq(write(host, text, strlen(text)), (ssize_t)strlen(text));
    close(host);
}

static bool matches(const struct saved_identity *i, const char *name)
{
    int host = open(path_of(name), O_RDONLY);
    bool same = identity_matches(i, host);

    close(host);
    return same;
}

/* A library is known again by its content, whatever its times say; times that were set back hide no change. */
START_TEST(identities)
{
    struct snapshots kept = {0};
    struct monitor m = {.snapshots = &kept};
    struct collector c = {.m = &m, .reason = reason, .reason_bytes = sizeof reason};
    struct saved_identity i;
    struct stat status;

    make_folder();
    put_file("lib", "one library");
    int host = open(path_of("lib"), O_RDONLY);
    ck_assert_int_eq(fstat(host, &status), 0);
    collect_identity(&i, &status);
    ck_assert_int_eq(collect_content(&c, host, "lib", &i), 0);
    ck_assert(i.hashed && !i.settled); /* written just now: its times cannot be relied on */
    ck_assert(matches(&i, "lib"));
    put_file("copy", "one library");
    ck_assert(matches(&i, "copy"));
    put_file("longer", "one library!");
    ck_assert(!matches(&i, "longer"));
    i.settled = true;
    ck_assert_int_eq(pwrite(open(path_of("lib"), O_RDWR), "two", 3, 0), 3);
    struct timespec times[2] = {status.st_atim, status.st_mtim};
    ck_assert_int_eq(utimensat(AT_FDCWD, path_of("lib"), times, 0), 0);
    ck_assert(!matches(&i, "lib"));
    close(host);
}
END_TEST

/* Three layers, moved together, are one snapshot; the wrong parent is told apart. */
START_TEST(layers)
{
    char moved[96];
    struct stat first, second;

    make_folder();
    write_sample(path_of("one"), _i, NULL, 0);
    struct snapshot *one = open_good(path_of("one"));
    write_sample(path_of("two"), false, one, 1);
    struct snapshot *two = open_good(path_of("two"));
    write_sample(path_of("three"), _i, two, 2);
    struct snapshot *three = open_good(path_of("three"));
    ck_assert_uint_eq(three->layer_count, 3);
    check_sample(one, 0);
    check_sample(two, 1);
    check_sample(three, 2);
    ck_assert_int_eq(snapshot_verify(three, reason, sizeof reason), 0);
    ck_assert_int_eq(stat(path_of("one"), &first), 0);
    ck_assert_int_eq(stat(path_of("two"), &second), 0);
    ck_assert(_i || second.st_size < first.st_size / 4);
    snapshot_close(one);
    snapshot_close(two);
    snapshot_close(three);
    snprintf(moved, sizeof moved, "%.60s.moved", folder);
    ck_assert_int_eq(rename(folder, moved), 0);
    snprintf(folder, sizeof folder, "%s", moved);
    three = open_good(path_of("three"));
    check_sample(three, 2);
    snapshot_close(three);
    write_sample(path_of("one"), false, NULL, 5);
    ck_assert_int_eq(snapshot_open(&three, path_of("three"), reason, sizeof reason), -ESTALE);
    ck_assert_ptr_nonnull(strstr(reason, "another snapshot"));
    unlink(path_of("one"));
    ck_assert_int_eq(snapshot_open(&three, path_of("three"), reason, sizeof reason), -ENOENT);
}
END_TEST

/* What no monitor writes. */
#define REFUSED(change, word)                                                                                          \
    do {                                                                                                               \
        struct saved_state s = sample();                                                                               \
        struct saved_mapping kept_mappings[4];                                                                         \
        struct saved_thread kept_threads[2];                                                                           \
        struct saved_descriptor kept_table[4];                                                                         \
        struct saved_description kept_descriptions[3];                                                                 \
        memcpy(kept_mappings, mappings, sizeof mappings);                                                              \
        memcpy(kept_threads, threads, sizeof threads);                                                                 \
        memcpy(kept_table, table, sizeof table);                                                                       \
        memcpy(kept_descriptions, descriptions, sizeof descriptions);                                                  \
        change;                                                                                                        \
        const char *wrong = state_check(&s);                                                                           \
        ck_assert_msg(wrong != NULL, #change);                                                                         \
        ck_assert_msg(strstr(wrong, word) != NULL, #change ": %s", wrong);                                             \
        memcpy(mappings, kept_mappings, sizeof mappings);                                                              \
        memcpy(threads, kept_threads, sizeof threads);                                                                 \
        memcpy(table, kept_table, sizeof table);                                                                       \
        memcpy(descriptions, kept_descriptions, sizeof descriptions);                                                  \
    } while (0)

/* Longer than a sockaddr_un, and short enough for the place where it is kept. */
static const struct saved_description long_name = {
    .kind = FILE_SOCKET,
    .path = "socket:[1]",
    .object = -1,
    .socket.facts = {.family = AF_UNIX, .type = SOCK_STREAM, .bound_bytes = sizeof(struct sockaddr_storage)},
};

START_TEST(hostile_states)
{
    struct saved_state good = sample();

    ck_assert_ptr_null(state_check(&good));
    REFUSED(mappings[0].start = 0, "mapping");
    REFUSED(mappings[0].end += 5, "mapping");
    REFUSED(mappings[1].start = BASE, "mapping");
    REFUSED(mappings[3].end = GUEST_HIGH + PAGE_BYTES, "mapping");
    REFUSED(mappings[3].end = 0ull - PAGE_BYTES, "mapping");
    REFUSED(mappings[1].file = 2, "file");
    REFUSED(mappings[1].file = -1, "file");
    REFUSED(mappings[1].file = -7, "file");
    REFUSED(mappings[0].kind = 9, "kind");
    REFUSED(mappings[0].prot = 9, "rights");
    REFUSED(mappings[0].shared = true, "shared");
    REFUSED(mappings[1].offset = ~0ull & ~4095ull, "offset");
    REFUSED(mappings[2].shared = false, "privately");
    REFUSED(threads[1].tid = 1, "same number");
    REFUSED(threads[1].tid = -3, "number");
    REFUSED(threads[0].fs_base = 1ull << 60, "segment");
    REFUSED(threads[0].xsave_bytes = 12, "vector");
    REFUSED(memset(threads[0].name, 'x', 16), "name");
    REFUSED(s.thread_count = 0, "no thread");
    REFUSED(table[1].number = 0, "order");
    REFUSED(table[1].description = 3, "order");
    REFUSED(s.process.pid = 0, "number");
    REFUSED(s.process.working = "here", "directory");
    REFUSED(s.memory.place = 1, "place");
    REFUSED(s.memory.break_end = GUEST_HIGH + 1, "break");
    REFUSED((s.memory.break_start = PAGE_BYTES, s.memory.break_end = GUEST_LOW), "break");
    struct saved_timer timer = {.notify = SIGEV_SIGNAL};
    REFUSED((s.process.timers = &timer, s.process.timer_count = 1), "signal");
    REFUSED(descriptions[0] = long_name, "name is too long");
    REFUSED((descriptions[0].kind = FILE_LISTING, descriptions[0].listing = ~0ull - 5), "position");
    struct saved_entry entry = {.path = "../../etc/passwd", .object = -1};
    struct saved_scratch scratch = {"/tmp", &entry, 1};
    REFUSED((s.scratch = &scratch, s.scratch_count = 1), "scratch");
    entry.path = "/etc/passwd";
    REFUSED((s.scratch = &scratch, s.scratch_count = 1), "scratch");
    entry.path = "a/./b";
    REFUSED((s.scratch = &scratch, s.scratch_count = 1), "scratch");
}
END_TEST

static const uint32_t link_kinds[] = {S_IFIFO, S_IFDIR, S_IFREG};

/* A link that the file makes first must not lead its later entries of the same name out of the mount. */
START_TEST(hostile_links)
{
    struct saved_entry entries[2] = {{.path = "name", .mode = S_IFLNK | 0777, .object = -1},
                                     {.path = "name", .mode = link_kinds[_i] | 0777, .object = -1}};
    struct saved_scratch scratch = {"/tmp", entries, 2};
    struct saved_state state = {.scratch = &scratch, .scratch_count = 1};
    struct mount mount = {.kind = MOUNT_SCRATCH, .guest = "/tmp"};
    struct policy policy = {.mounts = &mount, .mount_count = 1};
    struct monitor monitor = {.policy = &policy};
    struct builder b = {.m = &monitor, .s = &state, .reason = reason, .reason_bytes = sizeof reason};
    struct stat status;

    make_folder();
    put_file("victim", "private");
    ck_assert_int_eq(mkdir(path_of("scratch"), 0700), 0);
    mount.root = open(path_of("scratch"), O_RDONLY | O_DIRECTORY);
    entries[0].target = (char *)path_of("victim");
    ck_assert_int_lt(build_scratch(&b, false), 0);
    ck_assert_int_eq(stat(path_of("victim"), &status), 0);
    ck_assert_uint_eq(status.st_mode & 0777, 0600);
    ck_assert_int_eq(status.st_size, 7);
    close(mount.root);
}
END_TEST

START_TEST(hostile_runs)
{
    const uint64_t bytes[1] = {10 * PAGE_BYTES};
    struct saved_state s = sample();
    const struct saved_run good = {0, 0, BASE, 10, 0};
    struct saved_run r = good;

    ck_assert_ptr_null(runs_check(&s, &r, 1, bytes, 1));
#define BAD(change)                                                                                                    \
    do {                                                                                                               \
        r = good;                                                                                                      \
        change;                                                                                                        \
        ck_assert_msg(runs_check(&s, &r, 1, bytes, 1) != NULL, #change);                                               \
    } while (0)
    BAD(r.layer = 1);
    BAD(r.pages = 11);
    BAD(r.pages = 0);
    BAD(r.place = 1);
    BAD(r.place = ~0ull);
    BAD(r.pages = ~0ull);
    BAD(r.start += 1);
    BAD(r.start -= PAGE_BYTES);
    BAD(r.start = BASE + (SAMPLE_PAGES - 1) * PAGE_BYTES);
    BAD(r.start = BASE + 0x2000000); /* shared */
    BAD(r.space = 2);
    BAD((r.space = 1, r.start = 0));
    struct saved_run twice[2] = {good, good};
    ck_assert_ptr_nonnull(runs_check(&s, twice, 2, bytes, 1));
}
END_TEST

START_TEST(other_processors)
{
    struct saved_machine saved = {.words = {0, 0, 1u << 5 | 1u << 16}, .features = 7}, here = {.features = 7};

    here.words[2] = 1u << 5;
    ck_assert_int_eq(machine_compare(&saved, &here, reason, sizeof reason), -ENOTSUP);
    ck_assert_ptr_nonnull(strstr(reason, "avx512f"));
    ck_assert_ptr_null(strstr(reason, "avx2"));
    here.words[2] |= 1u << 16;
    ck_assert_int_eq(machine_compare(&saved, &here, reason, sizeof reason), 0);
    saved.offsets[2] = 576;
    ck_assert_int_eq(machine_compare(&saved, &here, reason, sizeof reason), -ENOTSUP);
    here.offsets[2] = 576;
    saved.features = 0xe7;
    ck_assert_int_eq(machine_compare(&saved, &here, reason, sizeof reason), -ENOTSUP);
}
END_TEST

/* A file has its name only when it is complete; the old one stays otherwise. */
START_TEST(names)
{
    struct snapshot_target t;
    struct stat status;
    char text[8] = "";

    make_folder();
    int old = open(path_of("a"), O_RDWR | O_CREAT, 0644);
    ck_assert_int_eq(write(old, "old", 3), 3);
    close(old);
    ck_assert_int_eq(snapshot_target_open(&t, path_of("a"), reason, sizeof reason), 0);
    ck_assert_int_eq(write(t.host, "new!", 4), 4);
    snapshot_target_abandon(&t);
    ck_assert_int_eq(stat(path_of("a"), &status), 0);
    ck_assert_int_eq(status.st_size, 3);
    ck_assert_int_eq(snapshot_target_open(&t, path_of("a"), reason, sizeof reason), 0);
    ck_assert_int_eq(write(t.host, "new!", 4), 4);
    ck_assert_int_eq(snapshot_target_commit(&t, reason, sizeof reason), 0);
    old = open(path_of("a"), O_RDONLY);
    ck_assert_int_eq(read(old, text, 8), 4);
    ck_assert_str_eq(text, "new!");
    ck_assert_int_eq(fstat(old, &status), 0);
    ck_assert_int_eq(status.st_mode & 0777, 0600);
    close(old);
    ck_assert_int_eq(unlink(path_of("a")), 0);
    ck_assert_int_eq(rmdir(folder), 0); /* nothing else is left */
    maker = 0;
    ck_assert_int_ne(snapshot_target_open(&t, path_of("b"), reason, sizeof reason), 0);
}
END_TEST

TEST_MAIN("hv_snapshot", NULL, 300, TEST(written_is_read), TEST(compressed_is_the_same), TEST(sparse),
          TEST_EACH(any_flipped_bit, forms), TEST_EACH(any_cut, forms), TEST(foreign_files), TEST(other_versions),
          TEST(identities), TEST_EACH(layers, forms), TEST(hostile_states),
          TEST_EACH(hostile_links, link_kinds), TEST(hostile_runs), TEST(other_processors), TEST(names))
