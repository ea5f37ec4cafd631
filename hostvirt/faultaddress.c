/* Which address an instruction could not reach.  KVM says only that there was one (EFAULT) when the host's memory below
 * a guest page is missing; the operands are worked out from the instruction (SDM 2A, chapter 2) and tried.  Operands
 * relative to FS or GS are not followed: thread-local storage is no file. */
#include "hostvirt/thread_private.h"
#include "hostvirt/uaccess.h"

#include <string.h>

#define INSTRUCTION_BYTES 15
#define CANDIDATES 4

enum { REX_B = 1, REX_X = 2, REX_R = 4, REX_W = 8 };

struct decoder {
    uint8_t code[INSTRUCTION_BYTES + 1];
    unsigned length, at;
    unsigned rex;      /* REX_*; VEX and EVEX prefixes are translated to it */
    unsigned segment;  /* 0x64, 0x65 or 0 */
    bool short_address;
    unsigned map;      /* 0: one byte, 1: 0F, 2: 0F 38, 3: 0F 3A */
    unsigned scale;    /* of EVEX's compressed 8-bit displacement, 1 otherwise */
};

static uint64_t general_register(const struct kvm_regs *r, unsigned number)
{
    const __u64 values[16] = {r->rax, r->rcx, r->rdx, r->rbx, r->rsp, r->rbp, r->rsi, r->rdi,
                              r->r8,  r->r9,  r->r10, r->r11, r->r12, r->r13, r->r14, r->r15};

    return values[number & 15];
}

static unsigned next_byte(struct decoder *d)
{
    return d->at < d->length ? d->code[d->at++] : 0;
}

static bool read_code(struct decoder *d, uint64_t rip)
{
    memset(d, 0, sizeof *d);
    d->scale = 1;
    while (d->length < INSTRUCTION_BYTES && copy_in(d->code + d->length, rip + d->length, 1) == 0)
        d->length++;
    return d->length > 0;
}

/* VEX (C4, C5) and EVEX (62): the inverted R, X, B bits and the opcode map. */
static void read_vector_prefix(struct decoder *d, unsigned first)
{
    unsigned second = next_byte(d);

    if (first == 0xc5) {
        d->rex = second & 0x80 ? 0 : REX_R;
        d->map = 1;
        return;
    }
    unsigned third = next_byte(d);
    d->rex = (second & 0x80 ? 0 : REX_R) | (second & 0x40 ? 0 : REX_X) | (second & 0x20 ? 0 : REX_B) |
             (third & 0x80 ? REX_W : 0);
    d->map = second & (first == 0x62 ? 7 : 31);
    if (first == 0x62) {
        unsigned fourth = next_byte(d);
        /* Full-vector operands, the usual case; with broadcast one element. */
        d->scale = fourth & 0x10 ? (d->rex & REX_W ? 8 : 4) : 16u << ((fourth >> 5) & 3);
    }
}

static unsigned read_opcode(struct decoder *d)
{
    for (;;) {
        unsigned byte = next_byte(d);
        if (byte == 0x64 || byte == 0x65)
            d->segment = byte;
        else if (byte == 0x67)
            d->short_address = true;
        else if (byte != 0x66 && byte != 0xf0 && byte != 0xf2 && byte != 0xf3 && byte != 0x2e && byte != 0x36 &&
                 byte != 0x3e && byte != 0x26) {
            if ((byte & 0xf0) == 0x40) {
                d->rex = byte & 15;
                byte = next_byte(d);
            }
            if (byte == 0xc4 || byte == 0xc5 || byte == 0x62) {
                read_vector_prefix(d, byte);
                return next_byte(d);
            }
            if (byte != 0x0f)
                return byte;
            byte = next_byte(d);
            d->map = byte == 0x38 ? 2 : byte == 0x3a ? 3 : 1;
            return d->map == 1 ? byte : next_byte(d);
        }
        if (d->at >= d->length)
            return 0x90;
    }
}

static bool has_modrm(const struct decoder *d, unsigned opcode)
{
    if (d->map != 0)
        return !(d->map == 1 && ((opcode & 0xf0) == 0x80 || opcode == 0x05 || opcode == 0xa2 || opcode == 0x31));
    if (opcode < 0x40)
        return (opcode & 7) < 4;
    return opcode == 0x63 || opcode == 0x69 || opcode == 0x6b || (opcode >= 0x80 && opcode <= 0x8f) ||
           opcode == 0xc0 || opcode == 0xc1 || opcode == 0xc6 || opcode == 0xc7 ||
           (opcode >= 0xd0 && opcode <= 0xd3) || (opcode >= 0xd8 && opcode <= 0xdf) || opcode == 0xf6 ||
           opcode == 0xf7 || opcode == 0xfe || opcode == 0xff;
}

/* Bytes behind the operand, which RIP-relative addresses count from. */
static unsigned immediate_bytes(const struct decoder *d, unsigned opcode, unsigned modrm)
{
    if (d->map == 3)
        return 1;
    if (d->map != 0)
        return d->map == 1 && ((opcode >= 0x70 && opcode <= 0x73) || opcode == 0xa4 || opcode == 0xac ||
                               opcode == 0xba || opcode == 0xc2 || (opcode >= 0xc4 && opcode <= 0xc6));
    if (opcode == 0x80 || opcode == 0x83 || opcode == 0x6b || opcode == 0xc0 || opcode == 0xc1 || opcode == 0xc6)
        return 1;
    bool test = (modrm & 0x38) <= 8;
    if (opcode == 0xf6)
        return test ? 1 : 0;
    return opcode == 0x81 || opcode == 0x69 || opcode == 0xc7 || (opcode == 0xf7 && test) ? 4 : 0;
}

static int64_t displacement(struct decoder *d, unsigned bytes)
{
    int32_t value = 0;

    if (bytes == 1)
        return (int64_t)(int8_t)next_byte(d) * d->scale;
    for (unsigned i = 0; i < 4; i++)
        value = (int32_t)((uint32_t)value | next_byte(d) << (8 * i));
    return value;
}

/* The memory operand's address without its segment's base; false when it is a register. */
static bool operand(struct decoder *d, const struct kvm_regs *r, unsigned opcode, uint64_t *address)
{
    unsigned modrm = next_byte(d), mode = modrm >> 6, low = modrm & 7;
    unsigned b = d->rex & REX_B ? 8 : 0, x = d->rex & REX_X ? 8 : 0;
    uint64_t sum = 0;

    if (mode == 3)
        return false;
    if (low == 4) {
        unsigned sib = next_byte(d), index = ((sib >> 3) & 7) | x, base = (sib & 7) | b;
        if (index != 4)
            sum = general_register(r, index) << (sib >> 6);
        if ((base & 7) == 5 && mode == 0)
            sum += (uint64_t)displacement(d, 4);
        else
            sum += general_register(r, base);
    } else if (low == 5 && mode == 0) {
        sum = (uint64_t)displacement(d, 4);
        sum += r->rip + d->at + immediate_bytes(d, opcode, modrm);
    } else {
        sum = general_register(r, low | b);
    }
    if (mode == 1)
        sum += (uint64_t)displacement(d, 1);
    else if (mode == 2)
        sum += (uint64_t)displacement(d, 4);
    *address = d->short_address ? (uint32_t)sum : sum;
    return true;
}

/* The first address of [from, from + bytes) that cannot be read; 0: all can.  Pages beyond a file's end can neither be
 * read nor written, so that reading tells. */
static uint64_t unreachable(uint64_t from, unsigned bytes)
{
    uint8_t byte;

    if (!guest_range_valid(from, bytes))
        return 0;
    if (copy_in(&byte, from, 1) != 0)
        return from;
    uint64_t last = from + bytes - 1;
    if (page_down(last) != page_down(from) && copy_in(&byte, last, 1) != 0)
        return page_down(last);
    return 0;
}

uint64_t fault_address(const struct kvm_regs *regs)
{
    struct decoder d;
    uint64_t candidates[CANDIDATES], found;
    unsigned count = 0;

    if (!read_code(&d, regs->rip))
        return regs->rip;
    unsigned opcode = read_opcode(&d);
    if (has_modrm(&d, opcode)) {
        uint64_t address;
        if (operand(&d, regs, opcode, &address))
            candidates[count++] = address;
    }
    /* Instructions on strings (movs, cmps, stos, lods, scas), and those that push and pop. */
    if (d.map == 0 && ((opcode >= 0xa4 && opcode <= 0xa7) || (opcode >= 0xaa && opcode <= 0xaf))) {
        candidates[count++] = regs->rsi;
        candidates[count++] = regs->rdi;
    } else if (d.map == 0) {
        candidates[count++] = regs->rsp;
        candidates[count++] = regs->rsp - 8;
    }
    for (unsigned i = 0; i < count; i++)
        if ((found = unreachable(candidates[i], d.map != 0 ? 64 : 8)) != 0)
            return found;
    /* The instruction itself may run on into a page that is missing. */
    return d.length < INSTRUCTION_BYTES && d.at >= d.length ? regs->rip + d.length : 0;
}
