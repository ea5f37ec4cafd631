/* A program is warmed up once and then cloned for every question: an interpreter that waits for a line is saved, a
 * zygote keeps two clones of it ready, and each question goes to a clone of its own, which cannot see what others
 * were asked. */
#include <cloister.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define QUESTIONS 3

static int failed(const char *reason)
{
    fprintf(stderr, "clones: %s\n", reason);
    return 1;
}

/* Runs the interpreter until it waits for its first line, and saves it. */
static int save_warm(const char *file, char *reason, size_t bytes)
{
    const char *const program[] = {"sh", "-c", "count=0; echo warm; while read -r line; do eval \"$line\"; done", NULL};
    char word[8];
    struct cloister *c;
    int in[2], out[2];

    if (pipe(in) != 0 || pipe(out) != 0)
        return -1;
    const int standard[] = {in[0], out[1], STDERR_FILENO};
    const struct cloister_start what = {.arguments = program, .standard = standard};
    int error = cloister_start(&c, &what, reason, bytes);
    if (error != 0)
        return error;
    if (read(out[0], word, sizeof word) > 0)
        error = cloister_save(c, file, reason, bytes);
    cloister_free(c);
    for (int i = 0; i < 2; i++) {
        close(in[i]);
        close(out[i]);
    }
    return error;
}

static int ask(struct cloister_zygote *z, const char *question, char *reason, size_t bytes)
{
    struct cloister *c;
    char answer[256];
    int in[2], out[2], status = -1;

    if (pipe(in) != 0 || pipe(out) != 0)
        return -1;
    const int standard[] = {in[0], out[1], STDERR_FILENO};
    int error = cloister_clone(&c, z, NULL, standard, reason, bytes);
    close(in[0]);
    close(out[1]);
    if (error == 0 && write(in[1], question, strlen(question)) < 0)
        snprintf(reason, bytes, "it does not listen");
    close(in[1]);
    for (ssize_t n; error == 0 && (n = read(out[0], answer, sizeof answer)) > 0;)
        fwrite(answer, 1, (size_t)n, stdout);
    close(out[0]);
    if (error != 0)
        return error;
    error = cloister_wait(c, 10000, &status);
    printf("exit status %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    cloister_free(c);
    return error;
}

int main(void)
{
    static const char *const questions[QUESTIONS] = {
        "count=$((count + 1)); echo first $count\n", "count=$((count + 1)); echo second $count; exit 3\n",
        "echo third $count\n"};
    char file[64], reason[512] = "";
    struct cloister_zygote *z;

    snprintf(file, sizeof file, "/tmp/cloister-clones-%d.snapshot", (int)getpid());
    if (save_warm(file, reason, sizeof reason) != 0)
        return failed(reason);
    const struct cloister_zygote_start what = {.snapshot = file, .standbys = 2};
    int error = cloister_zygote_start(&z, &what, reason, sizeof reason);
    unlink(file); /* the zygote has it open */
    for (int i = 0; i < QUESTIONS && error == 0; i++)
        error = ask(z, questions[i], reason, sizeof reason);
    if (error != 0)
        return failed(reason);
    cloister_zygote_free(z);
    return 0;
}
