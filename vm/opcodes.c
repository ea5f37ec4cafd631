/* Tables derived from opcodes.def, and instruction lengths. */
#include "vm/opcodes.h"

#include <stddef.h>

const struct opcode_info opcode_table[OPCODE_COUNT] = {
#define OPCODE(code, name, format, pops, pushes, flags) [code] = { #name, pops, pushes, FORMAT_##format, flags },
#include "vm/opcodes.def"
#undef OPCODE
};

/* Every opcode has a row, and rows are in opcode order: the enum's last member follows jsr_w. */
_Static_assert(OPCODE_COUNT == 0xca, "opcodes.def must list 0x00 to 0xc9 in order");

const uint8_t opcode_fixed_length[256] = {
#define LENGTH_NONE 1
#define LENGTH_S1 2
#define LENGTH_S2 3
#define LENGTH_CP1 2
#define LENGTH_CP2 3
#define LENGTH_LOCAL 2
#define LENGTH_IINC 3
#define LENGTH_BRANCH2 3
#define LENGTH_BRANCH4 5
#define LENGTH_TABLESWITCH 0
#define LENGTH_LOOKUPSWITCH 0
#define LENGTH_FIELD 3
#define LENGTH_METHOD 3
#define LENGTH_INTERFACE 5
#define LENGTH_INDY 5
#define LENGTH_CLASS 3
#define LENGTH_NEWARRAY 2
#define LENGTH_MULTIANEWARRAY 4
#define LENGTH_WIDE 0
#define OPCODE(code, name, format, pops, pushes, flags) [code] = LENGTH_##format,
#include "vm/opcodes.def"
#undef OPCODE
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
    uint64_t length = opcode_fixed_length[code[pc]];
    if (length == 0)
        length = code[pc] == OPC_wide ? wide_length(code, pc, code_length) : switch_length(code, pc, code_length);
    return length != 0 && pc + length <= code_length ? (uint32_t)length : 0;
}
