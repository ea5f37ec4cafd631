/* cloister cache: what the user's caches hold, and how much that may be. */
#include "cli/cli.h"

#include "isolate/snapshot_cache.h"
#include "isolate/user_cache.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LEAST_NAME = 4 /* digits */, LOOKS = 20 /* in the second for which rm waits */ };

struct cache_flags {
    bool json, all;
    struct user_cache *cache;
};

FLAG_SETTER(set_json, cache_flags, json)
FLAG_SETTER(set_all, cache_flags, all)

static const struct option_row options[] = {
    {"all", NULL, "rm: removes everything", set_all, false},
    JSON_OPTION(set_json),
    END_OF_OPTIONS,
};

/* ---- ls ---------------------------------------------------------------------------------------------------------- */

static const char *age(char to[CLI_TEXT], int64_t since)
{
    int64_t s = (int64_t)time(NULL) - since;

    s = s < 0 ? 0 : s;
    snprintf(to, CLI_TEXT, s < 120 ? "%llds ago" : s < 7200 ? "%lldm ago" : s < 172800 ? "%lldh ago" : "%lldd ago",
             (long long)(s < 120 ? s : s < 7200 ? s / 60 : s < 172800 ? s / 3600 : s / 86400));
    return to;
}

/* The name that people gave it, and the point. */
static void describe(const struct cached *e, char *to, size_t bytes)
{
    const char *name = cli_string(e->record, "name"), *at = cli_string(e->record, "at");

    if (at[0] == '\0' && strcmp(name, cli_string(e->record, "point")) != 0)
        at = cli_string(e->record, "point"); /* one that has travelled */
    if (e->record == NULL)
        snprintf(to, bytes, "(its record cannot be read)");
    else if (at[0] != '\0')
        snprintf(to, bytes, "%s at %s", name, at);
    else
        snprintf(to, bytes, "%s", name);
}

static json_t *entry_json(const struct cached *e)
{
    json_t *out = e->record != NULL ? json_deep_copy(e->record) : json_object();

    json_object_set_new(out, "key", json_string(e->name));
    json_object_set_new(out, "kind", json_string(cached_kind_name(e->kind)));
    json_object_set_new(out, "bytes", json_integer((json_int_t)e->bytes));
    json_object_set_new(out, "made", json_integer(e->made));
    json_object_set_new(out, "used", json_integer(e->used));
    if (e->parent[0] != '\0')
        json_object_set_new(out, "parent", json_string(e->parent));
    return out;
}

static int list(struct cache_flags *f, char **words)
{
    char size[CLI_TEXT], used[CLI_TEXT], what[256], limit[CLI_TEXT];
    uint64_t sum = 0;
    size_t count;

    if (words[0] != NULL)
        return cli_error("ls lists everything: it takes no names");
    const struct cached *all = user_cache_list(f->cache, &count);
    json_t *out = json_array();

    if (!f->json)
        printf("%-12s %-9s %10s %10s %-12s %s\n", "KEY", "KIND", "SIZE", "USED", "BUILT ON", "WHAT");
    for (size_t i = 0; i < count; i++) {
        const struct cached *e = &all[i];
        sum += e->bytes;
        describe(e, what, sizeof what);
        if (f->json)
            json_array_append_new(out, entry_json(e));
        else
            printf("%.12s %-9s %10s %10s %-12.12s %s\n", e->name, cached_kind_name(e->kind), cli_size(size, e->bytes),
                   age(used, e->used), e->parent[0] != '\0' ? e->parent : "-", what);
    }
    if (f->json)
        cli_print_json(out);
    else
        printf("%zu, %s of %s\n", count, cli_size(size, sum), cli_size(limit, user_cache_limit(f->cache)));
    json_decref(out);
    return 0;
}

/* ---- rm ---------------------------------------------------------------------------------------------------------- */

/* Whether a word names an entry: digits that its key begins with, or what people call it. */
static bool is_named(const struct cached *e, const char *word)
{
    size_t length = strlen(word);

    return (length >= LEAST_NAME && strncmp(e->name, word, length) == 0) ||
           strcmp(cli_string(e->record, "name"), word) == 0;
}

static bool is_any(const struct cached *e, char **words, bool all)
{
    for (; !all && *words != NULL; words++)
        if (is_named(e, *words))
            return true;
    return all;
}

/* Whether each word names something; else the error is printed. */
static bool are_found(struct cache_flags *f, char **words)
{
    size_t count;
    const struct cached *list = user_cache_list(f->cache, &count);

    for (; *words != NULL; words++) {
        bool found = false;
        for (size_t i = 0; i < count && !found; i++)
            found = is_named(&list[i], *words);
        if (!found) {
            cli_error("the caches hold nothing that is called %.64s; 'cloister cache ls' lists what they hold", *words);
            return false;
        }
    }
    return true;
}

/* Those that others are built on come behind these. */
static int remove_named(struct cache_flags *f, char **words, bool all, char *reason, size_t bytes)
{
    size_t count;
    int status = 0;
    const struct cached *list = user_cache_list(f->cache, &count);

    for (size_t i = 0; i < count;) {
        int error = is_any(&list[i], words, all) ? user_cache_remove(f->cache, &list[i], reason, bytes) : 1;
        status = error == 0 ? 0 : error < 0 ? error : status;
        count -= error == 0;
        i = error == 0 ? 0 : i + 1; /* what it was built on may go now */
    }
    return status;
}

/* An isolate that has just been ended has its image until the host has closed its files. */
static int remove_entries(struct cache_flags *f, char **words)
{
    const struct timespec pause = {0, 1000000000 / LOOKS};
    char reason[512];
    int error;

    if (f->all == (words[0] != NULL))
        return cli_error("rm needs keys or names, or --all");
    if (!are_found(f, words))
        return 1;
    for (unsigned i = 0; (error = remove_named(f, words, f->all, reason, sizeof reason)) == -EAGAIN && i < LOOKS; i++)
        nanosleep(&pause, NULL);
    if (error != 0)
        cli_error("%s", reason);
    return error == 0 ? 0 : 1;
}

/* ---- limit, verify ----------------------------------------------------------------------------------------------- */

static int limit(struct cache_flags *f, char **words)
{
    char reason[512], text[CLI_TEXT];
    uint64_t bytes;

    if (words[0] == NULL) {
        if (f->json)
            printf("%llu\n", (unsigned long long)user_cache_limit(f->cache));
        else
            puts(cli_size(text, user_cache_limit(f->cache)));
        return 0;
    }
    if (words[1] != NULL || policy_set_size(&bytes, words[0], reason, sizeof reason) != 0 || bytes == 0)
        return cli_error("limit needs a size: 512M, 4G");
    if (user_cache_set_limit(f->cache, bytes, reason, sizeof reason) == 0)
        return 0;
    cli_error("%s", reason);
    return 1;
}

static int verify(struct cache_flags *f, char **words)
{
    char reason[512] = "";
    size_t count;
    int status = 0;

    if (!are_found(f, words))
        return 1;
    const struct cached *all = user_cache_list(f->cache, &count);
    json_t *out = json_array();
    for (size_t i = 0; i < count; i++) {
        if (words[0] != NULL && !is_any(&all[i], words, false))
            continue;
        int error = user_cache_verify(f->cache, &all[i], reason, sizeof reason);
        json_array_append_new(out, json_pack("{s:s, s:s, s:b, s:s*}", "key", all[i].name, "kind",
                                             cached_kind_name(all[i].kind), "whole", error == 0, "error",
                                             error != 0 ? reason : NULL));
        if (error != 0)
            cli_error("%s", reason);
        else if (!f->json)
            printf("%.12s: whole\n", all[i].name);
        status = error != 0 ? 1 : status;
    }
    if (f->json)
        cli_print_json(out);
    json_decref(out);
    return status;
}

/* ---- add --------------------------------------------------------------------------------------------------------- */

/* Takes the caches' lock itself, for each file. */
static int add(struct cache_flags *f, char **words)
{
    char reason[512] = "", *name;
    struct snapshot_cache *snapshots;
    int status = 0;

    if (words[0] == NULL)
        return cli_error("add needs snapshots: cloister warm -o FILE makes them");
    if (snapshot_cache_open(&snapshots, reason, sizeof reason) != 0) {
        cli_error("%s", reason);
        return 1;
    }
    json_t *out = json_array();
    for (; *words != NULL; words++) {
        int error = snapshot_cache_add(snapshots, *words, &name, reason, sizeof reason);
        json_array_append_new(out, json_pack("{s:s, s:s*, s:s*}", "file", *words, "name", error == 0 ? name : NULL,
                                             "error", error != 0 ? reason : NULL));
        if (error != 0)
            cli_error("%s", reason);
        else if (!f->json)
            printf("%s: %s\n", *words, name);
        status = error != 0 ? 1 : status;
        free(name);
    }
    if (f->json)
        cli_print_json(out);
    json_decref(out);
    snapshot_cache_close(snapshots);
    return status;
}

/* ---- the command ------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    int (*run)(struct cache_flags *f, char **words); /* end with NULL; the exit status */
    bool holds;                                      /* f->cache */
} actions[] = {{"ls", list, true},
               {"rm", remove_entries, true},
               {"limit", limit, true},
               {"verify", verify, true},
               {"add", add, false}};

int cli_cache(int argc, char **argv)
{
    struct cache_flags f = {0};
    const struct option_set sets[] = {{options, &f}, {NULL, NULL}};
    char reason[512] = "";
    int first, status;

    if (!cli_options(sets, argc, argv, 1, CLI_ANY, &first, &status))
        return status;
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        if (strcmp(argv[first], actions[i].name) != 0)
            continue;
        if (actions[i].holds && user_cache_open(&f.cache, reason, sizeof reason) != 0) {
            cli_error("%s", reason);
            return 1;
        }
        status = actions[i].run(&f, argv + first + 1);
        user_cache_close(f.cache);
        return status;
    }
    return cli_error("cache has no '%.64s': it is ls, rm, limit, verify or add", argv[first]);
}
