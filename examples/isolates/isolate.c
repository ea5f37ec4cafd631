/* Runs a program that nobody trusts: 64 MiB of memory, two seconds, no network, nothing of this machine's files but the
 * system's own, and its answer through a pipe. */
#include <cloister.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int failed(const char *reason)
{
    fprintf(stderr, "isolate: %s\n", reason);
    return 1;
}

int main(int argc, char **argv)
{
    const char *const program[] = {"sh", "-c", argc > 1 ? argv[1] : "echo 6 times 7 is $((6 * 7))", NULL};
    const char *const options[] = {"--memory=64M", "--wall-time=2s", "--threads=16", NULL};
    char reason[512], answer[256], *statistics;
    struct cloister *c;
    int ends[2], status;

    if (pipe(ends) != 0)
        return failed("no pipe");
    const int standard[] = {-1, ends[1], STDERR_FILENO};
    const struct cloister_start what = {.arguments = program, .options = options, .standard = standard};
    if (cloister_start(&c, &what, reason, sizeof reason) != 0)
        return failed(reason);
    close(ends[1]);
    if (cloister_statistics(c, &statistics, reason, sizeof reason) == 0) /* it may have ended by now */
        free(statistics);

    for (ssize_t n; (n = read(ends[0], answer, sizeof answer)) > 0;)
        fwrite(answer, 1, (size_t)n, stdout);
    if (cloister_wait(c, 10000, &status) != 0)
        return failed("it does not end");
    if (WIFSIGNALED(status))
        printf("ended by signal %d\n", WTERMSIG(status));
    else
        printf("exit status %d\n", WEXITSTATUS(status));
    cloister_free(c);
    return 0;
}
