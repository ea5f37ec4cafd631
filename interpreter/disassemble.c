/* Listings for people: original bytecode in the layout of javap -c, and the register code made from it. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "interpreter/interpreter.h"
#include "interpreter/translate.h"
#include "vm/log.h"

static void print_member(const struct constant_pool *cp, uint16_t index, FILE *out)
{
    struct cp_member m = cp_member(cp, index);
    const char *kind = cp->tags[index] == CP_FIELDREF ? "Field"
                     : cp->tags[index] == CP_METHODREF ? "Method" : "InterfaceMethod";
    bool quoted = m.name->bytes[0] == '<';
    fprintf(out, "%s %s.%s%s%s:%s", kind, m.class_name->bytes, quoted ? "\"" : "", m.name->bytes, quoted ? "\"" : "",
            m.descriptor->bytes);
}

static void print_text(const struct symbol *text, FILE *out)
{
    for (uint16_t i = 0; i < text->length; i++) {
        unsigned char c = (unsigned char)text->bytes[i];
        if (c == '\n')
            fputs("\\n", out);
        else if (c == '\t')
            fputs("\\t", out);
        else
            fputc(isprint(c) || c >= 0x80 ? c : '?', out);
    }
}

static void print_constant(const struct constant_pool *cp, uint16_t index, FILE *out)
{
    const union cp_value *value = &cp->values[index];
    switch (cp->tags[index]) {
    case CP_INTEGER: fprintf(out, "int %d", value->i); break;
    case CP_LONG: fprintf(out, "long %lldl", (long long)value->j); break;
    case CP_FLOAT: fprintf(out, "float %gf", (double)value->f); break;
    case CP_DOUBLE: fprintf(out, "double %gd", value->d); break;
    case CP_CLASS: fprintf(out, "class %s", cp_class_name(cp, index)->bytes); break;
    case CP_STRING:
        fputs("String ", out);
        print_text(cp_utf8(cp, value->ref.a), out);
        break;
    case CP_METHOD_TYPE: fprintf(out, "MethodType %s", cp_utf8(cp, value->ref.a)->bytes); break;
    case CP_METHOD_HANDLE:
        fputs("MethodHandle ", out);
        print_member(cp, value->ref.b, out);
        break;
    case CP_DYNAMIC:
    case CP_INVOKE_DYNAMIC: {
        const union cp_value *nt = &cp->values[value->ref.b];
        fprintf(out, "%s #%u:%s:%s", cp->tags[index] == CP_DYNAMIC ? "Dynamic" : "InvokeDynamic", value->ref.a,
                cp_utf8(cp, nt->ref.a)->bytes, cp_utf8(cp, nt->ref.b)->bytes);
        break;
    }
    case CP_FIELDREF:
    case CP_METHODREF:
    case CP_INTERFACE_METHODREF: print_member(cp, index, out); break;
    default: break;
    }
}

static void print_switch(const uint8_t *code, uint32_t bci, FILE *out)
{
    uint32_t operands = (bci + 4) & ~3u;
    bool table = code[bci] == OPC_tableswitch;
    int32_t low = table ? read_s4(code + operands + 4) : 0;
    uint32_t count = table ? (uint32_t)(read_s4(code + operands + 8) - low) + 1 : read_u4(code + operands + 4);
    if (table)
        fprintf(out, "   { // %d to %d\n", low, read_s4(code + operands + 8));
    else
        fprintf(out, "  { // %u\n", count);
    const uint8_t *entry = code + operands + (table ? 12 : 8);
    for (uint32_t i = 0; i < count; i++, entry += table ? 4 : 8)
        fprintf(out, "%20d: %d\n", table ? low + (int32_t)i : read_s4(entry),
                (int32_t)bci + read_s4(table ? entry : entry + 4));
    fprintf(out, "             default: %d\n        }\n", (int32_t)bci + read_s4(code + operands));
}

static void print_commented(const struct constant_pool *cp, const char *operands, uint16_t index, FILE *out)
{
    fprintf(out, " %-18s // ", operands);
    print_constant(cp, index, out);
    fputc('\n', out);
}

static void print_operands(const struct constant_pool *cp, const uint8_t *code, uint32_t bci, FILE *out)
{
    static const char *const element_types[] = { "boolean", "char", "float", "double", "byte", "short", "int", "long" };
    const uint8_t *p = code + bci + 1;
    char text[48];
    switch (opcode_table[code[bci]].format) {
    case FORMAT_S1: fprintf(out, " %d\n", read_s1(p)); break;
    case FORMAT_S2: fprintf(out, " %d\n", read_s2(p)); break;
    case FORMAT_LOCAL: fprintf(out, " %u\n", p[0]); break;
    case FORMAT_IINC: fprintf(out, " %u, %d\n", p[0], read_s1(p + 1)); break;
    case FORMAT_BRANCH2: fprintf(out, " %d\n", (int32_t)bci + read_s2(p)); break;
    case FORMAT_BRANCH4: fprintf(out, " %d\n", (int32_t)bci + read_s4(p)); break;
    case FORMAT_NEWARRAY: fprintf(out, " %s\n", p[0] >= 4 && p[0] <= 11 ? element_types[p[0] - 4] : "?"); break;
    case FORMAT_CP1:
        snprintf(text, sizeof text, "#%u", p[0]);
        print_commented(cp, text, p[0], out);
        break;
    case FORMAT_CP2:
    case FORMAT_FIELD:
    case FORMAT_METHOD:
    case FORMAT_CLASS:
        snprintf(text, sizeof text, "#%u", read_u2(p));
        print_commented(cp, text, read_u2(p), out);
        break;
    case FORMAT_INTERFACE:
    case FORMAT_INDY:
    case FORMAT_MULTIANEWARRAY:
        snprintf(text, sizeof text, "#%u,  %u", read_u2(p), p[2]);
        print_commented(cp, text, read_u2(p), out);
        break;
    case FORMAT_WIDE:
        if (p[0] == OPC_iinc)
            fprintf(out, " %s %u, %d\n", opcode_table[p[0]].name, read_u2(p + 1), read_s2(p + 3));
        else
            fprintf(out, " %s %u\n", opcode_table[p[0]].name, read_u2(p + 1));
        break;
    default: fputc('\n', out); break;
    }
}

static void print_handlers(const struct method *m, FILE *out)
{
    fprintf(out, "      Exception table:\n         from    to  target type\n");
    for (uint32_t i = 0; i < m->handler_count; i++) {
        const struct exception_handler *h = &m->handlers[i];
        fprintf(out, "         %5u %5u %5u   %s%s\n", h->start_pc, h->end_pc, h->handler_pc,
                h->catch_type == 0 ? "any" : "Class ",
                h->catch_type == 0 ? "" : cp_class_name(&m->owner->cp, h->catch_type)->bytes);
    }
}

void disassemble(const struct method *m, FILE *out)
{
    char name[1024];
    fprintf(out, "  %s;\n    Code:\n", method_external_name(m, name, sizeof name));
    for (uint32_t bci = 0; m->bytecode != NULL && bci < m->bytecode_length;) {
        uint32_t next = bytecode_next(m->bytecode, bci, m->bytecode_length);
        uint8_t opcode = m->bytecode[bci];
        if (next > m->bytecode_length || opcode >= OPCODE_COUNT)
            break;
        bool bare = opcode_table[opcode].format == FORMAT_NONE;
        fprintf(out, bare ? "%8u: %s" : "%8u: %-13s", bci, opcode_table[opcode].name);
        if (opcode == OPC_tableswitch || opcode == OPC_lookupswitch)
            print_switch(m->bytecode, bci, out);
        else
            print_operands(&m->owner->cp, m->bytecode, bci, out);
        bci = next;
    }
    if (m->handler_count > 0)
        print_handlers(m, out);
}

void code_dump(const struct method *m, const struct code *code, FILE *out)
{
    static const struct { const char *name; uint8_t words; } table[] = {
#define IR(name, words, flags) { #name, words },
#include "interpreter/ir.def"
#undef IR
    };
    char name[1024];
    fprintf(out, "%s: registers %u, frame at %u\n", method_external_name(m, name, sizeof name),
            code->frame_bytes / (uint32_t)sizeof(union slot), code->frame_offset);
    for (uint32_t i = 0; i < code->count;) {
        const struct insn *insn = &code->insns[i];
        fprintf(out, "%6u @%-5u %-20s %u, %u, %d\n", i, code->bcis[i], table[insn->op].name, insn->a, insn->b,
                (int16_t)insn->c);
        uint32_t words = table[insn->op].words;
        if (insn->op == IR_TABLESWITCH || insn->op == IR_LOOKUPSWITCH) {
            uint32_t count = (uint32_t)((uint64_t)insn_word(insn) >> 32);
            words += (count * (insn->op == IR_LOOKUPSWITCH ? 2 : 1) + 2) / 2;
        }
        i += words;
    }
}

void code_log(const struct method *m, const struct code *code)
{
    char *text = NULL, *rest;
    size_t size;
    FILE *out = log_on(LOG_INTERPRETER, LOG_TRACE) ? open_memstream(&text, &size) : NULL;
    if (out == NULL)
        return;
    disassemble(m, out);
    code_dump(m, code, out);
    fclose(out);
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
        LOG(INTERPRETER, TRACE, "%s", line);
    free(text);
}
