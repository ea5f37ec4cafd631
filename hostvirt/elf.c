/* ELF files as programs: headers read and checked, segments mapped. */
#include "hostvirt/elf.h"
#include "hostvirt/lock.h"
#include "hostvirt/uaccess.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static bool header_valid(const Elf64_Ehdr *h)
{
    return memcmp(h->e_ident, ELFMAG, SELFMAG) == 0 && h->e_ident[EI_CLASS] == ELFCLASS64 &&
           h->e_ident[EI_DATA] == ELFDATA2LSB && h->e_machine == EM_X86_64 &&
           (h->e_type == ET_EXEC || h->e_type == ET_DYN) && h->e_phentsize == sizeof(Elf64_Phdr) && h->e_phnum > 0 &&
           h->e_phnum <= ELF_HEADERS_MAX;
}

/* A loadable segment widens the file's span; false when its numbers cannot be right. */
static bool take_segment(struct elf_file *f, const Elf64_Ehdr *h, const Elf64_Phdr *s)
{
    if (s->p_memsz == 0)
        return true;
    if (s->p_filesz > s->p_memsz || s->p_vaddr > GUEST_HIGH || s->p_memsz > GUEST_HIGH - s->p_vaddr ||
        s->p_offset > (uint64_t)f->bytes || s->p_filesz > (uint64_t)f->bytes - s->p_offset ||
        (s->p_vaddr - s->p_offset) % PAGE_BYTES != 0 || (s->p_align > 1 && (s->p_align & (s->p_align - 1)) != 0))
        return false;
    if (page_down(s->p_vaddr) < f->low)
        f->low = page_down(s->p_vaddr);
    if (page_up(s->p_vaddr + s->p_memsz) > f->high)
        f->high = page_up(s->p_vaddr + s->p_memsz);
    if (s->p_align > f->align && s->p_align <= WINDOW_BYTES)
        f->align = s->p_align;
    uint64_t table_end = h->e_phoff + (uint64_t)h->e_phnum * sizeof(Elf64_Phdr);
    if (h->e_phoff >= s->p_offset && table_end <= s->p_offset + s->p_filesz)
        f->headers = s->p_vaddr + (h->e_phoff - s->p_offset);
    return true;
}

static int take_interpreter(struct elf_file *f, const Elf64_Phdr *s)
{
    if (s->p_filesz < 2 || s->p_filesz > sizeof f->interpreter)
        return -ENOEXEC;
    if (pread(f->host, f->interpreter, s->p_filesz, (off_t)s->p_offset) != (ssize_t)s->p_filesz)
        return -EIO;
    return f->interpreter[s->p_filesz - 1] == '\0' ? 0 : -ENOEXEC;
}

static int read_headers(struct elf_file *f)
{
    Elf64_Ehdr h;
    struct stat status;
    int error;

    if (fstat(f->host, &status) != 0)
        return -errno;
    f->bytes = status.st_size;
    if (!S_ISREG(status.st_mode))
        return -EACCES;
    if (pread(f->host, &h, sizeof h, 0) != sizeof h || !header_valid(&h))
        return -ENOEXEC;
    f->count = h.e_phnum;
    f->fixed = h.e_type == ET_EXEC;
    f->entry = h.e_entry;
    size_t table = f->count * sizeof(Elf64_Phdr);
    if (h.e_phoff > (uint64_t)f->bytes || pread(f->host, f->segments, table, (off_t)h.e_phoff) != (ssize_t)table)
        return -ENOEXEC;
    f->executable_stack = true; /* what a missing PT_GNU_STACK means */
    for (unsigned i = 0; i < f->count; i++) {
        const Elf64_Phdr *s = &f->segments[i];
        if (s->p_type == PT_LOAD && !take_segment(f, &h, s))
            return -ENOEXEC;
        if (s->p_type == PT_INTERP && f->interpreter[0] == '\0' && (error = take_interpreter(f, s)) != 0)
            return error;
        if (s->p_type == PT_GNU_STACK)
            f->executable_stack = (s->p_flags & PF_X) != 0;
    }
    if (f->low >= f->high || (f->fixed && !guest_range_valid(f->low, f->high - f->low)))
        return -ENOEXEC;
    return 0;
}

int elf_open(struct elf_file *f, int host, const char *path)
{
    *f = (struct elf_file){.host = host, .low = UINT64_MAX, .align = PAGE_BYTES};
    if (strlen(path) >= sizeof f->path) {
        elf_close(f);
        return -ENAMETOOLONG;
    }
    strcpy(f->path, path);
    int error = read_headers(f);
    if (error != 0)
        elf_close(f);
    return error;
}

void elf_close(struct elf_file *f)
{
    if (f->host >= 0)
        lock_close_own(f->host);
    f->host = -1;
}

static int protection(const Elf64_Phdr *s)
{
    return (s->p_flags & PF_R ? PROT_READ : 0) | (s->p_flags & PF_W ? PROT_WRITE : 0) |
           (s->p_flags & PF_X ? PROT_EXEC : 0);
}

static int map_segment(const struct elf_file *f, struct memory *m, uint64_t base, const Elf64_Phdr *s)
{
    uint64_t start = base + page_down(s->p_vaddr), file_end = base + s->p_vaddr + s->p_filesz;
    uint64_t end = page_up(base + s->p_vaddr + s->p_memsz), mapped = start;
    int prot = protection(s);
    int64_t at;

    if (s->p_filesz > 0) {
        struct mapped_file *file = mapped_file_new(f->host, f->path);
        if (file == NULL)
            return -ENOMEM;
        at = memory_map(m, start, page_up(file_end) - start, prot, MAP_PRIVATE | MAP_FIXED, file, f->host,
                        page_down(s->p_offset));
        if (at < 0) {
            mapped_file_release(file);
            return (int)at;
        }
        mapped = page_up(file_end);
    }
    /* The rest of the last file page belongs to .bss; where it is not writable Linux leaves it, too. */
    if (s->p_memsz > s->p_filesz && (prot & PROT_WRITE) && file_end % PAGE_BYTES != 0 &&
        clear_out(file_end, page_up(file_end) - file_end) != 0)
        return -EFAULT;
    if (end > mapped) {
        at = memory_map(m, mapped, end - mapped, prot, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, NULL, -1, 0);
        if (at < 0)
            return (int)at;
    }
    return 0;
}

int elf_map(const struct elf_file *f, struct memory *m, uint64_t base)
{
    for (unsigned i = 0; i < f->count; i++) {
        const Elf64_Phdr *s = &f->segments[i];
        int error = s->p_type == PT_LOAD && s->p_memsz > 0 ? map_segment(f, m, base, s) : 0;
        if (error != 0)
            return error;
    }
    return 0;
}
