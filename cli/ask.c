/* Asking running isolates, and figures as people read them. */
#include "cli/cli.h"
#include "hostvirt/control.h"
#include "hostvirt/plain_text.h"
#include "isolate/invoke.h"
#include "isolate/message.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

void cli_add_way_out(int error, const char *name, char *reason, size_t bytes)
{
    if (error == -ETIMEDOUT) {
        size_t length = strlen(reason);
        snprintf(reason + length, bytes - length, "; 'cloister kill %s' ends it", name);
    }
}

json_t *cli_ask(const char *name, json_t *request, int *status)
{
    char reason[512] = "";
    json_t *answer = NULL;
    int error = request == NULL ? -ENOMEM
                                : control_request_within(name, request, NULL, 0, CLI_ANSWER_MS, &answer, reason,
                                                         sizeof reason);

    json_decref(request);
    if (error != 0) {
        cli_add_way_out(error, name, reason, sizeof reason);
        cli_error("%s", error == -ENOMEM ? "out of memory" : reason);
        *status = 1;
        return NULL;
    }
    return answer;
}

int cli_status_of(int error)
{
    return error == -ETIMEDOUT ? EXIT_LATE : error == -ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_RUN;
}

bool cli_print_file(FILE *to, int file, bool plain)
{
    char block[16 << 10], last = 0;
    ssize_t n;

    for (off_t at = 0; (n = pread(file, block, sizeof block, at)) > 0; at += n) {
        char end = block[n - 1];
        if (plain)
            plain_text(block, (size_t)n, "\n\t", (unsigned char)last);
        last = end;
        if (fwrite(block, 1, (size_t)n, to) != (size_t)n)
            break;
    }
    if (n < 0 || fflush(to) != 0 || ferror(to))
        cli_error("cannot write the answer: %s", strerror(errno));
    return n >= 0 && !ferror(to);
}

int cli_question(const char *name, const char *question, unsigned milliseconds, char *reason, size_t bytes, int *status)
{
    struct answer answer;
    int error = invoke_question(name, question, milliseconds, &answer, reason, bytes);

    *status = cli_status_of(error);
    if (error == 0) {
        bool printed = cli_print_file(answer.status == ANSWER_OK ? stdout : stderr, answer.file, true);
        *status = !printed ? EXIT_NOT_RUN : answer.status == ANSWER_OK ? 0 : 1;
        answer_free(&answer);
    }
    return error;
}

bool cli_wait_for_end(const char *name, uint64_t patience)
{
    const uint64_t step = 2000000;
    char reason[512];

    for (uint64_t waited = 0; waited <= patience; waited += step) {
        json_t *request = json_pack("{s:s}", "request", "ping"), *answer = NULL;
        int error = control_request_within(name, request, NULL, 0, (unsigned)(patience / 1000000), &answer, reason,
                                           sizeof reason);
        json_decref(request);
        json_decref(answer);
        if (error == -ENOENT)
            return true;
        nanosleep(&(struct timespec){0, (long)step}, NULL);
    }
    cli_error("'%s' has not ended", name);
    return false;
}

void cli_print_json(const json_t *value)
{
    json_dumpf(value, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    putchar('\n');
    fflush(stdout);
}

json_int_t cli_integer(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

const char *cli_string(const json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    const char *text = json_string_value(value);
    char *plain = text != NULL ? strdup(text) : NULL;

    if (plain == NULL)
        return "";
    if (plain_text(plain, strlen(plain), "", 0))
        text = json_string_set_nocheck(value, plain) == 0 ? json_string_value(value) : "?";
    free(plain);
    return text;
}

uint64_t cli_resident(int pid)
{
    char path[32];
    unsigned long size, resident = 0;

    snprintf(path, sizeof path, "/proc/%d/statm", pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%lu %lu", &size, &resident) != 2)
        resident = 0;
    fclose(file);
    return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

const char *cli_size(char to[CLI_TEXT], uint64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes;
    unsigned unit = 0;

    for (; value >= 1024 && unit < 4; unit++)
        value /= 1024;
    snprintf(to, CLI_TEXT, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
    return to;
}

const char *cli_duration(char to[CLI_TEXT], uint64_t ns)
{
    if (ns < 1000)
        snprintf(to, CLI_TEXT, "%llu ns", (unsigned long long)ns);
    else if (ns < 1000000)
        snprintf(to, CLI_TEXT, "%.1f us", (double)ns / 1e3);
    else if (ns < 1000000000)
        snprintf(to, CLI_TEXT, "%.1f ms", (double)ns / 1e6);
    else if (ns < 600000000000)
        snprintf(to, CLI_TEXT, "%.1f s", (double)ns / 1e9);
    else if (ns < 36000000000000)
        snprintf(to, CLI_TEXT, "%.0f min", (double)ns / 60e9);
    else
        snprintf(to, CLI_TEXT, "%.1f h", (double)ns / 3600e9);
    return to;
}

const char *cli_count(char to[CLI_TEXT], json_int_t n, const char *thing)
{
    snprintf(to, CLI_TEXT, "%lld %s%s", (long long)n, thing, n == 1 ? "" : "s");
    return to;
}

int cli_columns(void)
{
    struct winsize size;

    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : INT_MAX;
}

const char *cli_program_text(const json_t *row, int column, int *length)
{
    const char *title = cli_string(row, "title"), *path = title[0] != '\0' ? title : cli_string(row, "program");
    const char *slash = strrchr(path, '/');
    int room = cli_columns() - column;

    *length = (int)strlen(path);
    if (room <= 0 || *length <= room)
        return path;
    path = slash != NULL ? slash + 1 : path;
    *length = room;
    return path;
}
