/* Tables derived from opcodes.def, and instruction lengths. */
#include "interpreter/opcodes.h"

#include <stddef.h>

const struct opcode_info opcode_table[OPCODE_COUNT] = {
#define OPCODE(code, name, format, pops, pushes, flags) [code] = { #name, pops, pushes, FORMAT_##format, flags },
#include "interpreter/opcodes.def"
#undef OPCODE
};

/* Every opcode has a row, and rows are in opcode order: the enum's last member follows jsr_w. */
_Static_assert(OPCODE_COUNT == 0xca, "opcodes.def must list 0x00 to 0xc9 in order");

static const uint8_t format_length[FORMAT_COUNT] = { /* with the opcode; 0: depends on the operands */
    [FORMAT_NONE] = 1, [FORMAT_S1] = 2, [FORMAT_S2] = 3, [FORMAT_CP1] = 2, [FORMAT_CP2] = 3, [FORMAT_LOCAL] = 2,
    [FORMAT_IINC] = 3, [FORMAT_BRANCH2] = 3, [FORMAT_BRANCH4] = 5, [FORMAT_FIELD] = 3, [FORMAT_METHOD] = 3,
    [FORMAT_INTERFACE] = 5, [FORMAT_INDY] = 5, [FORMAT_CLASS] = 3, [FORMAT_NEWARRAY] = 2, [FORMAT_MULTIANEWARRAY] = 4,
};

static int32_t read_s4(const uint8_t *p)
{
    return (int32_t)((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]);
}

/* JVMS 6.5 tableswitch, lookupswitch: 0 to 3 bytes of padding, default, then low and high or npairs, then the table. */
static uint64_t switch_length(const uint8_t *code, uint32_t pc, uint32_t code_length)
{
    uint64_t operands = ((uint64_t)pc + 4) & ~(uint64_t)3;
    if (code[pc] == OPC_tableswitch) {
        if (operands + 12 > code_length)
            return 0;
        int64_t low = read_s4(code + operands + 4), high = read_s4(code + operands + 8);
        return low > high ? 0 : operands - pc + 12 + 4 * (uint64_t)(high - low + 1);
    }
    if (operands + 8 > code_length)
        return 0;
    int64_t pairs = read_s4(code + operands + 4);
    return pairs < 0 ? 0 : operands - pc + 8 + 8 * (uint64_t)pairs;
}

/* JVMS 6.5 wide: loads, stores and ret take a u2 index, iinc a u2 index and an s2 constant. */
static uint64_t wide_length(const uint8_t *code, uint32_t pc, uint32_t code_length)
{
    if ((uint64_t)pc + 1 >= code_length || code[pc + 1] >= OPCODE_COUNT)
        return 0;
    switch (opcode_table[code[pc + 1]].format) {
    case FORMAT_LOCAL: return 4;
    case FORMAT_IINC: return 6;
    default: return 0;
    }
}

uint32_t opcode_length_at(const uint8_t *code, uint32_t pc, uint32_t code_length)
{
    if (pc >= code_length || code[pc] >= OPCODE_COUNT)
        return 0;
    uint8_t format = opcode_table[code[pc]].format;
    uint64_t length = format_length[format];
    if (length == 0)
        length = format == FORMAT_WIDE ? wide_length(code, pc, code_length) : switch_length(code, pc, code_length);
    return length != 0 && pc + length <= code_length ? (uint32_t)length : 0;
}
