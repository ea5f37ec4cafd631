/* Runs the tests of one file with Check. */
#include "runner.h"

int runner_run(const char *name, SFun setup, double timeout, const struct runner_test *tests, size_t count)
{
    Suite *suite = suite_create(name);
    TCase *cases = tcase_create(name);
    tcase_set_timeout(cases, timeout);
    tcase_add_checked_fixture(cases, setup, NULL);
    for (size_t i = 0; i < count; i++)
        tcase_add_loop_test(cases, tests[i].test, 0, tests[i].rounds);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
