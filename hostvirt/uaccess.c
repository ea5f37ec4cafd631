/* Copies between the monitor and guest memory, and the handler of the faults that they survive. */
#include "hostvirt/uaccess.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

/* uaccess_copy.S */
size_t uaccess_copy(void *to, const void *from, size_t bytes);
size_t uaccess_clear(void *to, size_t bytes);
int uaccess_load(const void *from, uint32_t *value);
int uaccess_exchange(void *word, uint32_t expected, uint32_t desired, uint32_t *seen);
int uaccess_store_half(void *to, uint16_t value);
extern const char uaccess_copy_begin[], uaccess_copy_end[], uaccess_clear_begin[], uaccess_clear_end[];
extern const char uaccess_load_begin[], uaccess_load_end[], uaccess_exchange_begin[], uaccess_exchange_end[];
extern const char uaccess_store_half_begin[], uaccess_store_half_end[];
extern const char uaccess_word_fault[];

/* Where guest memory is touched and where to go on when that faults. */
static const struct {
    const char *begin, *end, *resume;
} routines[] = {
    {uaccess_copy_begin, uaccess_copy_end, uaccess_copy_end},
    {uaccess_clear_begin, uaccess_clear_end, uaccess_clear_end},
    {uaccess_load_begin, uaccess_load_end, uaccess_word_fault},
    {uaccess_exchange_begin, uaccess_exchange_end, uaccess_word_fault},
    {uaccess_store_half_begin, uaccess_store_half_end, uaccess_word_fault},
};

static size_t append_text(char *to, size_t used, const char *text)
{
    size_t length = strlen(text);
    memcpy(to + used, text, length);
    return used + length;
}

static size_t append_hexadecimal(char *to, size_t used, uint64_t value)
{
    int digits = 1;
    for (uint64_t rest = value >> 4; rest != 0; rest >>= 4)
        digits++;
    for (int i = digits - 1; i >= 0; i--)
        to[used++] = "0123456789abcdef"[value >> (4 * i) & 15];
    return used;
}

/* The monitor itself is wrong (or somebody sent the signal): says so and lets the default action happen, which the
 * parent sees.  Only async-signal-safe calls. */
static void crash(int number, uint64_t address, uint64_t rip)
{
    char text[160];
    size_t used = append_text(text, 0, number == SIGBUS ? "cloister: the monitor failed (SIGBUS, address 0x"
                                                        : "cloister: the monitor failed (SIGSEGV, address 0x");
    used = append_hexadecimal(text, used, address);
    used = append_text(text, used, ", code 0x");
    used = append_hexadecimal(text, used, rip);
    used = append_text(text, used, "); please report this\n");
    ssize_t written = write(STDERR_FILENO, text, used);
    (void)written; /* nobody is left to tell */
    signal(number, SIG_DFL);
    /* Pending until the handler returns; needed when the signal came from outside, with nothing to fault again. */
    syscall(SYS_tgkill, getpid(), (pid_t)syscall(SYS_gettid), number);
}

/* Async-signal-safe.  The kernel itself answers EFAULT for guest buffers of host calls, and KVM_RUN for the guest's own
 * accesses: only the routines above fault here. */
static void fault_handler(int number, siginfo_t *info, void *context)
{
    ucontext_t *state = context;
    uintptr_t rip = (uintptr_t)state->uc_mcontext.gregs[REG_RIP];
    uint64_t address = (uint64_t)(uintptr_t)info->si_addr;
    if (info->si_code > 0 && address >= GUEST_LOW && address < GUEST_HIGH) {
        for (size_t i = 0; i < sizeof routines / sizeof routines[0]; i++) {
            if (rip >= (uintptr_t)routines[i].begin && rip < (uintptr_t)routines[i].end) {
                state->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)routines[i].resume;
                return;
            }
        }
    }
    crash(number, info->si_code > 0 ? address : 0, rip);
}

int uaccess_init(void)
{
    struct sigaction action = {.sa_sigaction = fault_handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    return sigaction(SIGSEGV, &action, NULL) != 0 || sigaction(SIGBUS, &action, NULL) != 0 ? -errno : 0;
}

int copy_in(void *to, uint64_t from, size_t bytes)
{
    if (bytes == 0)
        return 0;
    if (!guest_range_valid(from, bytes))
        return -EFAULT;
    return uaccess_copy(to, (const void *)(uintptr_t)from, bytes) == 0 ? 0 : -EFAULT;
}

int copy_out(uint64_t to, const void *from, size_t bytes)
{
    if (bytes == 0)
        return 0;
    if (!guest_range_valid(to, bytes))
        return -EFAULT;
    return uaccess_copy((void *)(uintptr_t)to, from, bytes) == 0 ? 0 : -EFAULT;
}

int clear_out(uint64_t to, size_t bytes)
{
    if (bytes == 0)
        return 0;
    if (!guest_range_valid(to, bytes))
        return -EFAULT;
    return uaccess_clear((void *)(uintptr_t)to, bytes) == 0 ? 0 : -EFAULT;
}

/* Page by page, so that a string that ends before a missing page is read whole. */
long copy_string(char *to, uint64_t from, size_t size)
{
    size_t used = 0;
    while (used < size) {
        uint64_t at = from + used;
        size_t part = (size_t)(PAGE_BYTES - (at & (PAGE_BYTES - 1)));
        if (part > size - used)
            part = size - used;
        if (at < from || copy_in(to + used, at, part) != 0)
            return -EFAULT;
        const char *end = memchr(to + used, 0, part);
        if (end != NULL)
            return end - to;
        used += part;
    }
    return -ENAMETOOLONG;
}

int exchange_word(uint64_t address, uint32_t expected, uint32_t desired, uint32_t *seen)
{
    if (address % sizeof(uint32_t) != 0)
        return -EINVAL;
    if (!guest_range_valid(address, sizeof(uint32_t)))
        return -EFAULT;
    return uaccess_exchange((void *)(uintptr_t)address, expected, desired, seen) == 0 ? 0 : -EFAULT;
}

int load_word(uint64_t address, uint32_t *value)
{
    if (!guest_range_valid(address, sizeof(uint32_t)))
        return -EFAULT;
    return uaccess_load((const void *)(uintptr_t)address, value) == 0 ? 0 : -EFAULT;
}

int store_half(uint64_t address, uint16_t value)
{
    if (!guest_range_valid(address, sizeof value))
        return -EFAULT;
    return uaccess_store_half((void *)(uintptr_t)address, value) == 0 ? 0 : -EFAULT;
}
