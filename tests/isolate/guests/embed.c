/* embed IMAGE FOLDER: isolates of a Java program through libcloister, as a program that embeds it has them: every
 * outcome of a call, putting back and saving, and many isolates from many threads at once.  Prints what failed. */
#include <cloister.h>

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 8, ROUNDS = 5 };

static const int nothing[3] = {-1, -1, -1};
static int failures;

static void check(int good, const char *name, const char *what)
{
    if (good)
        return;
    __atomic_add_fetch(&failures, 1, __ATOMIC_RELAXED);
    printf("FAILED %s: %s\n", name, what);
}

/* One call with JSON, whose answer is to be of that kind and begin like this. */
static void expect(struct cloister *c, const char *method, const char *arguments, unsigned milliseconds,
                   enum cloister_status status, const char *begin)
{
    char handler[64], reason[512] = "", got[600];
    struct cloister_answer a;

    snprintf(handler, sizeof handler, "Calculator.%s", method);
    const struct cloister_message m = {.handler = handler, .json = 1, .data = arguments, .bytes = strlen(arguments)};
    int error = cloister_call(c, &m, milliseconds, &a, reason, sizeof reason);
    snprintf(got, sizeof got, "error %d %s, status %d, %.300s", error, reason, (int)a.status, a.data != NULL ? a.data : "");
    check(error == 0 && a.status == status && strncmp(a.data, begin, strlen(begin)) == 0 && strlen(a.data) == a.bytes, method,
          got);
    cloister_answer_free(&a);
    check(a.data == NULL, method, "the answer is not empty");
}

/* ---- one isolate
 * --------------------------------------------------------------------------------------------------- */

static struct cloister *start(const char *program, const char *snapshot, const char *option)
{
    const char *const arguments[] = {program, NULL}, *const options[] = {"--memory=256M", option, NULL};
    const struct cloister_start what = {.arguments = program != NULL ? arguments : NULL, .snapshot = snapshot,
                                        .options = options, .standard = nothing};
    struct cloister *c;
    char reason[512] = "";

    if (cloister_start(&c, &what, reason, sizeof reason) != 0) {
        printf("FAILED start: %s\n", reason);
        exit(1);
    }
    return c;
}

/* The program's own handler gives back what it gets. */
static void echo(struct cloister *c)
{
    static const char zero[] = "a\0b";
    const struct cloister_message m = {.data = zero, .bytes = sizeof zero};
    struct cloister_answer a;
    char reason[512] = "";

    int error = cloister_call(c, &m, 10000, &a, reason, sizeof reason);
    check(error == 0 && a.status == CLOISTER_ANSWER && a.bytes == sizeof zero && memcmp(a.data, zero, sizeof zero) == 0,
          "echo", a.data != NULL ? a.data : reason);
    cloister_answer_free(&a);
}

static void outcomes(const char *image)
{
    const struct cloister_message large = {.data = image, .bytes = (size_t)1 << 40};
    struct cloister *c = start(image, NULL, NULL);
    struct cloister_answer a;
    char reason[512] = "";

    echo(c);
    check(cloister_call(c, &large, 10000, &a, reason, sizeof reason) == -EMSGSIZE && a.data == NULL &&
          strcmp(reason, "the message is larger than 64 MiB") == 0, "large", reason);
    check(cloister_reset(c, reason, sizeof reason) < 0, "reset", "one that came from no snapshot was put back");
    expect(c, "add", "[1, 2]", 10000, CLOISTER_ANSWER, "3");
    expect(c, "fail", "[\"because\"]", 10000, CLOISTER_EXCEPTION,
           "java.lang.IllegalStateException: because\n\tat Calculator.fail(Calculator.java:");
    expect(c, "add", "[", 10000, CLOISTER_REFUSED, "the arguments are no JSON");
    expect(c, "nowhere", "[]", 10000, CLOISTER_REFUSED, "Calculator has no public method nowhere");
    expect(c, "sleep", "[1000]", 100, CLOISTER_LATE, "no answer within 100 ms");
    expect(c, "add", "[3, 4]", 10000, CLOISTER_ANSWER, "7");
    expect(c, "leave", "[5]", 10000, CLOISTER_ENDED, "the program exited with status 5 during the call");
    expect(c, "add", "[1, 2]", 10000, CLOISTER_ENDED, "the program exited with status 5 during the call");
    cloister_free(c);
}

/* What a limit has ended says so to whoever waits. */
static void limits(const char *image)
{
    struct cloister *c = start(image, NULL, "--wall-time=3s");

    expect(c, "sleep", "[100000]", 60000, CLOISTER_ENDED, "the isolate was ended: its time is over (--wall-time)");
    cloister_free(c);
}

/* ---- many isolates
 * ------------------------------------------------------------------------------------------------- */

static void *work(void *zygote)
{
    char reason[512] = "", arguments[64], sum[32];
    struct cloister *c;

    for (int i = 0; i < ROUNDS; i++) {
        int error = cloister_clone(&c, zygote, NULL, nothing, reason, sizeof reason);
        check(error == 0, "clone", reason);
        if (error != 0)
            break;
        expect(c, "calls", "[]", 30000, CLOISTER_ANSWER, "0");
        snprintf(arguments, sizeof arguments, "[%d, %d]", i, (int)((uintptr_t)&c >> 12 & 0xfffff));
        snprintf(sum, sizeof sum, "%d", i + (int)((uintptr_t)&c >> 12 & 0xfffff));
        expect(c, "add", arguments, 30000, CLOISTER_ANSWER, sum);
        cloister_free(c);
    }
    return NULL;
}

static void threads(struct cloister_zygote *z)
{
    pthread_t all[THREADS];

    for (int i = 0; i < THREADS; i++)
        check(pthread_create(&all[i], NULL, work, z) == 0, "threads", "cannot be created");
    for (int i = 0; i < THREADS; i++)
        pthread_join(all[i], NULL);
}

/* What a call leaves is there for the next one, in a saved copy, and gone after a reset. */
static void states(struct cloister_zygote *z, const char *folder)
{
    char reason[512] = "", file[512];
    struct cloister *c, *copy;

    snprintf(file, sizeof file, "%.400s/saved.snapshot", folder);
    check(cloister_clone(&c, z, NULL, nothing, reason, sizeof reason) == 0, "clone", reason);
    echo(c);
    echo(c);
    expect(c, "calls", "[]", 10000, CLOISTER_ANSWER, "2");
    check(cloister_save(c, file, reason, sizeof reason) == 0, "save", reason);
    check(cloister_reset(c, reason, sizeof reason) == 0, "reset", reason);
    expect(c, "calls", "[]", 10000, CLOISTER_ANSWER, "0");
    cloister_free(c);
    copy = start(NULL, file, "--trust");
    expect(copy, "calls", "[]", 10000, CLOISTER_ANSWER, "2");
    cloister_free(copy);
}

int main(int argc, char **argv)
{
    const char *const options[] = {"--warm", "--memory=256M", NULL};
    char reason[512] = "";
    struct cloister_zygote *z;

    if (argc != 3)
        return 2;
    outcomes(argv[1]);
    limits(argv[1]);
    const struct cloister_zygote_start what = {.snapshot = argv[1], .standbys = 2, .options = options};
    if (cloister_zygote_start(&z, &what, reason, sizeof reason) != 0) {
        printf("FAILED zygote: %s\n", reason);
        return 1;
    }
    threads(z);
    states(z, argv[2]);
    cloister_zygote_free(z);
    return failures != 0;
}
