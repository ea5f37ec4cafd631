/* The table of diagnostic commands, in HotSpot's words and layouts where it has them. */
#include "native/diagnostic.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "classloader/linking.h"
#include "native/management_private.h"
#include "vm/call.h"
#include "vm/dump.h"
#include "vm/exception.h"
#include "vm/object.h"

enum { LONGEST_LINE = 1024 };

/* A command gets the words behind its name ("": none) and writes to `fd`.  false: what it wrote says why it failed.
 * `arguments` are words in brackets; one without a hyphen stands for any word. */
struct command {
    const char *name, *summary, *arguments;
    bool (*run)(struct thread *t, const char *words, int fd);
};
static const struct command commands[];

static bool has_word(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (const char *p = words; (p = strstr(p, word)) != NULL; p += length)
        if ((p == words || p[-1] == ' ') && (p[length] == '\0' || p[length] == ' '))
            return true;
    return false;
}

/* ---- threads and the heap --------------------------------------------------------------------------------- */

static bool thread_print(struct thread *t, const char *words, int fd)
{
    dump_threads_to(t, fd);
    return true;
}

static bool class_histogram(struct thread *t, const char *words, int fd)
{
    diagnostic_histogram(fd);
    return true;
}

static bool gc_run(struct thread *t, const char *words, int fd)
{
    gc_collect(GC_CAUSE_SYSTEM_GC);
    dprintf(fd, "Command executed successfully\n");
    return true;
}

static bool heap_info(struct thread *t, const char *words, int fd)
{
    struct gc_statistics s;
    gc_statistics(&s);
    dprintf(fd, " mark-sweep heap total %zuK, used %zuK, maximum %zuK\n", s.committed >> 10, s.used >> 10,
            s.maximum >> 10);
    dprintf(fd, "  collections %llu, pauses %.3f ms in all, %.3f ms at most, used after the last %zuK\n",
            (unsigned long long)s.collections, (double)s.collection_ns / 1e6, (double)s.max_pause_ns / 1e6,
            s.used_after_last >> 10);
    dprintf(fd, " Metaspace used %lldK\n", (long long)management_metaspace_used(t->vm) >> 10);
    return true;
}

/* ---- the VM ------------------------------------------------------------------------------------------------- */

static const char *property(struct vm *vm, const char *key)
{
    const char *value = options_property(&vm->options, key);
    return value != NULL ? value : "";
}

static bool vm_version(struct thread *t, const char *words, int fd)
{
    const struct symbol *library = t->vm->java_base->version;
    dprintf(fd, "%s version %s\nJDK %s\n", property(t->vm, "java.vm.name"), property(t->vm, "java.vm.version"),
            library != NULL ? library->bytes : "of an unknown version");
    return true;
}

static bool vm_uptime(struct thread *t, const char *words, int fd)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    double seconds = (double)((int64_t)now.tv_sec * 1000000000 + now.tv_nsec - t->vm->start_ns) / 1e9;
    dprintf(fd, "%.3f s\n", seconds);
    return true;
}

static bool vm_flags(struct thread *t, const char *words, int fd)
{
    diagnostic_flags(&t->vm->options, fd, has_word(words, "-all"));
    return true;
}

static bool vm_command_line(struct thread *t, const char *words, int fd)
{
    const struct options *o = &t->vm->options;
    dprintf(fd, "VM Arguments:\njvm_args: ");
    for (size_t i = 0; i < o->argument_count; i++)
        dprintf(fd, "%s ", o->arguments[i]);
    dprintf(fd, "\njava_command: %s\njava_class_path (initial): %s\nLauncher Type: %s\n",
            property(t->vm, "sun.java.command"), property(t->vm, "java.class.path"),
            property(t->vm, "sun.java.launcher"));
    return true;
}

/* The class library's own text of properties. */
static bool print_properties(struct thread *t, const char *method, int fd)
{
    struct class *c = management_class(t, "jdk/internal/vm/VMSupport");
    struct method *m = c != NULL ? class_find_declared_method(c, symbol_intern_cstr(method), symbol_intern_cstr("()[B"))
                                 : NULL;
    union slot result;
    if (m == NULL || !java_call(t, m, NULL, &result) || result.a == NULL) {
        struct object *cause = t->exception;
        exception_clear(t);
        if (cause != NULL)
            exception_print(t, cause, fd);
        return false;
    }
    size_t length = array_length(result.a);
    const char *text = array_data(result.a);
    for (size_t done = 0; done < length;) {
        ssize_t n = write(fd, text + done, length - done);
        if (n < 0 && errno != EINTR)
            return false;
        done += n > 0 ? (size_t)n : 0;
    }
    return true;
}

static bool system_properties(struct thread *t, const char *words, int fd)
{
    return print_properties(t, "serializePropertiesToByteArray", fd);
}

static bool agent_properties(struct thread *t, const char *words, int fd)
{
    return print_properties(t, "serializeAgentPropertiesToByteArray", fd);
}

/* ---- the table ---------------------------------------------------------------------------------------------- */

static bool help(struct thread *t, const char *words, int fd)
{
    bool all = words[0] == '\0';
    if (all)
        dprintf(fd, "The following commands are available:\n");
    for (const struct command *c = commands; c->name != NULL; c++) {
        if (all && c->summary != NULL)
            dprintf(fd, "%s\n", c->name);
        if (all || c->summary == NULL || strcmp(c->name, words) != 0)
            continue;
        dprintf(fd, "%s\n%s.\n\nSyntax: %s%s%s\n", c->name, c->summary, c->name, c->arguments[0] != '\0' ? " " : "",
                c->arguments);
        return true;
    }
    dprintf(fd, all ? "\nFor more information about a specific command use 'help <command>'.\n"
                    : "Help unavailable for '%s'; help lists the commands.\n", words);
    return all;
}

static const struct command commands[] = {
    {"GC.class_histogram", "Counts the live objects of each class and their bytes, after a collection", "",
     class_histogram},
    {"GC.heap_info", "Shows the size of the heap, what is used, and its collections", "", heap_info},
    {"GC.run", "Collects, and gives free memory back to the system", "", gc_run},
    {"Thread.print", "Prints all threads with their stacks and locks, and deadlocks", "[-l] [-e]", thread_print},
    {"VM.command_line", "Prints the arguments that the VM was started with", "", vm_command_line},
    {"VM.flags", "Prints the sizes of the heap and the flags among the arguments, or all flags", "[-all]", vm_flags},
    {"VM.system_properties", "Prints the system properties", "", system_properties},
    {"VM.uptime", "Prints for how long the VM has run", "", vm_uptime},
    {"VM.version", "Prints the VM's version and the class library's", "", vm_version},
    {"help", "Lists the commands, or shows one", "[command]", help},
    /* What HotSpot's attach protocol calls them; not listed. */
    {"threaddump", NULL, "", thread_print},
    {"inspectheap", NULL, "", class_histogram},
    {"properties", NULL, "", system_properties},
    {"agentProperties", NULL, "", agent_properties},
    {NULL, NULL, NULL, NULL},
};

/* Cuts the line into the command's name and its words. */
static char *split(char *line)
{
    size_t length = strlen(line);
    while (length > 0 && (line[length - 1] == ' ' || line[length - 1] == '\n'))
        line[--length] = '\0';
    char *words = line + strcspn(line, " ");
    while (*words == ' ')
        *words++ = '\0';
    return words;
}

/* Writes of the first word that the command does not have.  The attach protocol's own words go unseen. */
static bool takes(const struct command *c, const char *words, int fd)
{
    bool any = c->summary == NULL || (c->arguments[0] == '[' && c->arguments[1] != '-');

    for (size_t length; !any && *words != '\0'; words += length, words += strspn(words, " ")) {
        const char *at = c->arguments;
        length = strcspn(words, " ");
        while (*at != '\0' && (strncmp(at + 1, words, length) != 0 || at[1 + length] != ']'))
            at += strcspn(at, "]") + 1, at += strspn(at, " ");
        if (*at == '\0') {
            dprintf(fd, "java.lang.IllegalArgumentException: Unknown argument '%.*s' in diagnostic command\n",
                    (int)length, words);
            return false;
        }
    }
    return true;
}

static bool run_line(struct thread *t, char *line, int fd)
{
    const char *words = split(line);
    for (const struct command *c = commands; c->name != NULL; c++)
        if (strcmp(c->name, line) == 0)
            return takes(c, words, fd) && c->run(t, words, fd);
    dprintf(fd, "java.lang.IllegalArgumentException: Unknown diagnostic command\n");
    return false;
}

int diagnostic_run(struct thread *t, const char *line, bool *ok)
{
    char copy[LONGEST_LINE];
    int file = memfd_create("diagnostic", MFD_CLOEXEC);
    if (file < 0)
        return -errno;
    line += strspn(line, " ");
    snprintf(copy, sizeof copy, "%s", line);
    *ok = run_line(t, copy, file);
    if (exception_pending(t))
        exception_clear(t);
    return file;
}
