/* Interning: equal names have one address, whatever threads do while the table grows. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "runner.h"
#include "vm/loader.h"
#include "vm/symbol.h"

enum { THREADS = 4, NAMES = 60000 };

START_TEST(equality)
{
    symbols_init();
    ck_assert_ptr_eq(symbol_intern_cstr("<init>"), sym_init);
    ck_assert_ptr_eq(symbol_lookup("()V", 3), sym_void_descriptor);
    ck_assert_ptr_null(symbol_lookup("never interned", 14));
    struct symbol *s = symbol_intern("abcdef", 3);
    ck_assert_ptr_eq(s, symbol_intern_cstr("abc"));
    ck_assert_str_eq(s->bytes, "abc");
    ck_assert_int_eq(s->length, 3);
    ck_assert_ptr_ne(symbol_intern("a\0b", 3), symbol_intern("a\0c", 3));
    ck_assert_ptr_eq(symbol_intern("", 0), symbol_intern_cstr(""));
    ck_assert_ptr_null(symbol_intern("", 65536));
    symbols_init();
    ck_assert_ptr_eq(symbol_intern_cstr("<init>"), sym_init);
}
END_TEST

/* Every length up to the longest, with names that differ in one place only. */
START_TEST(lengths)
{
    char *text = malloc(65535);
    for (size_t length = 1; length < 65536; length = length < 64 ? length + 1 : length * 2 - 1) {
        memset(text, 'x', length);
        struct symbol *plain = symbol_intern(text, length);
        ck_assert_int_eq(plain->length, (int)length);
        for (size_t at = 0; at < length; at += 1 + length / 16) {
            text[at] = 'y';
            struct symbol *other = symbol_intern(text, length);
            ck_assert_ptr_ne(plain, other);
            ck_assert_ptr_eq(other, symbol_lookup(text, length));
            text[at] = 'x';
        }
        ck_assert_ptr_eq(plain, symbol_intern(text, length));
    }
    free(text);
}
END_TEST

static struct symbol *found[THREADS][NAMES];

static void *intern_all(void *arg)
{
    uintptr_t me = (uintptr_t)arg;
    for (int i = 0; i < NAMES; i++) {
        int n = (int)((i * (2 * me + 1)) % NAMES); /* odd factor: each name once, in an order of its own */
        char name[40];
        int length = snprintf(name, sizeof name, "java/util/Name%d", n);
        found[me][n] = symbol_intern(name, (size_t)length);
        if (symbol_lookup(name, (size_t)length) != found[me][n])
            return "lost";
    }
    return NULL;
}

START_TEST(threads)
{
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, intern_all, (void *)i);
    for (int i = 0; i < THREADS; i++) {
        void *failure;
        pthread_join(threads[i], &failure);
        ck_assert_ptr_null(failure);
    }
    for (int t = 0; t < THREADS; t++) {
        for (int i = 0; i < NAMES; i++) {
            char name[40];
            snprintf(name, sizeof name, "java/util/Name%d", i);
            if (found[t][i]) /* factors that share a divisor with NAMES skip some */
                ck_assert_ptr_eq(found[t][i], symbol_intern_cstr(name));
        }
    }
}
END_TEST

/* The arena gives zeroed, aligned, disjoint memory of any size. */
START_TEST(arena)
{
    struct arena *a = arena_new();
    uint8_t *blocks[2000];
    size_t sizes[2000], total = 0;
    for (size_t i = 0; i < 2000; i++) {
        sizes[i] = i % 100 == 99 ? i * 200 : i % 300;
        total += (sizes[i] + 7) & ~(size_t)7;
        blocks[i] = arena_alloc(a, sizes[i]);
        ck_assert_uint_eq((uintptr_t)blocks[i] % 8, 0);
        for (size_t j = 0; j < sizes[i]; j++)
            ck_assert_int_eq(blocks[i][j], 0);
        memset(blocks[i], (int)(i % 255) + 1, sizes[i]);
    }
    for (size_t i = 0; i < 2000; i++)
        for (size_t j = 0; j < sizes[i]; j++)
            ck_assert_int_eq(blocks[i][j], (int)(i % 255) + 1);
    ck_assert_uint_eq(arena_used(a), total);
    arena_free(a);
    arena_free(NULL);
}
END_TEST

#ifndef __SANITIZE_ADDRESS__ /* its own memory falls under the limit, too */

static void limit_address_space(rlim_t bytes)
{
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_AS, &limit), 0);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
}

/* Without memory of the system there is a reserve, zeroed and apart from all else; then NULL, and memory again when the
 * system has some.  Symbols come from the reserve, too. */
START_TEST(arena_without_memory)
{
    enum { SIZE = 5000, MOST = 1 << 16 };
    static uint8_t *blocks[MOST];
    struct arena *a = arena_new();
    size_t count = 0;
    ck_assert_ptr_nonnull(symbol_intern_cstr("the table")); /* there from the start of every VM */
    limit_address_space(1);
    while (count < MOST && (blocks[count] = arena_try_alloc(a, SIZE)) != NULL) {
        for (size_t i = 0; i < SIZE; i++)
            ck_assert_int_eq(blocks[count][i], 0);
        memset(blocks[count], (int)(count % 255) + 1, SIZE);
        count++;
        if (count == 100)
            ck_assert_str_eq(symbol_intern_cstr("a name without memory")->bytes, "a name without memory");
    }
    ck_assert_uint_ge(count, 200); /* a mebibyte */
    ck_assert_uint_lt(count, MOST);
    for (size_t b = 0; b < count; b++)
        for (size_t i = 0; i < SIZE; i++)
            ck_assert_int_eq(blocks[b][i], (int)(b % 255) + 1);
    ck_assert_uint_eq(arena_used(a), count * SIZE);
    limit_address_space(RLIM_INFINITY);
    ck_assert_ptr_nonnull(arena_try_alloc(a, SIZE));
    arena_free(a);
}
END_TEST

#define ARENA_WITHOUT_MEMORY , TEST(arena_without_memory)
#else
#define ARENA_WITHOUT_MEMORY
#endif

TEST_MAIN("symbol", NULL, 60, TEST(equality), TEST(lengths), TEST(threads), TEST(arena) ARENA_WITHOUT_MEMORY)
