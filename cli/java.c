/* The Java half of `cloister run`. */
#include "cli/java.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

FLAG_SETTER(set_jar, java_run, jar)
FLAG_SETTER(set_trust, java_run, trust)

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
    {"trust", NULL, "gives an image what it asks for, without options for it", set_trust, false},
    END_OF_OPTIONS,
};

bool java_named(const struct java_run *j)
{
    return j->class_path != NULL || j->jar;
}

bool java_unused(const struct java_run *j)
{
    return !java_named(j) && !j->trust && j->options.count == 0;
}

static int open_program(struct start *s, const struct java_run *j, const char *word, struct program *program)
{
    const struct program_source from = {
        .file = j->class_path == NULL ? word : NULL,
        .class_path = j->class_path,
        .main = word,
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

    j->operator= s->policy;
    j->prepared = true;
    policy_init(&s->policy);
    texts_free(&j->options);
    if (program_defaults(program, &j->operator, j->trust, &s->policy, reason, sizeof reason) != 0)
        return start_failed(s, EXIT_USAGE, reason);
    return cli_options(sets, argc, argv, 1, CLI_PROGRAM, &again, &status) ? 0 : status;
}

static int mount_program(struct start *s, const struct java_run *j, struct program *program, char **arguments,
                         struct texts *command)
{
    char reason[512] = "";
    int error = program_mount(program, &s->policy, reason, sizeof reason);

    if (error == 0)
        error = policy_show_program(&s->policy, program->java, &s->program, reason, sizeof reason);
    if (error == 0)
        error = program_check(program, &j->operator, & s->policy, j->trust, reason, sizeof reason);
    if (error == 0)
        error =
            program_command(program, &s->policy, PROGRAM_MAIN, &j->options, arguments, command, reason, sizeof reason);
    return error == 0 ? 0 : start_failed(s, EXIT_USAGE, reason);
}

int java_prepare(const struct option_set *sets, struct start *s, struct java_run *j, int first, int argc, char **argv,
                 struct texts *command)
{
    struct program program = {0};
    int status = open_program(s, j, argv[first], &program);

    if (status == 0)
        status = read_again(sets, s, j, &program, argc, argv);
    if (status == 0)
        status = mount_program(s, j, &program, argv + first + 1, command);
    program_free(&program); /* the monitor inherits no open archive */
    return status;
}

void java_free(struct java_run *j)
{
    texts_free(&j->options);
    if (j->prepared)
        policy_free(&j->operator);
}
