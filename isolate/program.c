/* Java programs: from an image, a jar or a class path to a command with its mounts. */
#include "isolate/program.h"
#include "isolate/archive.h"
#include "isolate/text.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START_CLASS "cloister.isolate.internal.Start"
#define MIB (1ull << 20)

bool program_is(const char *file)
{
    return archive_begins(file) || ends_with(file, ".img") || ends_with(file, ".jar");
}

/* ---- opening -------------------------------------------------------------------------------------------------- */

static bool copy_texts(struct texts *to, const struct texts *from)
{
    for (size_t i = 0; i < from->count; i++)
        if (!texts_add(to, strdup(from->items[i])))
            return false;
    return true;
}

/* Add-Exports and Add-Opens of the jar that starts: java obeys them with -jar, here options stand for them. */
static int take_module_options(struct program *p, const json_t *attributes, char *reason, size_t bytes)
{
    static const struct {
        const char *attribute, *option;
    } rows[] = {{"Add-Exports", "--add-exports"}, {"Add-Opens", "--add-opens"}};
    int error = 0;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && error == 0; i++) {
        const char *text = json_string_value(json_object_get(attributes, rows[i].attribute));
        char *value = text != NULL ? strdup(text) : NULL, *place = NULL, *option;
        if (text != NULL && value == NULL)
            error = no_memory(reason, bytes);
        for (char *word = value != NULL ? strtok_r(value, " ", &place) : NULL; word != NULL && error == 0;
             word = strtok_r(NULL, " ", &place))
            if (asprintf(&option, "%s=%s=ALL-UNNAMED", rows[i].option, word) < 0 ||
                !texts_add(&p->java_options, option))
                error = no_memory(reason, bytes);
        free(value);
    }
    return error;
}

/* Programs with a handler need no main class. */
static int check_main(const struct program *p, char *reason, size_t bytes)
{
    char why[200];

    if (p->main == NULL && p->handler == NULL) {
        snprintf(reason, bytes, "%.200s names no Main-Class in its manifest: name a class with %s", p->source,
                 p->image != NULL ? "cloister build --main"
                                  : "--class-path JAR CLASS, or what answers calls with --handler CLASS[.METHOD]");
        return -EINVAL;
    }
    for (char *c = p->main; c != NULL && *c != '\0'; c++)
        *c = *c == '/' ? '.' : *c; /* as java has it */
    int error = p->main != NULL ? manifest_check_class(p->main, why, sizeof why) : 0;
    if (error != 0)
        snprintf(reason, bytes, "%.200s: Main-Class: %s", p->source, why);
    return error;
}

/* The Main-Class of the first jar, for programs that name no class. */
static int take_main(struct program *p, char *reason, size_t bytes)
{
    json_t *attributes;
    int error = jar_attributes(p->class_path.items[0], &attributes, reason, bytes);

    if (error != 0)
        return error;
    const char *main = json_string_value(json_object_get(attributes, "Main-Class"));
    if (main != NULL && (p->main = strdup(main)) == NULL)
        error = no_memory(reason, bytes);
    if (error == 0)
        error = check_main(p, reason, bytes);
    if (error == 0)
        error = take_module_options(p, attributes, reason, bytes);
    json_decref(attributes);
    return error;
}

static int take_handler(struct program *p, const char *handler, char *reason, size_t bytes)
{
    if (p->handler != NULL || handler == NULL)
        return 0;
    p->handler = strdup(handler);
    return p->handler != NULL ? 0 : no_memory(reason, bytes);
}

static int open_image(struct program *p, const char *callee, char *reason, size_t bytes)
{
    const struct manifest *m = image_manifest(p->image);
    char why[300];
    int error = runtime_suffices(&p->runtime, m->java, m->vm, why, sizeof why);

    if (error != 0) {
        snprintf(reason, bytes, "%.200s: %s", p->source, why);
        return error;
    }
    error = image_unpack(p->image, reason, bytes);
    if (error == 0)
        image_keep_known(p->image);
    for (size_t i = 0; i < m->class_path.count && error == 0; i++)
        if (!texts_add(&p->class_path, image_jar(p->image, i)))
            error = no_memory(reason, bytes);
    if (error != 0)
        return error;
    if (!copy_texts(&p->java_options, &m->java_options) || !copy_texts(&p->arguments, &m->arguments) ||
        (m->main != NULL && (p->main = strdup(m->main)) == NULL))
        return no_memory(reason, bytes);
    error = take_handler(p, m->handler != NULL ? m->handler : callee, reason, bytes);
    if (error == 0 && p->main == NULL && p->handler == NULL)
        error = take_main(p, reason, bytes);
    if (error == -EBADMSG) /* its place in the cache says nothing to people */
        snprintf(reason, bytes, "%.200s: %.150s is no whole jar: replace it (zip %.100s) or build the image again",
                 p->source, m->class_path.items[0], p->source);
    return error;
}

static int open_jar(struct program *p, const char *callee, char *reason, size_t bytes)
{
    json_t *attributes;
    int error = jar_attributes(p->source, &attributes, reason, bytes); /* a sentence for what is none */

    if (error == 0)
        json_decref(attributes);
    if (error == 0)
        error = jar_class_path(&p->class_path, &p->missing, p->source, reason, bytes);
    if (error == 0)
        error = take_handler(p, callee, reason, bytes);
    return error == 0 ? take_main(p, reason, bytes) : error;
}

static int open_class_path(struct program *p, const struct program_source *from, char *reason, size_t bytes)
{
    int error = manifest_check_class(from->main, reason, bytes);

    if (error == 0)
        error = jar_class_paths_there(&p->class_path, &p->missing, p->source, reason, bytes);
    if (error == 0 && (p->main = strdup(from->main)) == NULL)
        error = no_memory(reason, bytes);
    return error == 0 ? take_handler(p, from->callee, reason, bytes) : error;
}

int program_open(struct program *p, const struct program_source *from, char *reason, size_t bytes)
{
    const char *name = from->file != NULL ? from->file : from->main;
    const char *slash = from->file != NULL ? strrchr(name, '/') : NULL;

    *p = (struct program){.source = strdup(from->file != NULL ? from->file : from->class_path),
                          .title = strdup(slash != NULL ? slash + 1 : name)};
    if (p->source == NULL || p->title == NULL)
        return no_memory(reason, bytes);
    int error = runtime_find(&p->runtime, reason, bytes);
    if (error == 0)
        error = take_handler(p, from->handler, reason, bytes);
    if (error != 0)
        return error;
    if (from->file == NULL)
        return open_class_path(p, from, reason, bytes);
    error = from->jar ? -ENOMEDIUM : image_open_known(&p->image, from->file);
    if (error != 0 && !from->jar)
        error = image_open(&p->image, from->file, reason, bytes);
    if (error == 0)
        return open_image(p, from->callee, reason, bytes);
    bool jar = error == -ENOMEDIUM && (from->jar || !ends_with(from->file, ".img"));
    return jar ? open_jar(p, from->callee, reason, bytes) : error;
}

void program_free(struct program *p)
{
    image_close(p->image);
    texts_free(&p->class_path), texts_free(&p->missing), texts_free(&p->java_options), texts_free(&p->arguments);
    texts_free(&p->places);
    free(p->source), free(p->title), free(p->main), free(p->handler), free(p->java);
    *p = (struct program){0};
}

/* ---- mounts --------------------------------------------------------------------------------------------------- */

/* A place below PROGRAM_PLACE for an entry, by its own name where that is free. */
static char *free_place(const struct program *p, const char *entry)
{
    const char *name = strrchr(entry, '/') + 1, *end = strrchr(name, '.');
    int stem = end != NULL && end != name ? (int)(end - name) : (int)strlen(name);
    char *place = NULL;

    for (unsigned number = 1; number == 1 || (place != NULL && texts_have(&p->places, place)); number++) {
        free(place);
        int length = number == 1 ? asprintf(&place, PROGRAM_PLACE "/%s", name[0] != '\0' ? name : "classes")
                                 : asprintf(&place, PROGRAM_PLACE "/%.*s-%u%s", stem, name, number, name + stem);
        if (length < 0)
            return NULL;
        for (char *c = place; *c != '\0'; c++)
            *c = *c == ':' ? '_' : *c; /* it is to stand in a class path */
    }
    return place;
}

static int mount_at(struct policy *policy, const char *host, const char *guest, char *reason, size_t bytes)
{
    char *value;

    if (asprintf(&value, "%s:%s", host, guest) < 0)
        return no_memory(reason, bytes);
    int error = policy_add_mount(policy, MOUNT_READ_ONLY, value, reason, bytes);
    free(value);
    return error;
}

/* Whether the user shows the isolate a whole file system: then everything is in its own place. */
static bool has_root(const struct policy *policy)
{
    for (size_t i = 0; i < policy->mount_count; i++)
        if (strcmp(policy->mounts[i].guest, "/") == 0)
            return true;
    return false;
}

static int mount_entry(struct program *p, struct policy *policy, const char *entry, char *reason, size_t bytes)
{
    bool own = policy->isolation == ISOLATION_NONE, shown = !own && has_root(policy);
    char *place = own ? strdup(entry) : shown ? policy_guest_path(policy, entry) : free_place(p, entry);

    if (place == NULL || !texts_add(&p->places, place)) {
        snprintf(reason, bytes,
                 place == NULL && shown ? "the isolate does not see %.300s: show it with --read-only" : "out of memory",
                 entry);
        return -ENOMEM;
    }
    return own || shown || p->image != NULL ? 0 : mount_at(policy, entry, place, reason, bytes);
}

int program_mount(struct program *p, struct policy *policy, char *reason, size_t bytes)
{
    char *home = NULL;
    int error = runtime_mount(&p->runtime, policy, &home, reason, bytes);

    if (error == 0 && asprintf(&p->java, "%s/bin/java", home) < 0) {
        p->java = NULL;
        error = no_memory(reason, bytes);
    }
    free(home);
    if (error == 0 && p->image != NULL && policy->isolation != ISOLATION_NONE && !has_root(policy))
        error = mount_at(policy, image_folder(p->image), PROGRAM_PLACE, reason, bytes);
    if (p->image != NULL && policy->held < 0)
        policy->held = image_take_hold(p->image);
    for (size_t i = 0; i < p->class_path.count && error == 0; i++)
        error = mount_entry(p, policy, p->class_path.items[i], reason, bytes);
    return error;
}

/* ---- the command ---------------------------------------------------------------------------------------------- */

/* Bytes of heap that leave room for the VM itself, its stacks and what the collector keeps beside a heap of small
 * objects (a third of it), so that a full heap is the program's OutOfMemoryError before it is the isolate's limit.
 * Outside of virtual machines the limit counts what is reserved, too: RLIMIT_DATA. */
static uint64_t heap_for(const struct policy *policy)
{
    uint64_t least = policy->isolation == ISOLATION_VM ? 64 * MIB : 192 * MIB;
    uint64_t rest = policy->memory / 2 > least ? policy->memory / 2 : least;

    return policy->memory > rest + policy->memory / 8 ? policy->memory - rest : policy->memory / 8;
}

static bool sets_heap(const struct texts *options)
{
    static const char *const names[] = {"-Xmx", "-XX:MaxHeapSize=", "-XX:MaxRAMPercentage="};

    for (size_t i = 0; options != NULL && i < options->count; i++)
        for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
            if (strncmp(options->items[i], names[k], strlen(names[k])) == 0)
                return true;
    return false;
}

static bool add_format(struct texts *to, const char *format, uint64_t number)
{
    char *text;

    return asprintf(&text, format, (unsigned long long)number) >= 0 && texts_add(to, text);
}

static bool add_limits(const struct program *p, const struct policy *policy, const struct texts *options,
                       struct texts *out)
{
    return (sets_heap(&p->java_options) || sets_heap(options) ||
            add_format(out, "-Xmx%lluk", heap_for(policy) >> 10)) &&
           add_format(out, "-XX:ActiveProcessorCount=%llu", policy->cpus);
}

char *program_class_path(const struct program *p)
{
    size_t length = 1;

    for (size_t i = 0; i < p->places.count; i++)
        length += strlen(p->places.items[i]) + 1;
    char *whole = malloc(length), *to = whole;
    if (whole == NULL)
        return NULL;
    *to = '\0';
    for (size_t i = 0; i < p->places.count; i++)
        to += sprintf(to, "%s%s", i > 0 ? ":" : "", p->places.items[i]);
    return whole;
}

/* Without one java takes the working directory. */
static bool add_class_path(const struct program *p, enum program_start start, struct texts *out)
{
    return texts_add(out, strdup("-cp")) &&
           texts_add(out, start == PROGRAM_RUNTIME ? strdup(PROGRAM_PLACE "/none") : program_class_path(p));
}

static bool add_class(const struct program *p, enum program_start start, struct texts *out)
{
    if (start == PROGRAM_RUNTIME)
        return texts_add(out, strdup(START_CLASS)) && texts_add(out, strdup("runtime"));
    if (p->handler == NULL && start == PROGRAM_MAIN)
        return texts_add(out, strdup(p->main));
    return texts_add(out, strdup(START_CLASS)) && texts_add(out, strdup(p->handler != NULL ? "handler" : "main")) &&
           texts_add(out, strdup(p->handler != NULL ? p->handler : p->main));
}

bool program_options(const struct program *p, const struct policy *policy, const struct texts *options,
                     struct texts *out)
{
    *out = (struct texts){0};
    return texts_add(out, strdup(p->java)) && add_limits(p, policy, options, out) &&
           copy_texts(out, &p->java_options) && (options == NULL || copy_texts(out, options));
}

int program_command(const struct program *p, const struct policy *policy, enum program_start start,
                    const struct texts *options, char *const *arguments, struct texts *out, char *reason, size_t bytes)
{
    struct texts given = {(char **)arguments, 0};

    while (arguments != NULL && arguments[given.count] != NULL)
        given.count++;
    bool good = program_options(p, policy, options, out) && add_class_path(p, start, out) && add_class(p, start, out) &&
                copy_texts(out, given.count > 0 ? &given : &p->arguments);
    return good ? 0 : no_memory(reason, bytes);
}
