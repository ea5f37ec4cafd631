/* Runs scripts that nobody trusts, each in a clone of its own: 192 MiB, five seconds, no network, no files of this
 * machine. Usage: scripting IMAGE (javascript|groovy SCRIPT)... */
#include <cloister.h>

#include <stdio.h>
#include <string.h>

#define MILLISECONDS 5000

static const char *const ways[] = {
    [CLOISTER_ANSWER] = "answer", [CLOISTER_EXCEPTION] = "exception", [CLOISTER_REFUSED] = "refused",
    [CLOISTER_ENDED] = "ended", [CLOISTER_LATE] = "late"};

/* The script goes as it is: bytes in, bytes out. */
static int run(struct cloister_zygote *z, const char *language, const char *script, char *reason, size_t bytes)
{
    const int standard[3] = {-1, -1, -1};
    struct cloister_answer answer = {.status = CLOISTER_ANSWER};
    struct cloister *c;
    char handler[64];

    snprintf(handler, sizeof handler, "Scripts.%s", language);
    const struct cloister_message message = {.handler = handler, .data = script, .bytes = strlen(script)};
    int error = cloister_clone(&c, z, NULL, standard, reason, bytes);
    if (error != 0)
        return error;
    error = cloister_call(c, &message, MILLISECONDS, &answer, reason, bytes);
    if (error == 0) /* of a stack trace the first line */
        printf("%-10s %-9s %.*s\n", language, ways[answer.status], (int)strcspn(answer.data, "\n"), answer.data);
    cloister_answer_free(&answer);
    cloister_free(c);
    return error;
}

int main(int argc, char **argv)
{
    static const char *const options[] = {"--warm", "--memory=192M", NULL};
    char reason[512] = "";
    struct cloister_zygote *z = NULL;

    if (argc < 4 || argc % 2 != 0) {
        fprintf(stderr, "usage: scripting IMAGE (javascript|groovy SCRIPT)...\n");
        return 2;
    }
    const struct cloister_zygote_start what = {.snapshot = argv[1], .standbys = 2, .options = options};
    int error = cloister_zygote_start(&z, &what, reason, sizeof reason);
    for (int i = 2; i < argc && error == 0; i += 2)
        error = run(z, argv[i], argv[i + 1], reason, sizeof reason);
    if (error != 0)
        fprintf(stderr, "scripting: %s\n", reason);
    cloister_zygote_free(z);
    return error != 0;
}
