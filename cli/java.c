/* The Java half of `cloister run`. */
#include "cli/java.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

FLAG_SETTER(set_jar, java_run, jar)
FLAG_SETTER(set_trust, java_run, trust)
FLAG_SETTER(set_cold, java_run, cold)
FLAG_SETTER(set_explain, java_run, explain)
FLAG_SETTER(set_fill, java_run, fill)

static int set_class_path(void *to, const char *value, char *reason, size_t bytes)
{
    ((struct java_run *)to)->class_path = value;
    return 0;
}

int cli_java_options(struct texts *to, const char *value, char *reason, size_t bytes)
{
    size_t before = to->count;
    int error = texts_split(to, value);

    if (error != 0)
        snprintf(reason, bytes, error == -EINVAL ? "a quote is open in: %.200s" : "out of memory", value);
    for (size_t i = before; i < to->count && error == 0; i++)
        error = manifest_check_java_option(to->items[i], reason, bytes);
    return error;
}

static int set_handler(void *to, const char *value, char *reason, size_t bytes)
{
    ((struct java_run *)to)->handler = value;
    return manifest_check_class(value, reason, bytes);
}

static int set_options(void *to, const char *value, char *reason, size_t bytes)
{
    return cli_java_options(&((struct java_run *)to)->options, value, reason, bytes);
}

const struct option_row java_options[] = {
    {"class-path", "PATH[:PATH...]", "runs the Java class PROGRAM from these jars and folders; also -cp",
     set_class_path, false},
    {"-cp", "PATH[:PATH...]", NULL, set_class_path, false},
    {"-classpath", "PATH[:PATH...]", NULL, set_class_path, false},
    {"jar", NULL, "runs PROGRAM as a jar; also -jar", set_jar, false},
    {"-jar", NULL, NULL, set_jar, false},
    {"java-options", "WORDS", "options of the Java VM, behind those of an image", set_options, true},
    {"handler", "CLASS[.METHOD]", "answers calls instead of running the main class: cloister-call(1)", set_handler,
     false},
    {"trust", NULL, "gives an image or a snapshot what it asks for, without options for it", set_trust, false},
    {"cold", NULL, "starts no snapshot of it that cloister warm has made", set_cold, false},
    {"warm", NULL, "makes that snapshot first when there is none that fits", set_fill, false},
    {"explain", NULL, "says which snapshot it starts from, or why from none", set_explain, false},
    END_OF_OPTIONS,
};

bool java_named(const struct java_run *j)
{
    return j->class_path != NULL || j->jar;
}

bool java_unused(const struct java_run *j)
{
    return !java_named(j) && j->handler == NULL && !j->trust && !j->cold && !j->fill && !j->explain &&
           j->options.count == 0;
}

static int open_program(struct start *s, const struct java_run *j, const char *word, struct program *program)
{
    const struct program_source from = {
        .file = j->class_path == NULL ? word : NULL,
        .class_path = j->class_path,
        .main = word,
        .handler = j->handler,
        .callee = j->callee,
        .jar = j->jar,
    };
    char reason[512] = "";

    if (j->jar && j->class_path != NULL)
        return start_failed(s, EXIT_USAGE, "a jar names its class path itself: leave out --jar or --class-path");
    int error = program_open(program, &from, reason, sizeof reason);
    return error == 0 ? 0 : start_failed(s, error == -ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_RUN, reason);
}

/* The command line over the program's defaults.  What was read of it so far becomes the operator's own policy. */
static int read_again(const struct option_set *sets, struct start *s, struct java_run *j, const struct program *program,
                      int argc, char **argv)
{
    char reason[512] = "";
    int again, status = 0;

    j->operator = s->policy;
    j->prepared = true;
    policy_init(&s->policy);
    texts_free(&j->options);
    if (program_defaults(program, &j->operator, j->trust, &s->policy, reason, sizeof reason) != 0)
        return start_failed(s, EXIT_USAGE, reason);
    return cli_options(sets, argc, argv, 1, CLI_PROGRAM, &again, &status) ? 0 : status;
}

/* The arguments of main: the command's, else an image's. */
static bool keep_arguments(struct java_run *j, char **arguments)
{
    bool given = arguments[0] != NULL, good = true;
    size_t count = given ? SIZE_MAX : j->program.arguments.count;

    for (size_t i = 0; i < count && good && (!given || arguments[i] != NULL); i++)
        good = texts_add(&j->arguments, strdup(given ? arguments[i] : j->program.arguments.items[i]));
    return good;
}

/* The words for java that tell Start where the program is to be saved. */
static bool add_point(const struct java_run *j, struct texts *options)
{
    char property[32], *word;

    if (j->at == NULL)
        return true;
    warm_point_property(j->at, property, sizeof property);
    return asprintf(&word, "-Dcloister.at=%s", property) >= 0 && texts_add(options, word);
}

static int mount_program(struct start *s, struct java_run *j, char **arguments, struct texts *command)
{
    struct program *program = &j->program;
    struct texts options = {0};
    char reason[512] = "";
    int error = program_mount(program, &s->policy, reason, sizeof reason);

    if (error == 0)
        error = policy_show_program(&s->policy, program->java, &s->program, reason, sizeof reason);
    if (error == 0 && s->policy.title == NULL && (s->policy.title = strdup(program->title)) == NULL) {
        snprintf(reason, sizeof reason, "out of memory");
        error = -ENOMEM;
    }
    if (error == 0)
        error = program_check(program, &j->operator, &s->policy, j->trust, reason, sizeof reason);
    if (error == 0)
        error = policy_prepare(&s->policy, reason, sizeof reason);
    bool good = true;
    for (size_t i = 0; i < j->options.count && good; i++)
        good = texts_add(&options, strdup(j->options.items[i]));
    if (error == 0 && !(good && keep_arguments(j, arguments) && add_point(j, &options))) {
        snprintf(reason, sizeof reason, "out of memory");
        error = -ENOMEM;
    }
    if (error == 0)
        error = program_command(program, &s->policy, j->at != NULL ? PROGRAM_START : PROGRAM_MAIN, &options, arguments,
                                command, reason, sizeof reason);
    texts_free(&options);
    return error == 0 ? 0 : start_failed(s, EXIT_USAGE, reason);
}

int java_prepare(const struct option_set *sets, struct start *s, struct java_run *j, int first, int argc, char **argv,
                 struct texts *command)
{
    int status = open_program(s, j, argv[first], &j->program);

    if (status == 0)
        status = read_again(sets, s, j, &j->program, argc, argv);
    return status == 0 ? mount_program(s, j, argv + first + 1, command) : status;
}

int java_key(const struct java_run *j, const struct start *s, const char *point, struct snapshot_key *out, char *reason,
             size_t bytes)
{
    bool running = strcmp(point, WARM_RUNNING) == 0;

    return program_key(&j->program, &s->policy, &j->options, running ? &j->arguments : NULL, point, out, reason, bytes);
}

void java_free(struct java_run *j)
{
    texts_free(&j->options), texts_free(&j->arguments);
    program_free(&j->program);
    if (j->prepared)
        policy_free(&j->operator);
}
