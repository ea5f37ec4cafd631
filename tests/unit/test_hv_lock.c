/* The ranges that are written down of locks are those that fcntl keeps: compared byte by byte with a plain array. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hostvirt/lock.h"
#include "runner.h"

#define BYTES 64

static void compare(const struct lock_list *l, const short model[BYTES])
{
    size_t i = 0;

    for (int at = 0; at < BYTES; at++) {
        while (i < l->count && l->list[i].end < at)
            i++;
        short type = i < l->count && l->list[i].start <= at ? l->list[i].type : F_UNLCK;
        ck_assert_int_eq(type, model[at]);
    }
    for (i = 1; i < l->count; i++) {
        ck_assert_int_lt(l->list[i - 1].end, l->list[i].start);
        ck_assert(l->list[i - 1].end + 1 < l->list[i].start || l->list[i - 1].type != l->list[i].type);
    }
}

START_TEST(as_an_array)
{
    static const short types[3] = {F_RDLCK, F_WRLCK, F_UNLCK};
    struct lock_list l = {0};
    short model[BYTES];

    srand(7);
    for (int i = 0; i < BYTES; i++)
        model[i] = F_UNLCK;
    for (int round = 0; round < 50000; round++) {
        int start = rand() % BYTES, end = start + rand() % (BYTES - start);
        short type = types[rand() % 3];
        ck_assert_int_eq(lock_list_set(&l, type, start, end), 0);
        for (int i = start; i <= end; i++)
            model[i] = type;
        compare(&l, model);
    }
    ck_assert_int_eq(lock_list_set(&l, F_WRLCK, 10, INT64_MAX), 0);
    ck_assert_int_eq(l.list[l.count - 1].end, INT64_MAX);
    ck_assert_int_eq(lock_list_set(&l, F_UNLCK, 0, INT64_MAX), 0);
    ck_assert_uint_eq(l.count, 0);
    lock_list_free(&l);
}
END_TEST

START_TEST(bounded)
{
    struct lock_list l = {0};
    int error = 0, i = 0;

    for (; i < 2 * LOCK_RANGES_MOST && error == 0; i++)
        error = lock_list_set(&l, F_RDLCK, 2 * i, 2 * i);
    ck_assert_int_eq(error, -ENOLCK);
    ck_assert_uint_le(l.count, LOCK_RANGES_MOST);
    lock_list_free(&l);
}
END_TEST

TEST_MAIN("hv_lock", NULL, 60, TEST(as_an_array), TEST(bounded))
