/* The VM without a program, which snapshots of programs are built on. */
#include "isolate/program.h"
#include "isolate/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An option that names a file, or a class of the program's, needs them at boot. */
static const char *bound_option(const struct texts *options)
{
    static const char *const free_ones[] = {"-X", "-D", "--add-", "--enable-", "--limit-modules",
                                           "-ea", "-da", "-esa", "-dsa"};

    for (size_t i = 0; options != NULL && i < options->count; i++) {
        const char *word = options->items[i];
        bool known = false;
        for (size_t k = 0; k < sizeof free_ones / sizeof free_ones[0]; k++)
            known |= strncmp(word, free_ones[k], strlen(free_ones[k])) == 0;
        if (!known || (strncmp(word, "--add-", 6) != 0 && strchr(word, '/') != NULL) ||
            strncmp(word, "-Djava.system.class.loader", 26) == 0 || strncmp(word, "-Djava.security.", 16) == 0)
            return word;
    }
    return NULL;
}

int program_check_runtime(const struct program *p, const struct policy *policy, const struct texts *options,
                          char *reason, size_t bytes)
{
    const char *bound = bound_option(&p->java_options);

    bound = bound != NULL ? bound : bound_option(options);
    if (bound != NULL)
        snprintf(reason, bytes, "the option %.100s may need the program's files when the VM boots", bound);
    else if (policy->directory != NULL && strcmp(policy->directory, "/") != 0)
        snprintf(reason, bytes, "the program begins in a folder of its own, %.200s", policy->directory);
    else if (strncmp(p->java, RUNTIME_PLACE "/", strlen(RUNTIME_PLACE) + 1) != 0)
        snprintf(reason, bytes, "the isolate has the VM at a place of its own, %.200s", p->java);
    else
        return 0;
    return -ENOTSUP;
}

static int copy_environment(struct policy *to, const struct policy *from)
{
    size_t count = 0;

    while (from->environment != NULL && from->environment[count] != NULL)
        count++;
    to->environment = calloc(count + 1, sizeof *to->environment);
    if (to->environment == NULL)
        return -ENOMEM;
    for (size_t i = 0, kept = 0; i < count; i++)
        if (program_reads_at_boot(from->environment[i]) &&
            (to->environment[kept++] = strdup(from->environment[i])) == NULL)
            return -ENOMEM;
    return 0;
}

static int make_policy(const struct policy *from, struct policy *own)
{
    own->baseline = from->baseline;
    own->memory = from->memory;
    own->cpus = from->cpus;
    own->threads = from->threads;
    own->descriptors = from->descriptors;
    own->system_base = from->system_base;
    own->directory = strdup("/");
    return own->directory == NULL ? -ENOMEM : copy_environment(own, from);
}

int program_runtime(const struct program *p, const struct policy *policy, const struct texts *options,
                    struct program *runtime, struct policy *own, struct texts *command, char *reason, size_t bytes)
{
    *runtime = (struct program){.source = strdup("runtime"), .runtime = p->runtime};
    *command = (struct texts){0};
    policy_init(own);
    bool good = runtime->source != NULL && make_policy(policy, own) == 0;
    for (size_t i = 0; i < p->java_options.count && good; i++)
        good = texts_add(&runtime->java_options, strdup(p->java_options.items[i]));
    if (!good)
        return no_memory(reason, bytes);
    int error = program_mount(runtime, own, reason, bytes);
    if (error == 0)
        error = policy_prepare(own, reason, bytes);
    return error == 0 ? program_command(runtime, own, PROGRAM_RUNTIME, options, NULL, command, reason, bytes) : error;
}
