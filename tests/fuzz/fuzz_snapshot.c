/* Fuzzing of the reader of snapshots: any bytes must be refused with a sentence or taken, and what is taken must be
 * safe to verify, to inspect and to make a policy from.  Is to be built with
 * -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION: then the reader leaves checksums out.
 *
 * The first byte says what the rest is: 0: a whole file; else sections, each two bytes of length and its contents,
 * which are put into a file whose header and table are right, so that the fuzzer need not find those. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hostvirt/snapshot_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const enum section_kind kinds[] = {
    SECTION_MACHINE, SECTION_POLICY, SECTION_PROCESS, SECTION_THREADS, SECTION_FILES, SECTION_MAPPINGS,
    SECTION_DESCRIPTORS, SECTION_SCRATCH, SECTION_PAGES, SECTION_CHUNKS, SECTION_PARENT, SECTION_FRAMES,
};
#define KINDS (sizeof kinds / sizeof kinds[0])

static void put(int host, const void *bytes, size_t count, off_t at)
{
    if (pwrite(host, bytes, count, at) != (ssize_t)count)
        abort(); /* memory is all that can be missing */
}

/* data[0]: flags of the header, and how many pages of data there are. */
static void write_sections(int host, const uint8_t *data, size_t size)
{
    struct snapshot_header h = {.container = VERSION_CONTAINER, .state = VERSION_STATE, .guest = VERSION_GUEST,
                                .flags = data[0] >> 4 & HEADER_FLAGS, .data_bytes = (data[0] & 15) * PAGE_BYTES};
    struct codec table = {.writing = true};
    uint8_t page[HEADER_BYTES];
    uint64_t at = DATA_OFFSET + (h.flags & HEADER_COMPRESSED ? 0 : h.data_bytes);

    data++, size--;
    for (size_t i = 0; i < KINDS && size >= 2; i++) {
        size_t length = data[0] | (size_t)data[1] << 8;
        data += 2, size -= 2;
        length = length < size ? length : size;
        struct snapshot_section section = {.kind = kinds[i], .offset = (at + 7) & ~7ull, .bytes = length};
        put(host, data, length, (off_t)section.offset);
        code_section(&table, &section);
        at = section.offset + length;
        data += length, size -= length;
        h.sections++;
    }
    h.table_offset = at;
    h.file_bytes = at + table.used;
    put(host, table.data, table.used, (off_t)at);
    free(table.data);
    header_write(&h, page);
    put(host, page, sizeof page, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static FILE *nowhere; /* opened once */
    struct snapshot *s = NULL;
    struct policy policy;
    char reason[1024] = "";
    int host = memfd_create("snapshot", MFD_CLOEXEC);

    if (host < 0 || size < 2) {
        if (host >= 0)
            close(host);
        return 0;
    }
    if (nowhere == NULL)
        nowhere = fopen("/dev/null", "w");
    if (data[0] == 0)
        put(host, data + 1, size - 1, 0);
    else
        write_sections(host, data + 1, size - 1);
    if (snapshot_open_host(&s, host, "/nonexistent/fuzzed", reason, sizeof reason) == 0) {
        snapshot_verify(s, reason, sizeof reason);
        snapshot_inspect(s, nowhere, false);
        snapshot_inspect(s, nowhere, true);
        if (snapshot_policy(s, &policy, reason, sizeof reason) == 0)
            policy_free(&policy);
        snapshot_close(s);
    } else if (reason[0] == '\0') {
        abort(); /* no refusal without a sentence */
    }
    close(host);
    return 0;
}
