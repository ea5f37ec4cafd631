/* cloister build: a program image of jars. */
#include "cli/cli.h"
#include "isolate/image_build.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 64

static int set_text(char **to, const char *value, char *reason, size_t bytes)
{
    free(*to);
    *to = strdup(value);
    if (*to == NULL)
        snprintf(reason, bytes, "out of memory");
    return *to != NULL ? 0 : -ENOMEM;
}

struct build {
    option_take *keep; /* the options of `run`: see option_set */
    struct image_build image;
};

#define SETTER(name) static int set_##name(void *to, const char *value, char *reason, size_t bytes)

SETTER(output)
{
    ((struct build *)to)->image.output = value;
    return 0;
}

SETTER(class_path)
{
    ((struct build *)to)->image.class_path = value;
    return 0;
}

SETTER(main)
{
    int error = manifest_check_class(value, reason, bytes);

    return error != 0 ? error : set_text(&((struct build *)to)->image.manifest.main, value, reason, bytes);
}

SETTER(handler)
{
    int error = manifest_check_class(value, reason, bytes);

    return error != 0 ? error : set_text(&((struct build *)to)->image.manifest.handler, value, reason, bytes);
}

SETTER(name)
{
    if (value[0] == '\0') {
        snprintf(reason, bytes, "an image's name has a letter at least");
        return -EINVAL;
    }
    return set_text(&((struct build *)to)->image.manifest.name, value, reason, bytes);
}

SETTER(java)
{
    return cli_java_options(&((struct build *)to)->image.manifest.java_options, value, reason, bytes);
}

/* An option of `run` becomes one of the image. */
static int keep(void *to, const struct option_row *row, const char *value, char *reason, size_t bytes)
{
    return manifest_add_option(&((struct build *)to)->image.manifest, row, value, reason, bytes);
}

SETTER(config)
{
    return config_read(keep, to, value, reason, bytes);
}

static const struct option_row options[] = {
    {"output", "FILE", "where the image goes (NAME.img for NAME.jar); also -o FILE", set_output, false},
    {"o", "FILE", NULL, set_output, false},
    {"main", "CLASS", "what starts (the jar's Main-Class)", set_main, false},
    {"handler", "CLASS[.METHOD]", "answers calls instead of a main class: cloister-call(1)", set_handler, false},
    {"class-path", "JAR[:JAR...]", "more jars; also -cp", set_class_path, false},
    {"-cp", "JAR[:JAR...]", NULL, set_class_path, false},
    {"java-options", "WORDS", "options of the Java VM", set_java, true},
    {"name", "NAME", "what people call it (the jar's name)", set_name, false},
    {"config", "FILE", "takes the options below from a file (cloister.conf(5))", set_config, false},
    END_OF_OPTIONS,
};

/* The jar's name without folder and ending. */
static char *name_of(const char *jar)
{
    const char *slash = strrchr(jar, '/'), *name = slash != NULL ? slash + 1 : jar, *end = strrchr(name, '.');

    return end != NULL && end != name ? strndup(name, (size_t)(end - name)) : strdup(name);
}

static int build(struct image_build *b, char *const *arguments)
{
    struct manifest *m = &b->manifest;
    char reason[512] = "", *stem = name_of(b->jar), *own = NULL;
    bool good = stem != NULL && (m->name != NULL || (m->name = strdup(stem)) != NULL);

    for (; good && *arguments != NULL; arguments++)
        good = texts_add(&m->arguments, strdup(*arguments));
    if (good && b->output == NULL)
        good = asprintf(&own, "%s.img", stem) >= 0;
    free(stem);
    if (!good)
        return cli_error("out of memory");
    b->output = b->output != NULL ? b->output : own;
    int error = image_build(b, reason, sizeof reason);
    if (error != 0)
        cli_error("%s", reason);
    for (size_t i = 0; i < b->missing.count && error == 0; i++)
        cli_error("the image is without %s, which a Class-Path names and which is not there", b->missing.items[i]);
    free(own);
    return error == 0 ? 0 : 1;
}

int cli_build(int argc, char **argv)
{
    struct build b = {.keep = keep};
    struct option_row kept[ROWS_MAX + 1] = {0};
    const struct option_set sets[] = {{options, &b}, {kept, &b}, {NULL, NULL}};
    int first, status;

    size_t count = 0;
    for (const struct option_row *row = policy_options; row->name != NULL && count < ROWS_MAX; row++)
        if (manifest_allows(row)) {
            kept[count] = *row;
            kept[count++].set = NULL;
        }
    if (cli_options(sets, argc, argv, 1, CLI_ANY, &first, &status)) {
        b.image.jar = argv[first];
        bool separated = strcmp(argv[first - 1], "--") == 0; /* cli_options has put it before the words */
        if (argv[first + 1] != NULL && !separated)
            status = cli_error("what is '%.200s'? more jars are named with --class-path, arguments behind --",
                               argv[first + 1]);
        else
            status = build(&b.image, argv + first + 1);
    }
    image_build_free(&b.image);
    return status;
}
