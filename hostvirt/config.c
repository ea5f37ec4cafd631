/* Configuration files: YAML by libcyaml, its schema made from the table of options. */
#include "hostvirt/config.h"

#include <cyaml/cyaml.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROWS_MAX 64
#define FILE_LIMIT (1 << 20) /* bytes */

/* What a key was given; which member depends on its row. */
struct value {
    char *text;
    char **list;
    uint32_t count;
};

struct values {
    struct value rows[ROWS_MAX];
};

/* What libcyaml says while it loads: the first complaint and, from the trace behind it, the innermost place. */
struct complaint {
    char what[160];
    char key[64];
    unsigned line;
};

static void complain(cyaml_log_t level, void *context, const char *format, va_list arguments)
{
    struct complaint *c = context;
    char text[256], *from = text;
    const char *in;

    if (level < CYAML_LOG_ERROR)
        return;
    vsnprintf(text, sizeof text, format, arguments);
    text[strcspn(text, "\n")] = '\0';
    if (strncmp(from, "Load: ", 6) == 0)
        from += 6;
    if ((in = strstr(from, "(line: ")) != NULL) {
        const char *key = strstr(from, "field '");
        if (c->line == 0)
            c->line = (unsigned)strtoul(in + 7, NULL, 10);
        if (key != NULL && c->key[0] == '\0')
            snprintf(c->key, sizeof c->key, "%.*s", (int)strcspn(key + 7, "'"), key + 7);
    } else if (c->what[0] == '\0' && strstr(from, "Backtrace") == NULL) {
        snprintf(c->what, sizeof c->what, "%.150s", from + strspn(from, " "));
    }
}

const struct option_row *config_find(const char *name)
{
    for (const struct option_row *r = policy_options; r->name != NULL; r++)
        if (strcmp(r->name, name) == 0)
            return r;
    return NULL;
}

/* How a key is written. */
static void form_of(const struct option_row *r, char *to, size_t bytes)
{
    if (r->value == NULL)
        snprintf(to, bytes, "%s: true", r->name);
    else if (r->many)
        snprintf(to, bytes, "%s: [%s, ...]", r->name, r->value);
    else
        snprintf(to, bytes, "%s: %s", r->name, r->value);
}

/* `fields` must hold ROWS_MAX + 1. */
static void make_schema(cyaml_schema_field_t *fields)
{
    static const cyaml_schema_value_t entry = {
        CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, CYAML_UNLIMITED),
    };
    size_t i = 0;

    for (const struct option_row *r = policy_options; r->name != NULL && i < ROWS_MAX; r++, i++) {
        uint32_t at = (uint32_t)(offsetof(struct values, rows) + i * sizeof(struct value));
        fields[i] = (cyaml_schema_field_t){.key = r->name};
        if (r->many) {
            fields[i].data_offset = at + (uint32_t)offsetof(struct value, list);
            fields[i].count_offset = at + (uint32_t)offsetof(struct value, count);
            fields[i].count_size = sizeof(uint32_t);
            fields[i].value = (cyaml_schema_value_t){
                CYAML_VALUE_SEQUENCE(CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, char *, &entry, 0, CYAML_UNLIMITED)};
        } else {
            fields[i].data_offset = at + (uint32_t)offsetof(struct value, text);
            fields[i].value = (cyaml_schema_value_t){
                CYAML_VALUE_STRING(CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, char, 0, CYAML_UNLIMITED)};
        }
    }
    fields[i] = (cyaml_schema_field_t)CYAML_FIELD_END;
}

/* A file being loaded, and who takes its keys. */
struct source {
    const char *path, *text;
    option_take *take;
    void *to;
};

/* ", line N" of a key, or "" when it begins no line.  (libcyaml gives only the line where the mapping begins.) */
static const char *line_of(const struct source *from, const char *key, char to[32])
{
    size_t length = strlen(key);
    unsigned number = 1;

    to[0] = '\0';
    for (const char *line = from->text; line != NULL && *line != '\0'; number++) {
        const char *start = line + strspn(line, " \"'");
        if (length > 0 && strncmp(start, key, length) == 0 && strchr(" :\"'", start[length]) != NULL) {
            snprintf(to, 32, ", line %u", number);
            break;
        }
        line = strchr(line, '\n');
        line = line != NULL ? line + 1 : NULL;
    }
    return to;
}

#define SEEN "Mapping field already seen" /* libcyaml's words */

/* A sentence for what libcyaml could not load. */
static void explain(const struct source *from, const struct complaint *c, cyaml_err_t error, char *reason, size_t bytes)
{
    const struct option_row *row = c->key[0] != '\0' ? config_find(c->key) : NULL;
    const char *path = from->path, *last = strrchr(c->what, ' ');
    const char *key = error == CYAML_ERR_INVALID_KEY && last != NULL ? last + 1 : c->key;
    char place[32], form[160] = "";

    if (*line_of(from, key, place) == '\0' && c->line != 0)
        snprintf(place, sizeof place, ", line %u", c->line);
    if (error == CYAML_ERR_INVALID_KEY) {
        snprintf(reason, bytes, "%.200s%s: no key '%.60s'; cloister.conf(5) lists them", path, place, key);
    } else if (row != NULL && strncmp(c->what, SEEN, strlen(SEEN)) == 0) {
        snprintf(reason, bytes, "%.200s%s: %s is given twice; write it once%s", path, place, row->name,
                 row->many ? ", with a list" : "");
    } else if (row != NULL) {
        form_of(row, form, sizeof form);
        snprintf(reason, bytes, "%.200s%s: %s has the wrong form; write '%s'", path, place, row->name, form);
    } else {
        snprintf(reason, bytes, "%.200s%s: %.160s; write lines 'KEY: VALUE' (cloister.conf(5))", path, place,
                 c->what[0] != '\0' ? c->what : cyaml_strerror(error));
    }
}

static int apply_one(const struct option_row *r, const char *value, const struct source *from, char *reason,
                     size_t bytes)
{
    char why[300], place[32];
    int error = from->take(from->to, r, value, why, sizeof why);

    if (error != 0)
        snprintf(reason, bytes, "%.200s%s: %s: %s", from->path, line_of(from, r->name, place), r->name, why);
    return error;
}

/* libcyaml's own flags are true for every word that it does not know. */
static int apply_flag(const struct option_row *r, const char *text, const struct source *from, char *reason,
                      size_t bytes)
{
    static const char *const words[] = {"false", "no", "off", "true", "yes", "on"}; /* the first three are false */
    enum { WORDS = sizeof words / sizeof words[0] };
    char place[32];
    int i = 0;

    while (i < WORDS && strcasecmp(words[i], text) != 0)
        i++;
    if (i < WORDS)
        return i < WORDS / 2 ? 0 : apply_one(r, NULL, from, reason, bytes);
    snprintf(reason, bytes, "%.200s%s: %s: '%.60s' is neither true nor false", from->path,
             line_of(from, r->name, place), r->name, text);
    return -EINVAL;
}

static int apply(const struct values *values, const struct source *from, char *reason, size_t bytes)
{
    int error = 0;

    for (size_t i = 0; policy_options[i].name != NULL && error == 0; i++) {
        const struct option_row *r = &policy_options[i];
        const struct value *v = &values->rows[i];
        if (!r->many && v->text != NULL)
            error = r->value == NULL ? apply_flag(r, v->text, from, reason, bytes)
                                     : apply_one(r, v->text, from, reason, bytes);
        for (uint32_t k = 0; r->many && k < v->count && error == 0; k++)
            error = apply_one(r, v->list[k], from, reason, bytes);
    }
    return error;
}

static int read_file(const char *path, char **text, size_t *length, char *reason, size_t bytes)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), error = 0; /* a pipe would wait for a writer */

    *text = NULL;
    if (fd < 0 || fstat(fd, &status) != 0)
        error = -errno;
    else if (!S_ISREG(status.st_mode) || status.st_size > FILE_LIMIT)
        error = -EFBIG;
    else if ((*text = malloc((size_t)status.st_size + 1)) == NULL)
        error = -ENOMEM;
    ssize_t n = error == 0 ? read(fd, *text, (size_t)status.st_size) : 0;
    if (n < 0)
        error = -errno;
    *length = n > 0 ? (size_t)n : 0;
    if (fd >= 0)
        close(fd);
    if (*text != NULL)
        (*text)[*length] = '\0';
    if (error == 0 && memchr(*text, '\0', *length) != NULL)
        error = -EINVAL;
    if (error != 0) {
        snprintf(reason, bytes, "cannot read %.200s: %s", path,
                 error == -EFBIG    ? "a configuration is a file of at most 1 MiB"
                 : error == -EINVAL ? "it is not text"
                                    : strerror(-error));
        free(*text);
        *text = NULL;
    }
    return error;
}

/* Nothing but comments and blank lines: a configuration that sets nothing. */
static bool is_empty(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '#')
            while (i < length && text[i] != '\n')
                i++;
        else if (text[i] != ' ' && text[i] != '\n' && text[i] != '\r')
            return false;
    }
    return true;
}

static int read_text(const struct source *from, size_t length, char *reason, size_t bytes)
{
    cyaml_schema_field_t fields[ROWS_MAX + 1];
    cyaml_schema_value_t top = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct values, fields)};
    struct complaint complaint = {0};
    const cyaml_config_t config = {
        .log_fn = complain,
        .log_ctx = &complaint,
        .log_level = CYAML_LOG_ERROR,
        .mem_fn = cyaml_mem,
        .flags = CYAML_CFG_NO_ALIAS, /* a file of a few lines could otherwise unfold to gigabytes */
    };
    struct values *values = NULL;
    int error = 0;

    if (is_empty(from->text, length))
        return 0;
    make_schema(fields);
    cyaml_err_t loaded = cyaml_load_data((const uint8_t *)from->text, length, &config, &top,
                                         (cyaml_data_t **)&values, NULL);
    if (loaded != CYAML_OK) {
        explain(from, &complaint, loaded, reason, bytes);
        return -EINVAL;
    }
    if (values != NULL) {
        error = apply(values, from, reason, bytes);
        cyaml_free(&config, &top, values, 0);
    }
    return error;
}

static int set_row(void *to, const struct option_row *row, const char *value, char *reason, size_t bytes)
{
    return row->set(to, value, reason, bytes);
}

int config_load_text(struct policy *p, const char *path, const char *text, size_t length, char *reason, size_t bytes)
{
    const struct source from = {path, text, set_row, p};

    return read_text(&from, length, reason, bytes);
}

int config_read(option_take *take, void *to, const char *path, char *reason, size_t bytes)
{
    char *text;
    size_t length;
    int error = read_file(path, &text, &length, reason, bytes);

    if (error == 0) {
        const struct source from = {path, text, take, to};
        error = read_text(&from, length, reason, bytes);
    }
    free(text);
    return error;
}

int config_load(struct policy *p, const char *path, char *reason, size_t bytes)
{
    return config_read(set_row, p, path, reason, bytes);
}
