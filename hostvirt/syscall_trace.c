/* The lines of --trace-exits.  A line is made in the thread's own buffer and written with one write(2), so that
 * lines of several threads do not mix. */
#include "hostvirt/syscall_trace.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct trace_line {
    size_t length;
    char text[1024];
};

/* The line that trace_call began: one per thread, because handlers run between its two halves. */
static __thread struct trace_line line;

__attribute__((format(printf, 1, 2))) static void add(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(line.text + line.length, sizeof line.text - line.length, format, arguments);
    va_end(arguments);
    if (length > 0)
        line.length += (size_t)length < sizeof line.text - line.length ? (size_t)length
                                                                        : sizeof line.text - line.length - 1;
}

static void flush_line(void)
{
    if (line.length >= sizeof line.text - 1)
        line.length = sizeof line.text - 2;
    line.text[line.length++] = '\n';
    /* A trace that cannot be written has no other place to say so. */
    ssize_t written = write(STDERR_FILENO, line.text, line.length);
    (void)written;
    line.length = 0;
}

/* The string as the guest holds it now, with what is not printable escaped, so that a guest cannot write control
 * sequences to the terminal of its host. */
static void add_path(uint64_t address)
{
    char path[256];
    long length = copy_string(path, address, sizeof path);

    if (length == -EFAULT) {
        add("%#" PRIx64, address);
        return;
    }
    const char *end = length < 0 ? "..." : "";
    path[sizeof path - 1] = '\0';
    add("\"");
    for (const char *s = path; *s != '\0'; s++)
        if (*s >= ' ' && *s < 127 && *s != '"' && *s != '\\')
            add("%c", *s);
        else
            add("\\x%02x", (unsigned char)*s);
    add("\"%s", end);
}

static void add_argument(char kind, uint64_t value)
{
    struct timespec time;

    switch (kind) {
    case 'd':
        if ((int)value == AT_FDCWD)
            add("AT_FDCWD");
        else
            add("%d", (int)value);
        break;
    case 'i':
        if ((int64_t)value == (int)value || value <= UINT32_MAX)
            add("%d", (int)value);
        else
            add("%" PRId64, (int64_t)value);
        break;
    case 'p':
        add_path(value);
        break;
    case 't':
        if (value == 0)
            add("NULL");
        else if (copy_in(&time, value, sizeof time) == 0)
            add("{%lld, %ld}", (long long)time.tv_sec, time.tv_nsec);
        else
            add("%#" PRIx64, value);
        break;
    case 'n':
        add("%" PRIu64, value);
        break;
    case 'f':
        add("%#x", (unsigned)value);
        break;
    default:
        if (value == 0)
            add("NULL");
        else
            add("%#" PRIx64, value);
    }
}

void trace_call(struct thread *t, const struct call *c, const struct syscall_row *row)
{
    line.length = 0;
    add("[%d] ", t->tid);
    if (row == NULL || row->name == NULL)
        add("syscall_%" PRIu64, c->number);
    else
        add("%s", row->name);
    add("(");
    const char *kinds = row != NULL && row->name != NULL ? row->arguments : "aaaaaa";
    for (unsigned i = 0; i < 6 && kinds[i] != '\0'; i++) {
        if (i > 0)
            add(", ");
        add_argument(kinds[i], c->arg[i]);
    }
    add(")");
}

void trace_result(struct thread *t, const struct call *c, const struct syscall_row *row, int64_t result)
{
    static const struct { int64_t result; const char *text; } special[] = {
        {SYS_RESTART, "? (interrupted, to be restarted)"},       {SYS_RESTART_NOHAND, "? (interrupted)"},
        {SYS_RESTART_ALWAYS, "? (not begun, to be restarted)"},
        {SYS_RESTART_TIMED, "? (interrupted, deadline is kept)"}, {SYS_NO_RESULT, "?"},
    };

    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++)
        if (special[i].result == result) {
            add(" = %s", special[i].text);
            flush_line();
            return;
        }
    if (result < 0 && result > -4096 && strerrorname_np((int)-result) != NULL)
        add(" = -1 %s", strerrorname_np((int)-result));
    else if (result >= -4096 && result <= INT32_MAX)
        add(" = %" PRId64, result);
    else
        add(" = %#" PRIx64, (uint64_t)result);
    if (row == NULL || row->handler == NULL)
        add(" (refused)");
    flush_line();
}

void trace_exception(struct thread *t, const struct guest_exit *e)
{
    line.length = 0;
    add("[%d] --- exception %u, error %#" PRIx64 ", address %#" PRIx64 ", at %#llx ---", t->tid, e->vector, e->error,
        e->address, (unsigned long long)t->cpu.regs.rip);
    flush_line();
}
