/* cloister.json: reading, checking, writing. */
#include "isolate/manifest.h"
#include "isolate/text.h"

#include <errno.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Keys of cloister.conf(5) that images may have.  Not among them: what separates an isolate from this machine, and how
 * one is called or watched, is not the image's to say. */
static const struct {
    const char *key;
    bool asks;
} allowed[] = {
    {"memory", false},      {"cpus", false},     {"cpu-time", false},     {"wall-time", false},    {"threads", false},
    {"descriptors", false}, {"disk", false},     {"syscall-rate", false}, {"no-fork", false},      {"env", false},
    {"directory", false},   {"hostname", false}, {"scratch", false},      {"cpu-baseline", false}, {"read-only", true},
    {"writable", true},     {"listen", true},    {"connect", true},
};

enum kind { TEXT, TEXTS, OPTIONS, RUNTIME, FORMAT };

static const struct key {
    const char *name;
    enum kind kind;
    size_t place;
} keys[] = {
    {"format", FORMAT, 0},
    {"name", TEXT, offsetof(struct manifest, name)},
    {"main", TEXT, offsetof(struct manifest, main)},
    {"handler", TEXT, offsetof(struct manifest, handler)},
    {"class-path", TEXTS, offsetof(struct manifest, class_path)},
    {"java-options", TEXTS, offsetof(struct manifest, java_options)},
    {"arguments", TEXTS, offsetof(struct manifest, arguments)},
    {"options", OPTIONS, 0},
    {"runtime", RUNTIME, 0},
};
enum { KEYS = sizeof keys / sizeof keys[0] };

/* ---- checks of parts ------------------------------------------------------------------------------------------ */

int manifest_check_class(const char *class, char *reason, size_t bytes)
{
    bool start = true, good = class[0] != '\0';

    for (const unsigned char *c = (const unsigned char *)class; *c != '\0' && good; c++) {
        good = *c > ' ' && *c != 0x7f && strchr(start ? ".-;[/\\:\"'0123456789" : ";[/\\:\"'", *c) == NULL;
        start = *c == '.';
    }
    if (good && !start)
        return 0;
    snprintf(reason, bytes, "'%.100s' is no name of a class; write it as package.Class", class);
    return -EINVAL;
}

/* Words that would change what is started, which the image or the command line says by itself. */
int manifest_check_java_option(const char *option, char *reason, size_t bytes)
{
    static const char *const own[] = {"-cp",   "-classpath", "--class-path", "-jar", "-m", "--module", "-version",
                                      "-help", "--version",  "--help",       "-h",   "-?", NULL};

    if (option[0] != '-') {
        snprintf(reason, bytes, "'%.100s' is no option of java; write options with values as one word: --NAME=VALUE",
                 option);
        return -EINVAL;
    }
    for (size_t i = 0; own[i] != NULL; i++)
        if (strncmp(option, own[i], strcspn(option, "=")) == 0 && own[i][strcspn(option, "=")] == '\0') {
            snprintf(reason, bytes, "%s is no option for a program that is set already", own[i]);
            return -EINVAL;
        }
    return 0;
}

bool manifest_allows(const struct option_row *row)
{
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        if (strcmp(allowed[i].key, row->name) == 0)
            return true;
    return false;
}

bool manifest_asks(const struct option_row *row)
{
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        if (strcmp(allowed[i].key, row->name) == 0)
            return allowed[i].asks;
    return false;
}

/* PATH[:AT]: the machine that builds an image need not have the file. */
static int check_mount(const char *value, char *reason, size_t bytes)
{
    const char *at = strrchr(value, ':');

    at = at != NULL && at[1] == '/' ? at + 1 : value;
    for (const char *part = at; part != NULL; part = strchr(part + 1, '/'))
        if (at[0] != '/' || (strncmp(part, "/..", 3) == 0 && (part[3] == '/' || part[3] == '\0'))) {
            snprintf(reason, bytes, "'%.200s' is no place in the isolate: write an absolute path without '..'", at);
            return -EINVAL;
        }
    return 0;
}

static int check_value(const struct option_row *row, const char *value, char *reason, size_t bytes)
{
    struct policy scratch;

    if (strcmp(row->name, "read-only") == 0 || strcmp(row->name, "writable") == 0)
        return check_mount(value, reason, bytes);
    if (strcmp(row->name, "env") == 0 && strchr(value, '=') == NULL) {
        snprintf(reason, bytes, "write %.100s=VALUE: an image gets no variable of whoever runs it", value);
        return -EINVAL;
    }
    policy_init(&scratch);
    int error = row->set(&scratch, value, reason, bytes);
    policy_free(&scratch);
    return error;
}

int manifest_add_option(struct manifest *m, const struct option_row *row, const char *value, char *reason, size_t bytes)
{
    if (!manifest_allows(row)) {
        snprintf(reason, bytes, "it is not an image's to say; cloister run has the option");
        return -EINVAL;
    }
    row = config_find(row->name); /* the table's own: callers may have copies */
    int error = check_value(row, value, reason, bytes);
    if (error != 0)
        return error;
    size_t place = m->option_count;
    for (size_t i = 0; !row->many && i < m->option_count; i++)
        if (m->options[i].row == row)
            place = i;
    struct manifest_option *longer = reallocarray(m->options, m->option_count + 1, sizeof *longer);
    char *copy = value != NULL ? strdup(value) : NULL;
    if (longer != NULL)
        m->options = longer;
    if (longer == NULL || (value != NULL && copy == NULL)) {
        free(copy);
        return no_memory(reason, bytes);
    }
    if (place < m->option_count)
        free(longer[place].value);
    longer[place] = (struct manifest_option){row, copy};
    m->option_count += place == m->option_count;
    return 0;
}

/* ---- reading -------------------------------------------------------------------------------------------------- */

static int wrong(const char *key, const char *form, char *reason, size_t bytes)
{
    snprintf(reason, bytes, "%s has the wrong form; write %s", key, form);
    return -EINVAL;
}

/* A copy of a JSON text; control characters have no place in names, paths and options. */
static char *plain_text(const json_t *value)
{
    const char *text = json_string_value(value);

    if (text == NULL || strlen(text) != json_string_length(value))
        return NULL;
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++)
        if (*c < ' ' && *c != '\t' && *c != '\n')
            return NULL;
    return strdup(text);
}

static int read_texts(struct texts *to, const char *key, const json_t *value, char *reason, size_t bytes)
{
    size_t i;
    json_t *one;

    if (!json_is_array(value))
        return wrong(key, "[\"TEXT\", ...]", reason, bytes);
    json_array_foreach(value, i, one) if (!texts_add(to, plain_text(one))) return wrong(key, "[\"TEXT\", ...]", reason,
                                                                                        bytes);
    return 0;
}

static int read_option(struct manifest *m, const char *key, const json_t *value, char *reason, size_t bytes)
{
    const struct option_row *row = config_find(key);
    char why[300], *text = NULL;
    int error = 0;

    if (row == NULL || !manifest_allows(row)) {
        snprintf(reason, bytes, "options: no key '%.60s'; cloister-image(5) lists them", key);
        return -EINVAL;
    }
    if (row->value == NULL) {
        if (!json_is_boolean(value))
            return wrong(key, "true", reason, bytes);
        error = json_is_true(value) ? manifest_add_option(m, row, NULL, why, sizeof why) : 0;
    } else if (row->many) {
        struct texts list = {0};
        error = read_texts(&list, key, value, why, sizeof why);
        for (size_t i = 0; i < list.count && error == 0; i++)
            error = manifest_add_option(m, row, list.items[i], why, sizeof why);
        texts_free(&list);
    } else {
        if ((text = plain_text(value)) == NULL)
            return wrong(key, "\"TEXT\"", reason, bytes);
        error = manifest_add_option(m, row, text, why, sizeof why);
        free(text);
    }
    if (error != 0)
        snprintf(reason, bytes, "options: %s: %s", key, why);
    return error;
}

static int read_options(struct manifest *m, const json_t *value, char *reason, size_t bytes)
{
    const char *key;
    json_t *one;
    int error = 0;

    if (!json_is_object(value))
        return wrong("options", "{\"KEY\": VALUE, ...}", reason, bytes);
    json_object_foreach((json_t *)value, key, one) if (error == 0) error = read_option(m, key, one, reason, bytes);
    return error;
}

static int read_runtime(struct manifest *m, const json_t *value, char *reason, size_t bytes)
{
    json_int_t java = json_integer_value(json_object_get(value, "java"));
    unsigned major, minor;

    free(m->vm);
    m->vm = plain_text(json_object_get(value, "vm"));
    if (json_object_size(value) != 2 || java < 1 || java > 1000 || m->vm == NULL ||
        sscanf(m->vm, "%u.%u", &major, &minor) != 2)
        return wrong("runtime", "{\"java\": 17, \"vm\": \"0.1\"}", reason, bytes);
    m->java = (unsigned)java;
    return 0;
}

static int read_format(const json_t *value, char *reason, size_t bytes)
{
    json_int_t format = json_integer_value(value);

    if (!json_is_integer(value) || format < 1)
        return wrong("format", "1", reason, bytes);
    if (format == MANIFEST_FORMAT)
        return 0;
    snprintf(reason, bytes, "it has format %lld, and this cloister knows %d: use a newer cloister, or build it again",
             (long long)format, MANIFEST_FORMAT);
    return -EINVAL;
}

static int read_key(struct manifest *m, const struct key *k, const json_t *value, char *reason, size_t bytes)
{
    char **text = (char **)((char *)m + k->place);

    switch (k->kind) {
    case FORMAT: return 0; /* read first */
    case TEXTS: return read_texts((struct texts *)((char *)m + k->place), k->name, value, reason, bytes);
    case OPTIONS: return read_options(m, value, reason, bytes);
    case RUNTIME: return read_runtime(m, value, reason, bytes);
    case TEXT: break;
    }
    if ((*text = plain_text(value)) == NULL || **text == '\0')
        return wrong(k->name, "\"TEXT\"", reason, bytes);
    return 0;
}

/* lib/NAME.jar: a name that is one in a folder, too, and in a class path. */
static int check_entry(const char *entry, char *reason, size_t bytes)
{
    const char *name = entry + strlen(IMAGE_LIB);
    bool good = strncmp(entry, IMAGE_LIB, strlen(IMAGE_LIB)) == 0 && name[0] != '\0' && name[0] != '.' &&
                strlen(name) <= 200 && strpbrk(name, "/\\:\n\t") == NULL;

    if (good)
        return 0;
    snprintf(reason, bytes, "class-path: '%.200s' is no entry for jars; write " IMAGE_LIB "NAME.jar", entry);
    return -EINVAL;
}

static int check_whole(const struct manifest *m, char *reason, size_t bytes)
{
    int error = 0;

    if (m->name == NULL || m->vm == NULL || m->class_path.count == 0) {
        snprintf(reason, bytes, "it lacks the key %s; cloister-image(5) shows a whole one",
                 m->name == NULL ? "name"
                 : m->vm == NULL ? "runtime"
                                 : "class-path");
        return -EINVAL;
    }
    if (m->main != NULL && m->handler != NULL) {
        snprintf(reason, bytes, "it has a main class and a handler: leave one out");
        return -EINVAL;
    }
    if (m->main != NULL || m->handler != NULL)
        error = manifest_check_class(m->main != NULL ? m->main : m->handler, reason, bytes);
    for (size_t i = 0; i < m->class_path.count && error == 0; i++) {
        error = check_entry(m->class_path.items[i], reason, bytes);
        for (size_t k = 0; k < i && error == 0; k++)
            if (strcmp(m->class_path.items[i], m->class_path.items[k]) == 0) {
                snprintf(reason, bytes, "class-path: %.200s is there twice", m->class_path.items[i]);
                error = -EINVAL;
            }
    }
    for (size_t i = 0; i < m->java_options.count && error == 0; i++)
        error = manifest_check_java_option(m->java_options.items[i], reason, bytes);
    return error;
}

static int read_keys(struct manifest *m, const json_t *object, char *reason, size_t bytes)
{
    const char *name;
    json_t *value;
    int error = read_format(json_object_get(object, "format"), reason, bytes);

    json_object_foreach((json_t *)object, name, value)
    {
        const struct key *k = keys;
        while (k < keys + KEYS && strcmp(k->name, name) != 0)
            k++;
        if (error == 0 && k == keys + KEYS) {
            snprintf(reason, bytes, "no key '%.60s'; cloister-image(5) lists them", name);
            error = -EINVAL;
        }
        if (error == 0)
            error = read_key(m, k, value, reason, bytes);
    }
    return error == 0 ? check_whole(m, reason, bytes) : error;
}

int manifest_parse(struct manifest *m, const char *text, size_t length, char *reason, size_t bytes)
{
    json_error_t where;
    json_t *object = json_loadb(text, length, JSON_REJECT_DUPLICATES, &where);
    int error = -EINVAL;

    *m = (struct manifest){0};
    if (object == NULL)
        snprintf(reason, bytes, "line %d: %.150s", where.line, where.text);
    else if (!json_is_object(object))
        snprintf(reason, bytes, "it is no JSON object");
    else
        error = read_keys(m, object, reason, bytes);
    json_decref(object);
    return error;
}

/* ---- writing -------------------------------------------------------------------------------------------------- */

/* Each of these gives NULL when a text is no UTF-8, or memory is out. */
static json_t *texts_json(const struct texts *t)
{
    json_t *list = json_array();

    for (size_t i = 0; i < t->count; i++)
        if (json_array_append_new(list, json_string(t->items[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

/* The values of one option; *value is NULL when it was not given. */
static bool option_json(const struct manifest *m, const struct option_row *row, json_t **value)
{
    *value = NULL;
    for (size_t i = 0; i < m->option_count; i++) {
        const struct manifest_option *o = &m->options[i];
        if (o->row != row)
            continue;
        json_t *text = o->value != NULL ? json_string(o->value) : json_true();
        if (!row->many)
            *value = text;
        else if (*value == NULL)
            *value = json_array();
        if (text == NULL || (row->many && json_array_append_new(*value, text) != 0))
            return false;
    }
    return true;
}

/* In the order of the table of options: their order on the command line makes no difference. */
static json_t *options_json(const struct manifest *m)
{
    json_t *object = json_object(), *value;
    bool good = true;

    for (const struct option_row *row = policy_options; row->name != NULL && good; row++) {
        good = option_json(m, row, &value);
        if (value != NULL && json_object_set_new(object, row->name, value) != 0)
            good = false;
    }
    if (good)
        return object;
    json_decref(object);
    return NULL;
}

char *manifest_text(const struct manifest *m)
{
    json_t *object = json_object();
    bool good = true;

    for (const struct key *k = keys; k < keys + KEYS; k++) {
        const void *place = (const char *)m + k->place;
        const char *text = k->kind == TEXT ? *(char *const *)place : NULL;
        json_t *value = NULL;
        switch (k->kind) {
        case FORMAT: value = json_integer(MANIFEST_FORMAT); break;
        case TEXT: value = text != NULL ? json_string(text) : NULL; break;
        case TEXTS: value = texts_json(place); break;
        case OPTIONS: value = options_json(m); break;
        case RUNTIME: value = json_pack("{s:i, s:s}", "java", (int)m->java, "vm", m->vm); break;
        }
        if (value != NULL)
            json_object_set_new(object, k->name, value);
        else if (k->kind != TEXT || text != NULL)
            good = false;
    }
    char *text = good ? json_dumps(object, JSON_INDENT(2)) : NULL, *line = NULL;
    json_decref(object);
    if (text != NULL && asprintf(&line, "%s\n", text) < 0)
        line = NULL;
    free(text);
    return line;
}

void manifest_free(struct manifest *m)
{
    for (size_t i = 0; i < m->option_count; i++)
        free(m->options[i].value);
    free(m->options);
    free(m->name), free(m->main), free(m->handler), free(m->vm);
    texts_free(&m->class_path), texts_free(&m->java_options), texts_free(&m->arguments);
    *m = (struct manifest){0};
}
