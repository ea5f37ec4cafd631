/* What every unit test's main() does: one Check suite with one case, each test in a process of its own. */
#ifndef CLOISTER_TESTS_RUNNER_H
#define CLOISTER_TESTS_RUNNER_H

#include <check.h>
#include <stddef.h>

struct runner_test { const TTest *test; int rounds; };
#define TEST(name) {name, 1}
#define TEST_EACH(name, table) {name, (int)(sizeof(table) / sizeof(table)[0])} /* once per row, whose index is _i */

/* setup: before each test, NULL: nothing.  timeout: seconds for each test.  Returns main()'s result. */
int runner_run(const char *name, SFun setup, double timeout, const struct runner_test *tests, size_t count);

/* The last line of a test's file: its tests as TEST() and TEST_EACH(). */
#define TEST_MAIN(name, setup, timeout, ...)                                                                           \
    int main(void)                                                                                                     \
    {                                                                                                                  \
        const struct runner_test tests[] = {__VA_ARGS__};                                                              \
        return runner_run(name, setup, timeout, tests, sizeof tests / sizeof tests[0]);                                \
    }

#endif
