/* Addresses inside an isolate: which of them clash, who is found behind them, and that queues outlive nobody. */
#include "hostvirt/loopback.h"
#include "hostvirt/process.h"
#include "runner.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static struct loop_address address(const char *text, uint16_t port)
{
    struct sockaddr_storage name = {.ss_family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET};
    void *to = name.ss_family == AF_INET6 ? (void *)&((struct sockaddr_in6 *)&name)->sin6_addr
                                          : (void *)&((struct sockaddr_in *)&name)->sin_addr;
    struct loop_address a;

    ck_assert_int_eq(inet_pton(name.ss_family, text, to), 1);
    ck_assert(loop_from_name(&name, &a));
    a.port = port;
    return a;
}

static struct loop_row row(int type, const char *text, uint16_t port, int flags)
{
    return (struct loop_row){.address = address(text, port), .type = (uint8_t)type, .flags = (uint8_t)flags};
}

/* ---- addresses ---- */

START_TEST(names_go_there_and_back)
{
    static const char *const texts[] = {"127.0.0.1", "0.0.0.0", "127.255.3.4", "::1", "::", "::ffff:127.0.0.1"};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct loop_address a = address(texts[i], 8080), again;
        struct sockaddr_storage name;
        int family = loop_is_v4(&a) ? AF_INET : AF_INET6;
        ck_assert_uint_eq(loop_to_name(&a, family, &name),
                          family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
        ck_assert(loop_from_name(&name, &again) && loop_same(&a, &again));
        ck_assert(loop_is_inside(&a));
    }
}
END_TEST

START_TEST(outside_is_not_inside)
{
    static const char *const texts[] = {"126.255.255.255", "128.0.0.0", "10.0.0.1", "255.255.255.255", "224.0.0.1",
                                        "::2", "fe80::1", "::ffff:10.0.0.1", "::127.0.0.1", "ff02::1"};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct loop_address a = address(texts[i], 1);
        ck_assert_msg(!loop_is_inside(&a), "%s", texts[i]);
    }
}
END_TEST

START_TEST(any_stands_for_loopback)
{
    struct loop_address v4 = address("0.0.0.0", 7), v6 = address("::", 7), own = address("127.9.9.9", 7);
    struct loop_address v4_is = address("127.0.0.1", 7), v6_is = address("::1", 7);
    struct loop_address got = loop_concrete(&v4);

    ck_assert(loop_same(&got, &v4_is));
    got = loop_concrete(&v6);
    ck_assert(loop_same(&got, &v6_is));
    got = loop_concrete(&own);
    ck_assert(loop_same(&got, &own));
}
END_TEST

/* ---- the table ---- */

/* As Linux answers the second bind(2); measured there. */
static const struct {
    const char *first, *second;
    int first_flags, second_flags;
    bool clash;
} pairs[] = {
    {"127.0.0.1", "127.0.0.1", 0, 0, true},
    {"127.0.0.1", "127.0.0.2", 0, 0, false},
    {"0.0.0.0", "127.0.0.1", 0, 0, true},
    {"127.0.0.1", "0.0.0.0", 0, 0, true},
    {"0.0.0.0", "::1", 0, 0, false},
    {"0.0.0.0", "::", 0, 0, true},
    {"0.0.0.0", "::", 0, LOOP_V6ONLY, false},
    {"::", "127.0.0.1", 0, 0, true},
    {"::", "127.0.0.1", LOOP_V6ONLY, 0, false},
    {"::", "::1", LOOP_V6ONLY, 0, true},
    {"::ffff:127.0.0.1", "127.0.0.1", 0, 0, true},
    {"127.0.0.1", "127.0.0.1", LOOP_REUSE, LOOP_REUSE, false},
    {"127.0.0.1", "127.0.0.1", LOOP_REUSE, 0, true},
    {"127.0.0.1", "127.0.0.1", LOOP_REUSE | LOOP_LISTENING, LOOP_REUSE, true},
    {"127.0.0.1", "127.0.0.1", LOOP_SHARED | LOOP_LISTENING, LOOP_SHARED, false},
    {"127.0.0.1", "127.0.0.1", LOOP_SHARED | LOOP_LISTENING, LOOP_REUSE, true},
};

START_TEST(clashes)
{
    struct loop_table table = {.used = 1};
    unsigned from = 0;
    struct loop_row second = row(SOCK_STREAM, pairs[_i].second, 80, pairs[_i].second_flags);

    table.rows[0] = row(SOCK_STREAM, pairs[_i].first, 80, pairs[_i].first_flags);
    table.rows[0].serial = 1;
    ck_assert_msg((loop_table_conflict(&table, &second, &from) != NULL) == pairs[_i].clash, "%s and %s",
                  pairs[_i].first, pairs[_i].second);
    from = 0;
    second.address.port = 81;
    ck_assert_ptr_null(loop_table_conflict(&table, &second, &from));
    from = 0;
    second = row(SOCK_DGRAM, pairs[_i].second, 80, 0);
    ck_assert_ptr_null(loop_table_conflict(&table, &second, &from));
}
END_TEST

static void put(struct loop_table *table, struct loop_row r)
{
    struct loop_row *to = loop_table_free(table);
    static uint32_t serial;

    ck_assert_ptr_nonnull(to);
    r.serial = ++serial;
    *to = r;
}

START_TEST(the_most_exact_is_found)
{
    struct loop_table *table = calloc(1, sizeof *table);
    struct loop_address v4 = address("127.0.0.1", 80), other = address("127.0.0.2", 80), v6 = address("::1", 80);

    put(table, row(SOCK_STREAM, "::", 80, LOOP_LISTENING));
    ck_assert_ptr_eq(loop_table_find(table, SOCK_STREAM, &v4), &table->rows[0]);
    put(table, row(SOCK_STREAM, "0.0.0.0", 80, LOOP_LISTENING));
    put(table, row(SOCK_STREAM, "127.0.0.1", 80, LOOP_LISTENING));
    for (int i = 0; i < 3; i++) { /* whoever was found last */
        ck_assert_ptr_eq(loop_table_find(table, SOCK_STREAM, &v4), &table->rows[2]);
        ck_assert_ptr_eq(loop_table_find(table, SOCK_STREAM, &other), &table->rows[1]);
        ck_assert_ptr_eq(loop_table_find(table, SOCK_STREAM, &v6), &table->rows[0]);
    }
    ck_assert_ptr_null(loop_table_find(table, SOCK_DGRAM, &v4));
    free(table);
}
END_TEST

START_TEST(bound_is_not_listening)
{
    struct loop_table *table = calloc(1, sizeof *table);
    struct loop_address to = address("127.0.0.1", 80);

    put(table, row(SOCK_STREAM, "127.0.0.1", 80, 0));
    ck_assert_ptr_null(loop_table_find(table, SOCK_STREAM, &to));
    table->rows[0].flags |= LOOP_LISTENING;
    ck_assert_ptr_nonnull(loop_table_find(table, SOCK_STREAM, &to));
    table->rows[0].flags |= LOOP_V6ONLY;
    table->rows[0].address = address("::", 80);
    ck_assert_ptr_null(loop_table_find(table, SOCK_STREAM, &to));
    free(table);
}
END_TEST

START_TEST(those_who_share_take_turns)
{
    struct loop_table *table = calloc(1, sizeof *table);
    struct loop_address to = address("127.0.0.1", 80);
    int hits[3] = {0};

    for (int i = 0; i < 3; i++)
        put(table, row(SOCK_STREAM, "127.0.0.1", 80, LOOP_LISTENING | LOOP_SHARED));
    for (int i = 0; i < 30; i++)
        hits[loop_table_find(table, SOCK_STREAM, &to) - table->rows]++;
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(hits[i], 10);
    free(table);
}
END_TEST

START_TEST(ports_are_free_ones)
{
    struct loop_table *table = calloc(1, sizeof *table);
    struct loop_row wanted = row(SOCK_STREAM, "127.0.0.1", 0, LOOP_REUSE);

    put(table, row(SOCK_STREAM, "0.0.0.0", LOOP_FIRST_PORT, LOOP_REUSE));
    ck_assert_uint_eq(loop_table_port(table, &wanted), LOOP_FIRST_PORT + 1); /* taken, although both would share */
    table->next_port = LOOP_LAST_PORT;
    ck_assert_uint_eq(loop_table_port(table, &wanted), LOOP_LAST_PORT);
    ck_assert_uint_eq(loop_table_port(table, &wanted), LOOP_FIRST_PORT + 1); /* around */
    free(table);
}
END_TEST

/* ---- queues ---- */

static struct monitor monitor;

static void start_family(void)
{
    monitor = (struct monitor){.family = mmap(NULL, sizeof(struct family), PROT_READ | PROT_WRITE,
                                              MAP_SHARED | MAP_ANONYMOUS, -1, 0)};
    ck_assert_ptr_ne(monitor.family, MAP_FAILED);
    shared_mutex_init(&monitor.family->loopback.lock);
}

static int bound(const char *text, uint16_t port, int flags, struct loop_row *out)
{
    int queue, error;

    *out = row(SOCK_DGRAM, text, port, flags);
    error = loopback_bind(&monitor, out, &queue);
    return error != 0 ? error : queue;
}

static void expect_message(int queue, const char *text)
{
    char got[64] = "";

    ck_assert_int_eq(recv(queue, got, sizeof got - 1, MSG_DONTWAIT), (int)strlen(text));
    ck_assert_str_eq(got, text);
}

static void send_to(const struct loop_address *to, const char *text)
{
    struct loop_row found;
    int end = loopback_find(&monitor, SOCK_DGRAM, to, &found);

    ck_assert_int_ge(end, 0);
    ck_assert_int_eq(send(end, text, strlen(text), 0), (int)strlen(text));
    close(end);
}

START_TEST(messages_reach_their_queue)
{
    struct loop_row a, b, clash;
    start_family();
    int first = bound("127.0.0.1", 0, 0, &a), second = bound("127.0.0.1", 0, 0, &b);

    ck_assert_int_ge(first, 0);
    ck_assert_uint_ne(a.address.port, b.address.port);
    ck_assert_int_eq(bound("0.0.0.0", a.address.port, 0, &clash), -EADDRINUSE);
    send_to(&a.address, "one");
    send_to(&b.address, "two");
    expect_message(first, "one");
    expect_message(second, "two");
}
END_TEST

/* An address is free again when the last that held it is gone, without a word from it. */
START_TEST(the_dead_are_noticed)
{
    struct loop_row a, again;
    start_family();
    int queue = bound("127.0.0.1", 5000, 0, &a), copy = dup(queue);

    close(queue);
    ck_assert_int_eq(bound("127.0.0.1", 5000, 0, &again), -EADDRINUSE);
    close(copy);
    ck_assert_int_eq(loopback_find(&monitor, SOCK_DGRAM, &a.address, &again), -ECONNREFUSED);
    queue = bound("127.0.0.1", 5000, 0, &again);
    ck_assert_int_ge(queue, 0);
    send_to(&a.address, "new");
    expect_message(queue, "new");
}
END_TEST

START_TEST(rows_are_used_again)
{
    struct loop_row r, kept;
    start_family();
    int mine = bound("127.0.0.1", 6000, 0, &kept);

    for (int i = 0; i < 3 * LOOP_ROWS; i++) {
        int queue = bound("127.0.0.1", 0, 0, &r);
        ck_assert_int_ge(queue, 0);
        close(queue);
    }
    send_to(&kept.address, "still here");
    expect_message(mine, "still here");
}
END_TEST

START_TEST(a_full_table_says_so)
{
    struct loop_row r;
    int *queues = calloc(LOOP_ROWS + 1, sizeof *queues), count = 0;

    start_family();
    while (count <= LOOP_ROWS && (queues[count] = bound("127.0.0.1", 0, 0, &r)) >= 0)
        count++;
    ck_assert_int_eq(count, LOOP_ROWS);
    ck_assert_int_eq(queues[count], -ENOBUFS);
    close(queues[100]);
    ck_assert_int_ge(bound("127.0.0.1", 0, 0, &r), 0);
    free(queues);
}
END_TEST

/* What a copy of the monitor binds, the original finds; a copy that is killed leaves nothing behind. */
START_TEST(a_family_shares_it)
{
    struct loop_row row_of_child = row(SOCK_DGRAM, "127.0.0.1", 7000, 0), found;
    int ready[2];
    char byte;

    start_family();
    ck_assert_int_eq(loopback_prepare(&monitor), 0);
    ck_assert_int_eq(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        int queue;
        if (loopback_bind(&monitor, &row_of_child, &queue) == 0 && write(ready[1], "y", 1) == 1)
            pause();
        _exit(1);
    }
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    send_to(&row_of_child.address, "over there");
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    ck_assert_int_eq(loopback_find(&monitor, SOCK_DGRAM, &row_of_child.address, &found), -ECONNREFUSED);
}
END_TEST

TEST_MAIN("hv_loopback", NULL, 60, TEST(names_go_there_and_back), TEST(outside_is_not_inside),
          TEST(any_stands_for_loopback), TEST_EACH(clashes, pairs), TEST(the_most_exact_is_found),
          TEST(bound_is_not_listening), TEST(those_who_share_take_turns), TEST(ports_are_free_ones),
          TEST(messages_reach_their_queue), TEST(the_dead_are_noticed), TEST(rows_are_used_again),
          TEST(a_full_table_says_so), TEST(a_family_shares_it))
