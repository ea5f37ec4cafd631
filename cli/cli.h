/* The command `cloister`: one file per sub-command, one table of them (commands.def). */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "hostvirt/config.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Exit statuses of cloister's own: those of env(1) and timeout(1).  All others are the guest's. */
enum { EXIT_LATE = 124, EXIT_USAGE = 125, EXIT_NOT_RUN = 126, EXIT_NOT_FOUND = 127 };

struct command {
    const char *name;
    int (*run)(int argc, char **argv); /* argv[0] is the sub-command's name; returns the exit status */
    const char *usage;                 /* behind "cloister name " */
    const char *summary;
    const char *examples;              /* lines, each indented by two blanks */
};

extern const struct command commands[]; /* ends with a null name */

#define COMMAND(name, usage, summary, examples) int cli_##name(int argc, char **argv);
#include "cli/commands.def"
#undef COMMAND

/* "cloister: " and a sentence on standard error.  Returns EXIT_USAGE. */
int cli_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* What it printed last; "" when nothing. */
const char *cli_last_error(void);

/* A table of options and what its setters get.  For rows without a setter, which are another table's, `to` begins
 * with an option_take *, which is called with it. */
struct option_set {
    const struct option_row *rows;
    void *to;
};

/* Takes the options in argv up to "--", moves them before the words that are none, and checks that there are between
 * `least` and `most` of these (CLI_ANY: any number; CLI_PROGRAM: the same, and behind the first one nothing is an
 * option).  True: *first is the index of the first word.  False: *status is the exit status; the help or an error is
 * printed.  `sets` ends with null rows. */
enum { CLI_ANY = -1, CLI_PROGRAM = -2 };
bool cli_options(const struct option_set *sets, int argc, char **argv, int least, int most, int *first, int *status);
/* The words of argv, whose options (all before argv[first]) were taken by that, without the options of one set: argv[0]
 * first, ending with NULL; *count of them.  To be freed; NULL: no memory. */
char **cli_without(const struct option_set *sets, const struct option_row *without, int first, int argc, char **argv,
                   int *count);
const struct command *cli_find(const char *name);

/* A command over names or files (each.c): its options, what it does with each word, and what with each of those once
 * all have been dealt with (NULL: nothing).  Both return an exit status; the first that is not 0 is the command's. */
struct each {
    const struct option_row *rows; /* NULL: it has no options */
    void *flags;                   /* what the rows' setters and the functions get */
    const bool *json;              /* of the flags: what `one` has appended to `list` is printed; NULL: nothing is */
    int (*one)(const char *word, void *flags, json_t *list);
    int (*then)(const char *word, void *flags);
};
int cli_each(int argc, char **argv, const struct each *e);

/* A setter for a flag: `member`, a bool, of `type`. */
#define FLAG_SETTER(function, type, member)                                                                            \
    static int function(void *to, const char *value, char *reason, size_t bytes)                                      \
    {                                                                                                                  \
        ((struct type *)to)->member = true;                                                                            \
        return 0;                                                                                                      \
    }
#define END_OF_OPTIONS {NULL, NULL, NULL, NULL, false}
#define JSON_OPTION(setter) {"json", NULL, "prints JSON", setter, false}
extern const struct option_row cli_json_option[]; /* that one alone; `to` is a bool */

/* A number of an option, at most `most`. */
int cli_number(unsigned *to, unsigned most, const char *value, char *reason, size_t bytes);
/* A duration between a millisecond and a day, in milliseconds. */
int cli_milliseconds(unsigned *to, const char *value, char *reason, size_t bytes);

/* Adds words for java, each checked (java.c). */
struct texts;
int cli_java_options(struct texts *to, const char *value, char *reason, size_t bytes);

/* ---- asking running isolates (ask.c) ---- */

/* Sends a request; takes it over.  The answer, within CLI_ANSWER_MS, or NULL with the error printed and *status set. */
#define CLI_ANSWER_MS 30000
json_t *cli_ask(const char *name, json_t *request, int *status);
/* Adds to the sentence what can be done about an isolate that does not answer. */
void cli_add_way_out(int error, const char *name, char *reason, size_t bytes);
/* The exit status for an isolate that could not be asked: a negative errno. */
int cli_status_of(int error);
/* Asks the program of an isolate (for Java programs: a command of jcmd's) and prints what it answers, at most so many
 * milliseconds (0: for ever).  0 with the exit status; or a negative errno with a sentence and the exit status, -EIO
 * when the program answers no questions. */
#define CLI_QUESTION_MS 10000
int cli_question(const char *name, const char *question, unsigned milliseconds, char *reason, size_t bytes,
                 int *status);
/* What a file holds, from its beginning; `plain`: without characters that do things to a terminal.  False: the error is
 * printed. */
bool cli_print_file(FILE *to, int file, bool plain);
/* Until nobody answers to the name any more, at most so many ns.  False: the error is printed. */
#define CLI_PATIENCE 5000000000ull /* for one that was killed */
bool cli_wait_for_end(const char *name, uint64_t patience);
void cli_print_json(const json_t *value); /* and takes it not over */
json_int_t cli_integer(const json_t *object, const char *key); /* 0 when missing */
const char *cli_string(const json_t *object, const char *key); /* plain, for people to read; "" when missing */
/* What every running isolate answers to `stat`, in the order of their names; of one that does not answer in time its
 * name and the state "silent".  NULL: the error is printed. */
json_t *cli_running(void);
/* Bytes of memory that a process has resident; 0 when it is gone. */
uint64_t cli_resident(int pid);

/* Numbers as people read them: "1.5 GiB", "12.3 s". */
#define CLI_TEXT 48
const char *cli_size(char to[CLI_TEXT], uint64_t bytes);
const char *cli_duration(char to[CLI_TEXT], uint64_t ns);
const char *cli_count(char to[CLI_TEXT], json_int_t n, const char *thing); /* "1 thread", "2 threads" */
int cli_columns(void); /* of standard output's lines: a terminal's, INT_MAX where nobody looks at lines */
/* What of a program's title, else its path, a terminal's line has room for behind `column` columns, for "%.*s": all of
 * it, or the start of its last part.  All of it where nobody looks at lines. */
const char *cli_program_text(const json_t *row, int column, int *length);

/* What `stat` answered, in lines (statistics.c); `calls`: with the table of system calls. */
void cli_print_statistics(FILE *to, const json_t *statistics, bool calls);

#endif
