/* libFuzzer target: programs.  Any file is refused with an error that leaves the old program, or replaces it: headers,
 * segments and interpreters of ELF files, and scripts.  Its registers then go to the decoder of faulting instructions,
 * with the file's own bytes as code. */
#include "tests/fuzz/fuzz_guest.h"

#include "hostvirt/exec.h"
#include "hostvirt/guestsignal.h"
#include "hostvirt/memory_private.h"
#include "hostvirt/thread_private.h"
#include "hostvirt/uaccess.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void write_program(const uint8_t *data, size_t bytes)
{
    char path[128];
    guest_host_path(path, "w/program");
    int host = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    if (host < 0 || write(host, data, bytes) != (ssize_t)bytes)
        abort();
    close(host);
}

/* memory.h's invariant as far as the list shows it: sorted, page-aligned, in the guest's part. */
static void check_list(const struct memory *m)
{
    uint64_t last = GUEST_LOW;
    for (size_t i = 0; i < m->count; i++) {
        const struct mapping *mapping = &m->list[i];
        if (mapping->start < last || mapping->end <= mapping->start || mapping->end > GUEST_HIGH ||
            (mapping->start | mapping->end) % PAGE_BYTES != 0)
            abort();
        last = mapping->end;
    }
}

static void decode(struct thread *t, const uint8_t *data, size_t bytes)
{
    struct kvm_regs regs = t->cpu.regs;
    uint64_t address = SCRATCH + SCRATCH_BYTES - (bytes < 15 ? bytes : 15);

    if (copy_out(address, data, bytes < 15 ? bytes : 15) != 0)
        return; /* the program has taken the place of that memory */
    if (bytes > 64)
        memcpy(&regs, data + bytes - 64, 64);
    regs.rip = address;
    fault_address(&regs);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    guest_start();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static char *arguments[] = {"program", "argument", NULL}, *environment[] = {"NAME=value", NULL};
    const struct image image = {"/w/program", arguments, environment};
    struct thread *t = guest_begin();

    write_program(data, bytes);
    decode(t, data, bytes);
    uint64_t stack = t->cpu.regs.rsp;
    int error = exec_load(t, &image);
    if (error > 0 || (error != 0 && t->cpu.regs.rsp != stack))
        abort(); /* a refusal leaves the old program */
    check_list(t->process->memory);
    guest_end(t);
    return 0;
}
