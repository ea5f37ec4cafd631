/* cloister zygote: a process that keeps a snapshot, or a warm program, ready for clones. */
#include "cli/java.h"

#include "hostvirt/snapshot.h"
#include "hostvirt/zygote.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct zygote_options {
    struct start start;
    unsigned standbys;
    bool verify;
    struct java_run java; /* its `trust` is snapshots', too */
};

FLAG_SETTER(set_verify, zygote_options, verify)

static int set_standbys(void *to, const char *value, char *reason, size_t bytes)
{
    struct zygote_options *z = to;

    if (strcmp(value, "0") == 0) {
        z->standbys = 0;
        return 0;
    }
    return cli_number(&z->standbys, ZYGOTE_STANDBYS_MOST, value, reason, bytes);
}

static const struct option_row options[] = {
    {"standby", "N", "how many clones are kept ready to start (0)", set_standbys, false},
    {"verify", NULL, "checks every page first", set_verify, false},
    END_OF_OPTIONS,
};

/* Until it is told to end. */
static int serve(struct start *s)
{
    struct zygote_options *o = (struct zygote_options *)s; /* its first member */
    char reason[512] = "";
    struct zygote *z;
    int error = zygote_open(&z, &s->policy, s->snapshot, o->standbys, s->notify, reason, sizeof reason);

    if (error != 0)
        return start_failed(s, EXIT_NOT_RUN, reason);
    start_tell(s, "ok", zygote_name(z));
    if (s->notify >= 0)
        close(s->notify);
    s->notify = -1;
    zygote_serve(z);
    zygote_close(z);
    policy_free(&s->policy); /* scratch folders */
    return 0;
}

/* Nobody reads what it prints or types for it. */
static int serve_detached(struct start *s)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    setsid();
    for (int i = 0; i < 3; i++)
        if (null < 0 || dup2(null, i) < 0)
            return start_failed(s, EXIT_NOT_RUN, "cannot open /dev/null");
    return serve(s);
}

static int refuse(const struct start *s)
{
    if (s->policy.isolation != ISOLATION_VM)
        return start_failed(s, EXIT_USAGE, "snapshots run with --isolation=vm only: the others cannot save or clone");
    if (s->policy.listen_count > 0)
        return start_failed(s, EXIT_USAGE, "clones of one zygote would all listen at the same address: give each its "
                            "own with 'cloister clone --listen HOST:PORT:GUESTPORT FILE'");
    if (s->policy.statistics)
        return start_failed(s, EXIT_USAGE, "a zygote prints no statistics at its end; ask its clones: cloister stat");
    return 0;
}

static int take_file_policy(struct zygote_options *z, int argc, char **argv, char *reason, size_t bytes)
{
    struct start *s = &z->start;
    const struct option_set sets[] = {
        {options, z},        {java_options, &z->java}, {policy_options, &s->policy}, {config_options, s},
        {start_options, s}, {NULL, NULL}};
    int first, status;

    policy_free(&s->policy);
    policy_init(&s->policy);
    int error = snapshot_policy(s->snapshot, &s->policy, reason, bytes);
    if (error == 0 && !cli_options(sets, argc, argv, 1, 1, &first, &status))
        error = -EINVAL;
    return error;
}

/* The policy is prepared, and the snapshot open: 0, or an exit status with the error printed. */
static int open_file(struct zygote_options *z, int argc, char **argv, const char *file)
{
    struct start *s = &z->start;
    char reason[512] = "";
    int status, error = snapshot_open(&s->snapshot, file, reason, sizeof reason);

    if (error == 0)
        error = java_check_snapshot(s->snapshot, file, reason, sizeof reason);
    if (error == 0 && z->java.trust)
        error = take_file_policy(z, argc, argv, reason, sizeof reason);
    if (error != 0)
        return start_failed(s, EXIT_NOT_RUN, reason);
    if ((status = refuse(s)) != 0)
        return status;
    error = policy_prepare(&s->policy, reason, sizeof reason);
    return error == 0 ? 0 : start_failed(s, EXIT_USAGE, reason);
}

/* The same of a program. */
static int open_program(struct zygote_options *z, const struct option_set *sets, int argc, char **argv, int first)
{
    struct start *s = &z->start;
    struct texts command = {0};
    char reason[512] = "";
    int count, status = java_prepare(sets, s, &z->java, first, argc, argv, &command);
    char **words = cli_without(sets, options, first, argc, argv, &count);

    if (status == 0 && words == NULL)
        status = start_failed(s, EXIT_NOT_RUN, "out of memory");
    if (status == 0)
        status = refuse(s);
    if (status == 0 && java_warm_handler(s, &z->java, count, words, reason, sizeof reason) != 0)
        status = start_failed(s, EXIT_NOT_RUN, reason);
    program_free(&z->java.program);
    texts_free(&command);
    free(words);
    return status;
}

static int start(struct zygote_options *z, const struct option_set *sets, int argc, char **argv, int first)
{
    struct start *s = &z->start;
    char reason[512] = "";

    if (!start_begin(s))
        return EXIT_NOT_RUN;
    int status = java_named(&z->java) || program_is(argv[first]) ? open_program(z, sets, argc, argv, first)
                                                                 : open_file(z, argc, argv, argv[first]);
    if (status == 0 && z->verify && snapshot_verify(s->snapshot, reason, sizeof reason) != 0)
        status = start_failed(s, EXIT_NOT_RUN, reason);
    if (status != 0)
        return status;
    return s->detach ? start_detached(s, serve_detached) : serve(s);
}

int cli_zygote(int argc, char **argv)
{
    struct zygote_options z = {0};
    int first, status;

    start_init(&z.start);
    const struct option_set sets[] = {{options, &z},
                                      {java_options, &z.java},
                                      {policy_options, &z.start.policy},
                                      {config_options, &z.start},
                                      {start_options, &z.start},
                                      {NULL, NULL}};
    if (cli_options(sets, argc, argv, 1, 1, &first, &status))
        status = start(&z, sets, argc, argv, first);
    else
        start_unread(&z.start, status);
    java_free(&z.java);
    start_free(&z.start);
    return status;
}
