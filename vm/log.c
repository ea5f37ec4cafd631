/* -Xlog: tag table, the option's grammar (JEP 158), decorations and output files. */
#include "include/cloister/hypercall.h"
#include "vm/log.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Logging configures the process, as HotSpot's does; written only while options are parsed. */
uint8_t log_levels[LOG_TAG_COUNT];

static const char *const tag_names[LOG_TAG_COUNT] = {
#define LOG_TAG(name, text) [LOG_##name] = text,
#include "vm/release/logtags.def"
#undef LOG_TAG
};
static const char *const level_names[] = {"off", "error", "warning", "info", "debug", "trace"};

enum decoration { DECOR_TIME, DECOR_UTCTIME, DECOR_UPTIME, DECOR_UPTIMEMILLIS, DECOR_UPTIMENANOS, DECOR_HOSTNAME,
                  DECOR_PID, DECOR_TID, DECOR_LEVEL, DECOR_TAGS, DECOR_COUNT };
static const char *const decoration_names[DECOR_COUNT][2] = {
    {"time", "t"}, {"utctime", "utc"}, {"uptime", "u"}, {"uptimemillis", "um"}, {"uptimenanos", "un"},
    {"hostname", "hn"}, {"pid", "p"}, {"tid", "ti"}, {"level", "l"}, {"tags", "tg"},
};

static struct {
    int fd[LOG_TAG_COUNT];           /* output of each tag set */
    uint32_t decorations[LOG_TAG_COUNT];
    struct timespec start;
    bool notes;                      /* in an isolate: lines go to `cloister events`, too */
} output;                            /* with log_levels: one per process */

#define DEFAULT_DECORATIONS (1u << DECOR_UPTIME | 1u << DECOR_LEVEL | 1u << DECOR_TAGS)

static int64_t uptime_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - output.start.tv_sec) * 1000000000LL + (now.tv_nsec - output.start.tv_nsec);
}

static size_t decorate_time(char *out, size_t size, bool utc)
{
    struct timespec now;
    struct tm tm;
    char zone[8];
    clock_gettime(CLOCK_REALTIME, &now);
    if (utc)
        gmtime_r(&now.tv_sec, &tm);
    else
        localtime_r(&now.tv_sec, &tm);
    strftime(zone, sizeof zone, "%z", &tm);
    size_t n = strftime(out, size, "[%Y-%m-%dT%H:%M:%S", &tm);
    return n + (size_t)snprintf(out + n, size - n, ".%03ld%s]", now.tv_nsec / 1000000, zone);
}

static size_t decorate_one(char *out, size_t size, enum decoration d, enum log_tag tag, enum log_level level)
{
    char tags[64];
    switch (d) {
    case DECOR_TIME: return decorate_time(out, size, false);
    case DECOR_UTCTIME: return decorate_time(out, size, true);
    case DECOR_UPTIME: return (size_t)snprintf(out, size, "[%.3fs]", (double)uptime_ns() / 1e9);
    case DECOR_UPTIMEMILLIS: return (size_t)snprintf(out, size, "[%lldms]", (long long)uptime_ns() / 1000000);
    case DECOR_UPTIMENANOS: return (size_t)snprintf(out, size, "[%lldns]", (long long)uptime_ns());
    case DECOR_HOSTNAME:
        if (gethostname(tags, sizeof tags) != 0)
            strcpy(tags, "unknown");
        tags[sizeof tags - 1] = '\0';
        return (size_t)snprintf(out, size, "[%s]", tags);
    case DECOR_PID: return (size_t)snprintf(out, size, "[%d]", (int)getpid());
    case DECOR_TID: return (size_t)snprintf(out, size, "[%ld]", syscall(SYS_gettid));
    case DECOR_LEVEL: return (size_t)snprintf(out, size, "[%-7s]", level_names[level]);
    case DECOR_TAGS:
        snprintf(tags, sizeof tags, "%s", tag_names[tag]);
        for (char *p = tags; *p != '\0'; p++)
            if (*p == '+')
                *p = ',';
        return (size_t)snprintf(out, size, "[%-10s]", tags);
    case DECOR_COUNT: break;
    }
    return 0;
}

void log_line(enum log_tag tag, enum log_level level, const char *fmt, ...)
{
    char line[4096];
    size_t n = 0;
    va_list args;
    for (enum decoration d = 0; d < DECOR_COUNT; d++)
        if (output.decorations[tag] & 1u << d)
            n += decorate_one(line + n, 256, d, tag, level);
    if (n > 0)
        line[n++] = ' ';
    va_start(args, fmt);
    int written = vsnprintf(line + n, sizeof line - n - 1, fmt, args);
    va_end(args);
    n += written < 0 ? 0 : (size_t)written < sizeof line - n - 1 ? (size_t)written : sizeof line - n - 2;
    line[n++] = '\n';
    /* A log line that cannot be written has nowhere to be reported. */
    ssize_t ignored __attribute__((unused)) = write(output.fd[tag], line, n);
    if (output.notes)
        syscall(CLOISTER_CALL_NOTE, line, n - 1);
}

void log_warning(const char *fmt, ...)
{
    va_list args;
    fflush(stdout);
    fputs("OpenJDK 64-Bit Cloister VM warning: ", stderr);
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
}

/* ---- the grammar: [what][:[output][:[decorators][:output-options]]] ---- */

struct selection { uint8_t levels[LOG_TAG_COUNT]; bool chosen[LOG_TAG_COUNT]; };

/* "gc+heap" equals a tag set; "gc*" every set that contains those tags. */
static bool tags_match(const char *set, const char *pattern, size_t length)
{
    bool wildcard = length > 0 && pattern[length - 1] == '*';
    if (!wildcard)
        return strlen(set) == length && memcmp(set, pattern, length) == 0;
    length--;
    return strncmp(set, pattern, length) == 0 && (set[length] == '\0' || set[length] == '+');
}

static bool is_tag(const char *text, size_t length)
{
    static const char *const tags[] = {
#define HOTSPOT_TAG(name) #name,
#include "vm/release/hotspot_logtags.def"
#undef HOTSPOT_TAG
    };
    for (size_t i = 0; i < ARRAY_COUNT(tags); i++)
        if (strlen(tags[i]) == length && memcmp(tags[i], text, length) == 0)
            return true;
    return false;
}

/* The sentence lives as long as the process, which is about to end. */
static bool complain(const char **error, const char *what, const char *text, size_t length)
{
    char *sentence;
    int written = asprintf(&sentence, "Invalid %s '%.*s' in log selection.", what, (int)length, text);
    *error = written < 0 ? "no memory" : sentence;
    return false;
}

/* tag[+tag...][*] */
static bool check_tags(const char *pattern, size_t length, const char **error)
{
    const char *p = pattern, *end = pattern + length;
    if (length > 0 && end[-1] == '*')
        end--;
    for (;;) {
        const char *plus = memchr(p, '+', (size_t)(end - p));
        size_t n = (size_t)((plus != NULL ? plus : end) - p);
        if (!is_tag(p, n))
            return complain(error, "tag", p, n);
        if (plus == NULL)
            return true;
        p = plus + 1;
    }
}

static int parse_level(const char *text, size_t length)
{
    for (int i = 0; i < (int)ARRAY_COUNT(level_names); i++)
        if (strlen(level_names[i]) == length && memcmp(text, level_names[i], length) == 0)
            return i;
    return -1;
}

static bool parse_what(const char *what, size_t length, struct selection *s, const char **error)
{
    const char *p = what, *end = what + length;
    while (p < end) {
        const char *comma = memchr(p, ',', (size_t)(end - p));
        const char *stop = comma != NULL ? comma : end;
        const char *equals = memchr(p, '=', (size_t)(stop - p));
        const char *tags_end = equals != NULL ? equals : stop;
        int level = equals != NULL ? parse_level(equals + 1, (size_t)(stop - equals - 1)) : LOG_INFO;
        if (level < 0)
            return complain(error, "level", equals + 1, (size_t)(stop - equals - 1));
        bool all = (size_t)(tags_end - p) == 3 && memcmp(p, "all", 3) == 0;
        int bare_level = equals == NULL ? parse_level(p, (size_t)(tags_end - p)) : -1;
        if (!all && bare_level < 0 && !check_tags(p, (size_t)(tags_end - p), error))
            return false;
        for (int i = 0; i < LOG_TAG_COUNT; i++)
            if (all || bare_level >= 0 || tags_match(tag_names[i], p, (size_t)(tags_end - p))) {
                s->chosen[i] = true;
                s->levels[i] = (uint8_t)(bare_level >= 0 ? bare_level : level);
            }
        p = stop + 1;
    }
    return true;
}

static bool parse_output(const char *text, size_t length, int *fd, const char **error)
{
    if (length == 0 || (length == 6 && memcmp(text, "stdout", 6) == 0)) {
        *fd = STDOUT_FILENO;
        return true;
    }
    if (length == 6 && memcmp(text, "stderr", 6) == 0) {
        *fd = STDERR_FILENO;
        return true;
    }
    if (length >= 5 && memcmp(text, "file=", 5) == 0) {
        text += 5;
        length -= 5;
    }
    char path[4096];
    size_t n = 0;
    for (size_t i = 0; i < length && n < sizeof path - 16; i++) {
        if (text[i] == '%' && i + 1 < length && text[i + 1] == 'p') {
            n += (size_t)snprintf(path + n, 16, "%d", (int)getpid());
            i++;
        } else if (text[i] != '"') {
            path[n++] = text[i];
        }
    }
    path[n] = '\0';
    *fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (*fd < 0) {
        *error = "Initialization of output file in -Xlog option failed.";
        return false;
    }
    return true;
}

static bool parse_decorations(const char *text, size_t length, uint32_t *mask, const char **error)
{
    *mask = 0;
    if (length == 4 && memcmp(text, "none", 4) == 0)
        return true;
    const char *p = text, *end = text + length;
    while (p < end) {
        const char *comma = memchr(p, ',', (size_t)(end - p));
        size_t n = (size_t)((comma != NULL ? comma : end) - p);
        bool found = false;
        for (int d = 0; d < DECOR_COUNT; d++)
            for (int k = 0; k < 2; k++)
                if (strlen(decoration_names[d][k]) == n && memcmp(p, decoration_names[d][k], n) == 0) {
                    *mask |= 1u << d;
                    found = true;
                }
        if (!found) {
            *error = "Invalid decorator in -Xlog option.";
            return false;
        }
        p += n + 1;
    }
    return true;
}

bool log_configure(const char *specification, const char **error)
{
    struct selection selection = {0};
    const char *parts[4] = {specification, "", "", ""};
    size_t lengths[4] = {0};
    int count = 0;
    bool quoted = false;
    if (output.start.tv_sec == 0) {
        clock_gettime(CLOCK_MONOTONIC, &output.start);
        output.notes = syscall(CLOISTER_CALL_INFO, NULL, 0) >= 0; /* no kernel has this call */
    }
    for (const char *p = specification;; p++) {
        if (*p == '"')
            quoted = !quoted;
        if (*p != '\0' && (*p != ':' || quoted || count == 3))
            continue;
        lengths[count] = (size_t)(p - parts[count]);
        if (*p == '\0')
            break;
        parts[++count] = p + 1;
    }
    if (lengths[0] == 7 && memcmp(parts[0], "disable", 7) == 0) {
        memset(log_levels, LOG_OFF, sizeof log_levels);
        return true;
    }
    int fd;
    uint32_t mask = DEFAULT_DECORATIONS;
    if (lengths[0] == 0)
        parse_what("all", 3, &selection, error);
    else if (!parse_what(parts[0], lengths[0], &selection, error))
        return false;
    if (!parse_output(parts[1], lengths[1], &fd, error))
        return false;
    if (lengths[2] > 0 && !parse_decorations(parts[2], lengths[2], &mask, error))
        return false;
    for (int i = 0; i < LOG_TAG_COUNT; i++)
        if (selection.chosen[i]) {
            log_levels[i] = selection.levels[i];
            output.fd[i] = fd;
            output.decorations[i] = mask;
        }
    return true;
}
