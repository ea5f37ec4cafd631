/* Runs when Cloister is built: compiles calls.def to the programs of two seccomp filters, without and with sockets that
 * reach out, and writes them as the initialisers of struct sock_filter that hostvirt/wall_filter.c includes.  libseccomp makes a binary tree of it; it takes most of a
 * millisecond, which no isolate has to spend at its start. */
#include "hostvirt/process.h"

#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/kvm.h>
#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef __NR_fchmodat2 /* Linux 6.6: newer than some headers */
#define __NR_fchmodat2 452
#endif
#define PAGEMAP_SCAN_REQUEST _IOC(_IOC_READ | _IOC_WRITE, 'f', 16, 96) /* linux/fs.h, Linux 6.7 */
#define NAMESPACE_FLAGS                                                                                                \
    (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET |      \
     CLONE_PTRACE)

enum row_kind { ROW_ALLOW, ROW_VALUE, ROW_CLEAR, ROW_DENY, ROW_REACH };

struct row {
    int call; /* negative: libseccomp's number of a call that is not on this machine */
    unsigned char kind, argument;
    uint64_t value;
};

static int add_row(scmp_filter_ctx filter, const struct row *r)
{
    const uint32_t action = r->kind == ROW_DENY ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ALLOW;
    struct scmp_arg_cmp condition = {.arg = r->argument};

    if (r->kind == ROW_ALLOW || r->kind == ROW_DENY)
        return seccomp_rule_add_array(filter, action, r->call, 0, NULL);
    condition.op = r->kind == ROW_CLEAR ? SCMP_CMP_MASKED_EQ : SCMP_CMP_EQ;
    condition.datum_a = r->value;
    if (r->kind == ROW_CLEAR) /* op, mask, value */
        condition.datum_b = 0;
    return seccomp_rule_add_array(filter, action, r->call, 1, &condition);
}

static int add_rows(scmp_filter_ctx filter, bool reach)
{
#define ALLOW(call) {SCMP_SYS(call), ROW_ALLOW, 0, 0},
#define VALUE(call, n, value) {SCMP_SYS(call), ROW_VALUE, n, value},
#define CLEAR(call, n, mask) {SCMP_SYS(call), ROW_CLEAR, n, mask},
#define DENY(call) {SCMP_SYS(call), ROW_DENY, 0, 0},
#define REACH(call, n, value) {SCMP_SYS(call), ROW_REACH, n, value},
    /* Not static: the signals' numbers are the C library's to choose, at run time. */
    const struct row rows[] = {
#include "hostvirt/wall/calls.def"
    };
    int error = 0;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && error == 0; i++)
        if (rows[i].call != __NR_SCMP_UNDEF && (rows[i].kind != ROW_REACH || reach))
            error = add_row(filter, &rows[i]);
    return error;
}

static int build(scmp_filter_ctx filter, bool reach)
{
    int error = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

    if (error == 0)
        error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    return error != 0 ? error : add_rows(filter, reach);
}

/* libseccomp writes the program to a descriptor: one that can be read again. */
static int print(scmp_filter_ctx filter, const char *name)
{
    FILE *program = tmpfile();
    int error = program == NULL ? -errno : seccomp_export_bpf(filter, fileno(program));
    struct sock_filter f;

    if (error != 0)
        return error;
    rewind(program);
    printf("#define %s \\\n", name);
    while (fread(&f, sizeof f, 1, program) == 1)
        printf("    {%#x, %u, %u, %#x}, \\\n", f.code, f.jt, f.jf, f.k);
    putchar('\n');
    return ferror(program) || fclose(program) != 0 || fflush(stdout) != 0 ? -EIO : 0;
}

static int compile(const char *name, bool reach)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    int error = filter == NULL ? -ENOMEM : build(filter, reach);

    if (error == 0)
        error = print(filter, name);
    if (filter != NULL)
        seccomp_release(filter);
    return error;
}

int main(void)
{
    printf("#define WALL_FIRST_SIGNAL %d /* SIGRTMIN: the filter lets pass signals that are counted from it */\n", SIGRTMIN);
    int error = compile("WALL_PROGRAM", false);

    if (error == 0)
        error = compile("WALL_PROGRAM_REACH", true);
    if (error != 0)
        fprintf(stderr, "cannot compile the monitor's filter of system calls: %s\n", strerror(-error));
    return error != 0;
}
