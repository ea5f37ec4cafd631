/* What a program's snapshots are found by. */
#include "isolate/program.h"
#include "isolate/content.h"
#include "isolate/known.h"
#include "isolate/text.h"
#include "isolate/warm.h"

#define OPENSSL_SUPPRESS_DEPRECATED
#include <cpuid.h>
#include <errno.h>
#include <fts.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FOLDER_MOST = 20000 /* files of a class path's folder that are looked at for each start */ };

/* ---- the program's content --------------------------------------------------------------------------------------- */

static void add_text(SHA256_CTX *to, const char *text)
{
    SHA256_Update(to, text, strlen(text) + 1);
}

static void add_file(SHA256_CTX *to, const struct stat *s)
{
    uint64_t words[FILE_WORDS];

    known_words(s, words);
    SHA256_Update(to, words, sizeof words);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* A file, or all files of a folder. */
static int add_entry(SHA256_CTX *to, char *path, char *reason, size_t bytes)
{
    char *const roots[] = {path, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_COMFOLLOW, by_name);
    const FTSENT *e;
    unsigned count = 0;

    if (walk == NULL)
        return no_memory(reason, bytes);
    while ((e = fts_read(walk)) != NULL && count <= FOLDER_MOST) {
        /* No file is called "/": it is a folder's end. */
        add_text(to, e->fts_info == FTS_DP ? "/" : e->fts_path + e->fts_pathlen - e->fts_namelen);
        if (e->fts_statp != NULL && e->fts_info != FTS_NS && e->fts_info != FTS_D && e->fts_info != FTS_DP)
            add_file(to, e->fts_statp);
        count += e->fts_info != FTS_DP;
    }
    fts_close(walk);
    if (count <= FOLDER_MOST)
        return 0;
    snprintf(reason, bytes,
             "%.200s holds more than %d files, which every start would have to look at: pack them in a jar", path,
             FOLDER_MOST);
    return -E2BIG;
}

static int hash_program(const struct program *p, char hash[SNAPSHOT_HASH_TEXT], char *reason, size_t bytes)
{
    char key[IMAGE_KEY_TEXT] = "";
    uint8_t digest[SHA256_DIGEST_LENGTH];
    SHA256_CTX context;
    int error = p->image != NULL ? image_key(p->image, key, reason, bytes) : 0;

    SHA256_Init(&context);
    add_text(&context, key);
    for (size_t i = 0; i < p->class_path.count && error == 0; i++) {
        add_text(&context, p->places.items[i]);
        error = p->image != NULL ? 0 : add_entry(&context, p->class_path.items[i], reason, bytes);
    }
    add_text(&context, p->handler != NULL ? "handler" : "main");
    add_text(&context, p->handler != NULL ? p->handler : p->main);
    SHA256_Final(digest, &context);
    digest_text(digest, hash);
    return error;
}

/* ---- options ----------------------------------------------------------------------------------------------------- */

/* Variables that the VM reads when it boots, and the class library before main. */
bool program_reads_at_boot(const char *variable)
{
    static const char *const names[] = {"LANG=", "LANGUAGE=", "LC_", "TZ=", "HOME=", "LD_", "JAVA_TOOL_OPTIONS=",
                                        "_JAVA_OPTIONS=", "JDK_JAVA_OPTIONS=", "CLASSPATH=", "MALLOC_", "GLIBC_"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strncmp(variable, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

/* Different lists of words are different texts: what stands between words stands in none without a backslash. */
static void print_word(FILE *to, const char *word)
{
    for (; *word != '\0'; word++)
        fprintf(to, strchr(" ()\\", *word) != NULL ? "\\%c" : "%c", *word);
}

static void print_words(FILE *to, const struct texts *words)
{
    for (size_t i = 0; i < words->count; i++) {
        fputs(i > 0 ? " " : "", to);
        print_word(to, words->items[i]);
    }
}

/* `arguments` NULL: the program has had none, nor its environment. */
static int join(const struct texts *options, const struct texts *arguments, const struct policy *policy, char **out)
{
    size_t length;
    FILE *to = open_memstream(out, &length);

    if (to == NULL)
        return -ENOMEM;
    print_words(to, options);
    if (arguments != NULL) {
        fprintf(to, " (%zu arguments) ", arguments->count);
        print_words(to, arguments);
    }
    fprintf(to, " (%u descriptors, %u threads)", policy->descriptors, policy->threads);
    if (policy->directory != NULL && strcmp(policy->directory, "/") != 0) {
        fputs(" (in) ", to);
        print_word(to, policy->directory);
    }
    for (char **e = policy->environment; e != NULL && *e != NULL; e++)
        if (arguments != NULL || program_reads_at_boot(*e)) {
            fputs(" (with) ", to);
            print_word(to, *e);
        }
    return fclose(to) == 0 ? 0 : -ENOMEM;
}

/* ---- the processor ----------------------------------------------------------------------------------------------- */

/* The model, and what it offers: other features are another processor. */
static void describe_cpu(char *to, size_t bytes)
{
    const unsigned osxsave = 1u << 27;
    unsigned a, b, c, d, b7 = 0, c7 = 0, d7 = 0, unused;

    __cpuid(1, a, b, c, d);
    if (!__get_cpuid_count(7, 0, &unused, &b7, &c7, &d7))
        b7 = 0;
    snprintf(to, bytes, "%x-%08x%08x%08x%08x%08x", a, c & ~osxsave, d, b7, c7, d7);
}

/* ---- all of it --------------------------------------------------------------------------------------------------- */

int program_key(const struct program *p, const struct policy *policy, const struct texts *options,
                const struct texts *arguments, const char *point, struct snapshot_key *out, char *reason, size_t bytes)
{
    struct texts words = {0};

    *out = (struct snapshot_key){.name = NULL};
    if (policy->isolation != ISOLATION_VM || p->runtime.build[0] == '\0') {
        snprintf(reason, bytes, "%s", policy->isolation != ISOLATION_VM
                                          ? "only virtual machines can be saved: --isolation=vm"
                                          : "lib/cloister.build is missing in this installation");
        return -ENOTSUP;
    }
    bool runtime = strcmp(point, WARM_RUNTIME) == 0;
    int error = runtime ? program_check_runtime(p, policy, options, reason, bytes) : 0;
    if (error != 0)
        return error;
    snprintf(out->build, sizeof out->build, "%s", p->runtime.build);
    snprintf(out->jdk, sizeof out->jdk, "%s", p->runtime.jdk);
    snprintf(out->point, sizeof out->point, "%s", point);
    describe_cpu(out->cpu, sizeof out->cpu);
    out->name = strdup(runtime ? WARM_RUNTIME : p->title);
    bool good = out->name != NULL && program_options(p, policy, options, &words);
    error = good && join(&words, arguments, policy, &out->options) == 0 ? 0 : no_memory(reason, bytes);
    texts_free(&words);
    if (error == 0 && runtime)
        snprintf(out->program, sizeof out->program, "%s", WARM_RUNTIME);
    else if (error == 0)
        error = hash_program(p, out->program, reason, bytes);
    return error;
}
