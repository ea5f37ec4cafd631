/* Options of sub-commands, from tables: --name VALUE, --name=VALUE, --flag, --help. */
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HELP_COLUMN 37 /* of an option's text */
#define NARROWEST 20   /* lines that are shorter are not worth it */

static int set_json(void *to, const char *value, char *reason, size_t bytes)
{
    *(bool *)to = true;
    return 0;
}

const struct option_row cli_json_option[] = {JSON_OPTION(set_json), END_OF_OPTIONS};

static const struct option_row *find_row(const struct option_set *sets, const char *name, size_t length,
                                         const struct option_set **in)
{
    for (; sets->rows != NULL; sets++)
        for (const struct option_row *r = sets->rows; r->name != NULL; r++)
            if (strlen(r->name) == length && strncmp(r->name, name, length) == 0) {
                *in = sets;
                return r;
            }
    return NULL;
}

/* The rest of a line that has reached HELP_COLUMN, broken between words where a terminal has no room for it. */
static void print_beside(const char *text)
{
    const int width = cli_columns() - HELP_COLUMN;

    while (width >= NARROWEST && strlen(text) > (size_t)width) {
        int end = width;
        while (end > 0 && text[end] != ' ')
            end--;
        if (end == 0)
            break;
        printf("%.*s\n%*s", end, text, HELP_COLUMN, "");
        text += end + 1;
    }
    puts(text);
}

static void print_help(const struct command *c, const struct option_set *all)
{
    const struct option_set *in;
    bool any = false;

    printf("usage: cloister %s %s\n\n%c%s.\n", c->name, c->usage, c->summary[0] - 'a' + 'A', c->summary + 1);
    for (const struct option_set *sets = all; sets->rows != NULL; sets++)
        for (const struct option_row *r = sets->rows; r->name != NULL; r++) {
            char left[64];
            if (r->help == NULL || find_row(all, r->name, strlen(r->name), &in) != r)
                continue; /* not for people, or a set before it means something else by that name */
            if (!any)
                puts("\nOptions:");
            any = true;
            snprintf(left, sizeof left, "--%s%s%s", r->name, r->value != NULL ? " " : "",
                     r->value != NULL ? r->value : "");
            if (strlen(left) > HELP_COLUMN - 3)
                printf("  %s\n%*s", left, HELP_COLUMN, "");
            else
                printf("  %-*s", HELP_COLUMN - 2, left);
            print_beside(r->help);
        }
    printf("\nExamples:\n%s\n", c->examples);
}

/* One-letter names are written with one dash; longer ones that are (-cp, as java has it) have rows named with it. */
static const char *option_name(const char *given)
{
    bool letter = given[1] != '-' && (given[2] == '\0' || given[2] == '=');

    return given + (given[1] == '-' ? 2 : letter);
}

/* One option at argv[*i], which is left at its last word. */
static bool take_option(const struct command *c, const struct option_set *sets, int argc, char **argv, int *i)
{
    const char *given = argv[*i];
    const char *name = option_name(given), *equals = strchr(name, '=');
    size_t length = equals != NULL ? (size_t)(equals - name) : strlen(name);
    char reason[512];
    const struct option_set *in = NULL;

    const struct option_row *row = given[1] == '-' && length < 2 ? NULL : find_row(sets, name, length, &in);
    if (row == NULL) {
        cli_error("%s has no option '%s'; 'cloister %s --help' lists them", c->name, given, c->name);
        return false;
    }
    const char *value = row->value == NULL ? NULL : equals != NULL ? equals + 1 : *i + 1 < argc ? argv[++*i] : NULL;
    int option = (int)(name - given + (ptrdiff_t)length); /* without its value */
    if (row->value == NULL && equals != NULL) {
        cli_error("%.*s takes no value", option, given);
        return false;
    }
    bool dashes = value != NULL && equals == NULL && strncmp(value, "--", 2) == 0;
    if (row->value != NULL && (value == NULL || dashes)) {
        cli_error("%.*s needs a value: %.*s %s%s", option, given, option, given, row->value,
                  dashes && value[2] != '\0' ? "; one that begins with -- stands behind =" : "");
        return false;
    }
    if ((row->set != NULL ? row->set(in->to, value, reason, sizeof reason)
                          : (*(option_take **)in->to)(in->to, row, value, reason, sizeof reason)) != 0) {
        cli_error("%.*s: %s", option, given, reason);
        return false;
    }
    return true;
}

char **cli_without(const struct option_set *sets, const struct option_row *without, int first, int argc, char **argv,
                   int *count)
{
    char **out = calloc((size_t)argc + 1, sizeof *out);
    const struct option_set *in = NULL;

    *count = 0;
    for (int i = 0; i < argc && out != NULL; i++) {
        bool option = i > 0 && i < first && strcmp(argv[i], "--") != 0;
        const char *name = option ? option_name(argv[i]) : "", *equals = strchr(name, '=');
        size_t length = equals != NULL ? (size_t)(equals - name) : strlen(name);
        const struct option_row *row = option ? find_row(sets, name, length, &in) : NULL;
        int words = row != NULL && row->value != NULL && equals == NULL ? 2 : 1;
        if (row == NULL || in->rows != without)
            for (int k = 0; k < words; k++)
                out[(*count)++] = argv[i + k];
        i += words - 1;
    }
    return out;
}

/* Moves argv[*words .. from) behind the words from `from` to `end`: what was a word before an option follows it. */
static void move_words(char **argv, int *words, int from, int end)
{
    for (; from < end; from++) {
        char *option = argv[from];
        memmove(&argv[*words + 1], &argv[*words], (size_t)(from - *words) * sizeof *argv);
        argv[(*words)++] = option;
    }
}

bool cli_options(const struct option_set *sets, int argc, char **argv, int least, int most, int *first, int *status)
{
    const struct command *c = cli_find(argv[0]);
    int i = 1, words = 1; /* argv[words .. i): words that are no options */

    *status = EXIT_USAGE;
    for (; i < argc; i++) {
        int from = i;
        if (argv[i][0] != '-' || argv[i][1] == '\0') {
            if (most == CLI_PROGRAM)
                break;
            continue;
        }
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            print_help(c, sets);
            *status = 0;
            return false;
        }
        bool end = strcmp(argv[i], "--") == 0;
        if (!end && !take_option(c, sets, argc, argv, &i))
            return false;
        move_words(argv, &words, from, i + 1);
        if (end)
            break;
    }
    *first = words;
    if (argc - words < least || (most >= 0 && argc - words > most)) {
        fprintf(stderr, "usage: cloister %s %s\n'cloister %s --help' shows %s.\n", c->name, c->usage, c->name,
                sets->rows != NULL ? "the options and examples" : "examples");
        return false;
    }
    return true;
}

int cli_number(unsigned *to, unsigned most, const char *value, char *reason, size_t bytes)
{
    char *end;
    unsigned long number = strtoul(value, &end, 10);

    if (value[0] < '0' || value[0] > '9' || *end != '\0' || number == 0 || number > most) {
        snprintf(reason, bytes, "'%.64s' is no number from 1 to %u", value, most);
        return -EINVAL;
    }
    *to = (unsigned)number;
    return 0;
}

int cli_milliseconds(unsigned *to, const char *value, char *reason, size_t bytes)
{
    const uint64_t least = 1000000, most = 86400000000000; /* ns */
    uint64_t ns;
    int error = policy_set_duration(&ns, value, reason, bytes);

    if (error == 0 && (ns < least || ns > most)) {
        snprintf(reason, bytes, "'%s' is not between a millisecond and a day", value);
        error = -EINVAL;
    }
    if (error == 0)
        *to = (unsigned)(ns / least);
    return error;
}
