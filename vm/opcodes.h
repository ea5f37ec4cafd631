/* What opcodes.def says, as tables: for the parser, the verifier, the interpreter and whoever else reads bytecode. */
#ifndef CLOISTER_VM_OPCODES_H
#define CLOISTER_VM_OPCODES_H

#include <stdint.h>

enum opcode_format { /* operand bytes behind the opcode */
    FORMAT_NONE,
    FORMAT_S1,                           /* s1 constant */
    FORMAT_S2,                           /* s2 constant */
    FORMAT_CP1,                          /* u1 index into the constant pool */
    FORMAT_CP2,                          /* u2 */
    FORMAT_LOCAL,                        /* u1 local; u2 after wide */
    FORMAT_IINC,                         /* u1 local, s1; u2, s2 after wide */
    FORMAT_BRANCH2,
    FORMAT_BRANCH4,
    FORMAT_TABLESWITCH,
    FORMAT_LOOKUPSWITCH,
    FORMAT_FIELD,                        /* u2 Fieldref */
    FORMAT_METHOD,                       /* u2 Methodref */
    FORMAT_INTERFACE,                    /* u2, u1 count, 0 */
    FORMAT_INDY,                         /* u2, 0, 0 */
    FORMAT_CLASS,                        /* u2 Class */
    FORMAT_NEWARRAY,                     /* u1 type */
    FORMAT_MULTIANEWARRAY,               /* u2 Class, u1 dimensions */
    FORMAT_WIDE,
};
enum { OP_THROWS = 1, OP_BRANCHES = 2, OP_ENDS_BLOCK = 4, OP_CALLS = 8 };

enum opcode {
#define OPCODE(code, name, format, pops, pushes, flags) OPC_##name = code,
#include "vm/opcodes.def"
#undef OPCODE
    OPCODE_COUNT,
};

struct opcode_info { const char *name, *pops, *pushes; uint8_t format, flags; };
extern const struct opcode_info opcode_table[OPCODE_COUNT];
/* Lengths with the opcode.  0: no opcode, or it depends on the operands (opcode_length_at). */
extern const uint8_t opcode_fixed_length[256];
/* Whole instruction at code[pc] with its opcode, 0 when it is truncated or no opcode (code_length bounds
 * everything). */
uint32_t opcode_length_at(const uint8_t *code, uint32_t pc, uint32_t code_length);

#endif
