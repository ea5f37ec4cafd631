/* The error report hs_err_pid<pid>.log.  Runs in a signal handler on an alternate stack, perhaps over broken memory:
 * the report is a list of parts, and a fault inside one makes the handler go on with the next. */
#include "vm/crash_report.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "vm/stackprint.h"
#include "vm/vm.h"

enum { NATIVE_FRAMES = 100, JAVA_FRAMES = 200, STACK_WORDS = 64, CODE_BYTES = 32, PATH_SIZE = 1024 };

/* One report per process, written by the one thread that faulted first. */
static struct {
    char path[PATH_SIZE];
    const char *version;
    int fd;
    unsigned part;                             /* the next part to write */
    bool opened;
} report = {.fd = -1};

struct fault { int number; const siginfo_t *info; const ucontext_t *context; };

__attribute__((format(printf, 2, 3))) static void emit(int fd, const char *fmt, ...)
{
    char line[2048];
    va_list args;
    va_start(args, fmt);
    int length = vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    if (length > (int)sizeof line - 1)
        length = (int)sizeof line - 1;
    for (int done = 0; done < length;) {
        ssize_t n = write(fd, line + done, (size_t)(length - done));
        if (n <= 0)
            return;
        done += (int)n;
    }
}

uintptr_t crash_pc(const void *context)
{
    return (uintptr_t)((const ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
}

static const char *signal_name(int number)
{
    switch (number) {
    case SIGSEGV: return "SIGSEGV";
    case SIGBUS: return "SIGBUS";
    case SIGFPE: return "SIGFPE";
    case SIGILL: return "SIGILL";
    default: return "signal";
    }
}

/* "C  [libc.so.6+0x1234]  memcpy+0x10" */
static void emit_address(int fd, uintptr_t pc)
{
    Dl_info found;
    if (dladdr((void *)pc, &found) == 0 || found.dli_fname == NULL) {
        emit(fd, "C  0x%016lx\n", pc);
        return;
    }
    const char *slash = strrchr(found.dli_fname, '/'), *file = slash != NULL ? slash + 1 : found.dli_fname;
    bool ours = strncmp(file, "libjvm", 6) == 0;
    emit(fd, "%c  [%s+0x%lx]", ours ? 'V' : 'C', file, pc - (uintptr_t)found.dli_fbase);
    if (found.dli_sname != NULL)
        emit(fd, "  %s+0x%lx", found.dli_sname, pc - (uintptr_t)found.dli_saddr);
    emit(fd, "\n");
}

static void emit_summary(int fd, const struct fault *f)
{
    emit(fd, "#\n# A fatal error has been detected by the Java Runtime Environment:\n#\n");
    emit(fd, "#  %s (0x%x) at pc=0x%016lx, pid=%d, tid=%d\n#\n", signal_name(f->number), (unsigned)f->number,
         crash_pc(f->context), (int)getpid(), (int)gettid());
    emit(fd,
         "# JRE version: OpenJDK Runtime Environment (%s)\n# Java VM: Cloister VM (%s, linux-amd64)\n# Problematic "
         "frame:\n# ",
         report.version, CLOISTER_VERSION);
    emit_address(fd, crash_pc(f->context));
    emit(fd, "#\n# Core dump: as `ulimit -c` and /proc/sys/kernel/core_pattern say\n#\n");
}

/* ---- parts ----------------------------------------------------------------------------------------------- */

static void part_summary(int fd, const struct fault *f)
{
    emit_summary(fd, f);
    emit(fd, "\n---------------  S U M M A R Y ------------\n\nCommand line:");
    struct vm *vm = vm_instance();
    for (size_t i = 0; vm != NULL && i < vm->options.argument_count; i++)
        emit(fd, " %s", vm->options.arguments[i]);
    const char *command = vm != NULL ? options_property(&vm->options, "sun.java.command") : NULL;
    emit(fd, " %s\n", command != NULL ? command : "");
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    emit(fd, "Time: %ld (seconds since 1970)", (long)now.tv_sec);
    if (vm != NULL)
        emit(fd, " elapsed time: %ld ms", (long)(now.tv_sec * 1000 + now.tv_nsec / 1000000 - vm->start_ms));
    emit(fd, "\n\n");
}

static void part_thread(int fd, const struct fault *f)
{
    const struct thread *t = thread_current();
    emit(fd, "---------------  T H R E A D  ---------------\n\n");
    if (t == NULL) {
        emit(fd, "Current thread is native thread\n\n");
        return;
    }
    static const char *const states[] = {"new", "in Java", "in native", "blocked", "terminated"};
    uint32_t state = atomic_load(&((struct thread *)t)->state);
    emit(fd, "Current thread (0x%016lx):  JavaThread \"%s\" [%s, id=%d, stack(0x%016lx,0x%016lx)]\n\n",
         (unsigned long)t, t->name, state < ARRAY_COUNT(states) ? states[state] : "?", t->tid,
         (unsigned long)t->c_stack_limit, (unsigned long)t->c_stack_base);
    uintptr_t sp = (uintptr_t)f->context->uc_mcontext.gregs[REG_RSP];
    if ((char *)sp < t->c_stack_limit && (char *)sp > t->c_stack_limit - (1 << 20))
        emit(fd, "The stack of this thread is nearly used up: this may be a stack overflow in native code\n\n");
}

/* Frame pointers: this library keeps them; a frame of code that does not ends the walk. */
static void part_native_stack(int fd, const struct fault *f)
{
    uintptr_t frame = (uintptr_t)f->context->uc_mcontext.gregs[REG_RBP],
              sp = (uintptr_t)f->context->uc_mcontext.gregs[REG_RSP];
    const struct thread *t = thread_current();
    uintptr_t end = t != NULL ? (uintptr_t)t->c_stack_base : sp + (64 << 10);
    emit(fd, "Native frames: (V=VM code, C=native code)\n");
    emit_address(fd, crash_pc(f->context));
    for (int i = 0; i < NATIVE_FRAMES && frame >= sp && frame + 16 <= end && frame % 8 == 0; i++) {
        uintptr_t next = ((uintptr_t *)frame)[0], pc = ((uintptr_t *)frame)[1];
        if (pc == 0)
            break;
        emit_address(fd, pc);
        if (next <= frame)
            break;
        frame = next;
    }
    emit(fd, "\n");
}

static void part_java_stack(int fd, const struct fault *fault)
{
    struct thread *t = thread_current();
    if (t == NULL || t->frame == NULL)
        return;
    emit(fd, "Java frames: (innermost first)\n");
    int count = 0;
    for (struct frame *f = thread_top_frame(t); f != NULL && count < JAVA_FRAMES; f = frame_caller(f), count++)
        print_method_location(fd, f->method, frame_bci(f));
    emit(fd, "\n");
}

static void part_siginfo(int fd, const struct fault *f)
{
    emit(fd, "siginfo: si_signo: %d (%s), si_code: %d, si_addr: 0x%016lx\n\n", f->number, signal_name(f->number),
         f->info->si_code, (unsigned long)f->info->si_addr);
}

static void part_registers(int fd, const struct fault *f)
{
    static const struct { const char *name; int index; } registers[] = {
        {"RAX", REG_RAX}, {"RBX", REG_RBX}, {"RCX", REG_RCX}, {"RDX", REG_RDX}, {"RSP", REG_RSP}, {"RBP", REG_RBP},
        {"RSI", REG_RSI}, {"RDI", REG_RDI}, {"R8 ", REG_R8},  {"R9 ", REG_R9},  {"R10", REG_R10}, {"R11", REG_R11},
        {"R12", REG_R12}, {"R13", REG_R13}, {"R14", REG_R14}, {"R15", REG_R15}, {"RIP", REG_RIP}, {"EFLAGS", REG_EFL},
        {"CSGSFS", REG_CSGSFS}, {"ERR", REG_ERR}, {"TRAPNO", REG_TRAPNO}, {"CR2", REG_CR2},
    };
    emit(fd, "Registers:\n");
    for (size_t i = 0; i < ARRAY_COUNT(registers); i++)
        emit(fd, "%s=0x%016llx%s", registers[i].name, f->context->uc_mcontext.gregs[registers[i].index],
             i % 4 == 3 || i + 1 == ARRAY_COUNT(registers) ? "\n" : ", ");
    emit(fd, "\n");
}

/* Looks at other functions' frames. */
static __attribute__((no_sanitize("address"))) void part_stack_words(int fd, const struct fault *f)
{
    const uintptr_t *sp = (const uintptr_t *)f->context->uc_mcontext.gregs[REG_RSP];
    emit(fd, "Top of stack: (sp=0x%016lx)\n", (unsigned long)sp);
    for (int i = 0; i < STACK_WORDS; i += 2)
        emit(fd, "0x%016lx:   %016lx %016lx\n", (unsigned long)(sp + i), sp[i], sp[i + 1]);
    emit(fd, "\n");
}

static void part_code(int fd, const struct fault *f)
{
    const uint8_t *pc = (const uint8_t *)crash_pc(f->context);
    emit(fd, "Instructions: (pc=0x%016lx)\n", (unsigned long)pc);
    for (int row = -CODE_BYTES; row < CODE_BYTES; row += 16) {
        emit(fd, "0x%016lx:  ", (unsigned long)(pc + row));
        for (int i = 0; i < 16; i++)
            emit(fd, " %02x", pc[row + i]);
        emit(fd, "\n");
    }
    emit(fd, "\n");
}

static void part_process(int fd, const struct fault *f)
{
    struct vm *vm = vm_instance();
    emit(fd, "---------------  P R O C E S S  ---------------\n\n");
    if (vm == NULL)
        return;
    emit(fd, "Java threads: %u (daemons: %u), started: %lu\nClasses loaded: %lu, safepoints: %lu\njava.home: %s\n\n",
         vm->thread_count, vm->daemon_count, (unsigned long)vm->threads_started,
         (unsigned long)atomic_load(&vm->classes_loaded), (unsigned long)atomic_load(&vm->safepoints),
         vm->options.java_home != NULL ? vm->options.java_home : "?");
}

static void copy_file(int fd, const char *path)
{
    char buffer[4096];
    int from = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n;
    while (from >= 0 && (n = read(from, buffer, sizeof buffer)) > 0)
        if (write(fd, buffer, (size_t)n) != n)
            break;
    if (from >= 0)
        close(from);
}

static void part_maps(int fd, const struct fault *f)
{
    emit(fd, "Dynamic libraries:\n");
    copy_file(fd, "/proc/self/maps");
    emit(fd, "\n");
}

static void part_options(int fd, const struct fault *f)
{
    struct vm *vm = vm_instance();
    emit(fd, "VM Arguments:\njvm_args:");
    for (size_t i = 0; vm != NULL && i < vm->options.argument_count; i++)
        emit(fd, " %s", vm->options.arguments[i]);
    emit(fd, "\n\n");
}

static void part_system(int fd, const struct fault *f)
{
    struct utsname system;
    emit(fd, "---------------  S Y S T E M  ---------------\n\n");
    if (uname(&system) == 0)
        emit(fd, "uname: %s %s %s %s\n", system.sysname, system.release, system.version, system.machine);
    copy_file(fd, "/proc/loadavg");
    copy_file(fd, "/proc/self/limits");
    emit(fd, "\nEND.\n");
}

static void (*const parts[])(int fd, const struct fault *f) = {
    part_summary, part_thread, part_native_stack, part_java_stack, part_siginfo, part_registers, part_stack_words,
    part_code, part_process, part_maps, part_options, part_system,
};

/* ---- the file -------------------------------------------------------------------------------------------- */

void crash_expand_pid(char *out, size_t size, const char *pattern)
{
    size_t used = 0;
    for (const char *p = pattern; *p != '\0' && used + 16 < size; p++) {
        if (p[0] == '%' && p[1] == 'p') {
            used += (size_t)snprintf(out + used, size - used, "%d", (int)getpid());
            p++;
        } else {
            out[used++] = p[0] == '%' && p[1] == '%' ? *p++ : *p;
        }
    }
    out[used] = '\0';
}

static int create(const char *path)
{
    return open(path, O_CREAT | O_TRUNC | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0644);
}

static void open_file(char *name, size_t size)
{
    struct vm *vm = vm_instance();
    const char *const patterns[] = {vm != NULL ? vm->options.error_file : NULL, "hs_err_pid%p.log",
                                    "/tmp/hs_err_pid%p.log"};
    for (size_t i = 0; i < ARRAY_COUNT(patterns) && report.fd < 0; i++) {
        if (patterns[i] == NULL)
            continue;
        crash_expand_pid(name, size, patterns[i]);
        report.fd = create(name);
    }
}

void crash_report_init(struct vm *vm)
{
    const char *version = options_property(&vm->options, "java.version");
    report.version = version != NULL ? version : "17";
}

static void announce(void)
{
    char cwd[PATH_SIZE];
    if (report.fd < 0) {
        emit(STDOUT_FILENO, "# Can not save log file, dump to screen..\n");
        report.fd = STDOUT_FILENO;
        return;
    }
    bool relative = report.path[0] != '/' && getcwd(cwd, sizeof cwd) != NULL;
    emit(STDOUT_FILENO, "# An error report file with more information is saved as:\n# %s%s%s\n#\n", relative ? cwd : "",
         relative ? "/" : "", report.path);
}

void crash_report(int number, const siginfo_t *info, const void *context)
{
    const struct fault f = {number, info, context};
    if (!report.opened) {
        report.opened = true;
        emit_summary(STDOUT_FILENO, &f);
        open_file(report.path, sizeof report.path);
        announce();
    } else if (report.fd >= 0) {
        emit(report.fd, "\n[error occurred during error reporting, %s (0x%x) at pc=0x%016lx]\n\n", signal_name(number),
             (unsigned)number, crash_pc(context));
    }
    while (report.part < ARRAY_COUNT(parts)) {
        unsigned part = report.part++;
        parts[part](report.fd, &f);
    }
}
