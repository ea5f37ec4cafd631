/* Jars: their manifests, and the class paths that these make. */
#include "isolate/jar.h"
#include "isolate/archive.h"
#include "isolate/known.h"
#include "isolate/text.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MANIFEST "META-INF/MANIFEST.MF"
enum { MANIFEST_MOST = 16 << 20 /* bytes: signed jars list every file */, ENTRIES_MOST = 4096 };

#define KIND "jar 1"

/* ---- lists ---------------------------------------------------------------------------------------------------- */

bool texts_add(struct texts *t, char *text)
{
    char **longer = text != NULL ? reallocarray(t->items, t->count + 2, sizeof *longer) : NULL;

    if (longer == NULL) {
        free(text);
        return false;
    }
    t->items = longer;
    longer[t->count++] = text;
    longer[t->count] = NULL;
    return true;
}

void texts_free(struct texts *t)
{
    for (size_t i = 0; i < t->count; i++)
        free(t->items[i]);
    free(t->items);
    *t = (struct texts){0};
}

bool texts_have(const struct texts *t, const char *text)
{
    for (size_t i = 0; i < t->count; i++)
        if (strcmp(t->items[i], text) == 0)
            return true;
    return false;
}

/* The word at *from, unquoted into `to`; false: a quote is open. */
static bool take_word(const char **from, char *to)
{
    char quote = '\0';

    for (; **from != '\0' && (quote != '\0' || strchr(" \t\n", **from) == NULL); (*from)++) {
        if (quote == '\0' && (**from == '"' || **from == '\''))
            quote = **from;
        else if (**from == quote)
            quote = '\0';
        else
            *to++ = **from;
    }
    *to = '\0';
    return quote == '\0';
}

int texts_split(struct texts *t, const char *text)
{
    char *word = malloc(strlen(text) + 1);
    int error = word == NULL ? -ENOMEM : 0;

    for (text += strspn(text, " \t\n"); error == 0 && *text != '\0'; text += strspn(text, " \t\n")) {
        if (!take_word(&text, word))
            error = -EINVAL;
        else if (!texts_add(t, strdup(word)))
            error = -ENOMEM;
    }
    free(word);
    return error;
}

/* ---- manifests ------------------------------------------------------------------------------------------------ */

/* Joins continued lines (those that begin with a blank) in place, with '\n' as the only line end. */
static void unfold(char *text)
{
    char *to = text;

    for (const char *from = text; *from != '\0';) {
        size_t end = *from == '\r' ? 1 + (from[1] == '\n') : *from == '\n';
        if (end > 0 && from[end] == ' ')
            from += end + 1;
        else if (end > 0)
            *to++ = '\n', from += end;
        else
            *to++ = *from++;
    }
    *to = '\0';
}

/* The value of a line "NAME: VALUE" of the main section, which an empty line ends. */
static char *attribute_of(const char *text, const char *name)
{
    size_t length = strlen(name);

    for (const char *line = text; *line != '\0' && *line != '\n';) {
        size_t whole = strcspn(line, "\n");
        if (whole > length && line[length] == ':' && strncasecmp(line, name, length) == 0) {
            const char *value = line + length + 1, *end = line + whole;
            value += strspn(value, " ");
            while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
                end--;
            return end > value ? strndup(value, (size_t)(end - value)) : NULL;
        }
        line += whole + (line[whole] == '\n');
    }
    return NULL;
}

static json_t *attributes_of(const char *text)
{
    static const char *const names[] = {"Main-Class", "Class-Path", "Add-Exports", "Add-Opens"};
    json_t *all = json_object();

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *value = attribute_of(text, names[i]);
        if (value != NULL)
            json_object_set_new_nocheck(all, names[i], json_string_nocheck(value));
        free(value);
    }
    return all;
}

static int read_attributes(const char *jar, json_t **out, char *reason, size_t bytes)
{
    struct archive *a;
    struct archive_entry e;
    char *text = NULL;
    size_t length;
    int error = archive_open(&a, jar, reason, bytes);

    if (error == 0 && archive_find(a, MANIFEST, &e))
        error = archive_text(a, &e, MANIFEST_MOST, &text, &length, reason, bytes);
    if (error == 0 && text != NULL)
        unfold(text);
    if (error == 0 && (*out = attributes_of(text != NULL ? text : "")) == NULL)
        error = no_memory(reason, bytes);
    free(text);
    archive_close(a);
    return error;
}

int jar_attributes(const char *jar, json_t **out, char *reason, size_t bytes)
{
    struct stat s;
    bool there = stat(jar, &s) == 0;

    *out = there ? known_find(KIND, &s) : NULL;
    if (*out != NULL)
        return 0;
    int error = read_attributes(jar, out, reason, bytes);
    if (error == 0 && there)
        known_keep(KIND, jar, &s, json_incref(*out));
    return error;
}

int jar_has_class(const char *jar, const char *class, char *reason, size_t bytes)
{
    struct archive *a;
    struct archive_entry e;
    char *name;
    int has = archive_open(&a, jar, reason, bytes);

    if (has != 0)
        return has;
    if (asprintf(&name, "%s.class", class) < 0) {
        archive_close(a);
        snprintf(reason, bytes, "out of memory");
        return -ENOMEM;
    }
    for (size_t i = 0; i < strlen(class); i++)
        if (name[i] == '.')
            name[i] = '/';
    has = archive_find(a, name, &e);
    free(name);
    archive_close(a);
    return has;
}

/* ---- class paths ---------------------------------------------------------------------------------------------- */

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* A file URL, relative to the jar that names it, as a path; malloc'ed.  NULL: it names no file of this machine. */
static char *path_of_url(const char *url, const char *jar)
{
    const char *slash = strrchr(jar, '/');
    char *path = NULL, *to;

    if (strncmp(url, "file:", 5) == 0)
        url += strncmp(url + 5, "///", 3) == 0 ? 7 : 5;
    if (url[strcspn(url, ":/")] == ':')
        return NULL;
    if (asprintf(&path, "%.*s%s", url[0] == '/' || slash == NULL ? 0 : (int)(slash - jar) + 1, jar, url) < 0)
        return NULL;
    to = path;
    for (const char *from = path; *from != '\0'; to++) { /* RFC 3986 2.1 */
        bool coded = from[0] == '%' && hex(from[1]) >= 0 && hex(from[2]) >= 0;
        *to = coded ? (char)(hex(from[1]) << 4 | hex(from[2])) : *from;
        from += coded ? 3 : 1;
    }
    *to = '\0';
    return path;
}

static int add_named(struct texts *to, struct texts *missing, const char *jar, const char *url, char *reason,
                     size_t bytes)
{
    struct stat status;
    char *path = path_of_url(url, jar);
    bool there = path != NULL && stat(path, &status) == 0;
    int error = there ? jar_class_path(to, missing, path, reason, bytes)
                : !texts_have(missing, url) && !texts_add(missing, strdup(url)) ? no_memory(reason, bytes)
                                                                                : 0;

    free(path);
    return error;
}

int jar_class_path(struct texts *to, struct texts *missing, const char *entry, char *reason, size_t bytes)
{
    struct stat status;
    char *list = NULL, *place = NULL, *real = realpath(entry, NULL);
    json_t *attributes = NULL;

    if (real == NULL || stat(real, &status) != 0) {
        snprintf(reason, bytes, "cannot find %.200s of the class path: %s", entry, strerror(errno));
        free(real);
        return -ENOENT;
    }
    if (texts_have(to, real)) {
        free(real);
        return 0;
    }
    if (to->count >= ENTRIES_MOST) {
        snprintf(reason, bytes, "the class path has more than %d entries", ENTRIES_MOST);
        free(real);
        return -E2BIG;
    }
    if (!texts_add(to, real))
        return no_memory(reason, bytes);
    int error = S_ISDIR(status.st_mode) ? 0 : jar_attributes(real, &attributes, reason, bytes);
    const char *named = json_string_value(json_object_get(attributes, "Class-Path"));
    if (named != NULL && (list = strdup(named)) == NULL)
        error = no_memory(reason, bytes);
    json_decref(attributes);
    char *url = error == 0 && list != NULL ? strtok_r(list, " ", &place) : NULL;
    for (; error == 0 && url != NULL; url = strtok_r(NULL, " ", &place))
        error = add_named(to, missing, real, url, reason, bytes);
    free(list);
    return error;
}

static int is_jar(const struct dirent *e)
{
    size_t length = strlen(e->d_name);

    return length > 4 && strcasecmp(e->d_name + length - 4, ".jar") == 0;
}

/* All jars of a folder, which java takes in no certain order. */
static int add_folder(struct texts *to, struct texts *missing, const char *folder, char *reason, size_t bytes)
{
    struct dirent **found;
    int count = scandir(folder, &found, is_jar, alphasort), error = 0;

    if (count < 0) {
        snprintf(reason, bytes, "cannot list %.200s of the class path: %s", folder, strerror(errno));
        return -ENOENT;
    }
    for (int i = 0; i < count; i++) {
        char *path;
        if (error == 0 && asprintf(&path, "%s/%s", folder, found[i]->d_name) < 0) {
            error = no_memory(reason, bytes);
        } else if (error == 0) {
            error = jar_class_path(to, missing, path, reason, bytes);
            free(path);
        }
        free(found[i]);
    }
    free(found);
    return error;
}

static int add_entry(struct texts *to, struct texts *missing, char *entry, char *reason, size_t bytes)
{
    size_t length = strlen(entry);

    if (length == 0)
        return jar_class_path(to, missing, ".", reason, bytes);
    if (entry[length - 1] != '*' || (length > 1 && entry[length - 2] != '/'))
        return jar_class_path(to, missing, entry, reason, bytes);
    entry[length - 1] = '\0';
    return add_folder(to, missing, length > 1 ? entry : ".", reason, bytes);
}

static int add_entries(struct texts *to, struct texts *missing, const char *entries, bool all, char *reason,
                       size_t bytes)
{
    char *list = strdup(entries), *place = list, *entry;
    int error = list == NULL ? no_memory(reason, bytes) : 0;

    while (error == 0 && (entry = strsep(&place, ":")) != NULL) {
        error = add_entry(to, missing, entry, reason, bytes);
        if (error == -ENOENT && !all)
            error = texts_add(missing, strdup(entry)) ? 0 : no_memory(reason, bytes);
    }
    free(list);
    return error;
}

int jar_class_paths(struct texts *to, struct texts *missing, const char *entries, char *reason, size_t bytes)
{
    return add_entries(to, missing, entries, true, reason, bytes);
}

int jar_class_paths_there(struct texts *to, struct texts *missing, const char *entries, char *reason, size_t bytes)
{
    int error = add_entries(to, missing, entries, false, reason, bytes);

    return error == 0 && to->count == 0 ? -ENOENT : error; /* the sentence is of the last one */
}
