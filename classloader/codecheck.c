/* Static constraints on code: the driver, and errors in the words of HotSpot's two verifiers. */
#include "classloader/codecheck.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "classloader/codecheck_private.h"

enum { VERSION_STACK_MAPS = 50, LINE_BYTES = 16 };

/* Appends to a bounded message; what does not fit is left out. */
static void append(struct parse_error *e, const char *fmt, ...) PRINTF(2, 3);
static void append(struct parse_error *e, const char *fmt, ...)
{
    size_t used = strlen(e->message);
    va_list args;
    va_start(args, fmt);
    vsnprintf(e->message + used, sizeof e->message - used, fmt, args);
    va_end(args);
}

static void append_reason(struct parse_error *e, enum code_reason reason, uint32_t detail)
{
    append(e, "\n  Reason:\n    ");
    switch (reason) {
    case REASON_BYTECODE: append(e, "Error exists in the bytecode"); break;
    case REASON_CP_INDEX: append(e, "Constant pool index %u is invalid", detail); break;
    case REASON_LOCAL: append(e, "Local index %u is invalid", detail); break;
    case REASON_OVERFLOW: append(e, "Exceeded max stack size."); break;
    case REASON_UNDERFLOW: append(e, "Attempt to pop empty stack."); break;
    case REASON_NO_FRAME: append(e, "Expected stackmap frame at this location."); break;
    }
}

/* Hexadecimal dump in lines of 16 bytes, pairs apart, short lines padded. */
static void append_bytecode(struct parse_error *e, const uint8_t *code, uint32_t length)
{
    append(e, "\n  Bytecode:\n");
    for (uint32_t line = 0; line < length; line += LINE_BYTES) {
        char text[48];
        int at = 0;
        for (uint32_t i = line; i < line + LINE_BYTES; i++) {
            if (i > line && i % 2 == 0)
                text[at++] = ' ';
            at += i < length ? sprintf(text + at, "%02x", code[i]) : sprintf(text + at, "  ");
        }
        append(e, "    %07x: %s\n", line, text);
    }
}

bool code_refuse(struct code_check *k, uint32_t pc, enum code_reason reason, uint32_t detail, const char *old,
                 const char *fmt, ...)
{
    struct parse_error *e = k->error;
    const struct method *m = k->method;
    e->exception = "java/lang/VerifyError";
    if (k->class->major_version < VERSION_STACK_MAPS) {
        snprintf(e->message, sizeof e->message, "(class: %s, method: %s signature: %s) %s", k->class->name->bytes,
                 m->name->bytes, m->descriptor->bytes, old);
        return false;
    }
    va_list args;
    va_start(args, fmt);
    vsnprintf(e->message, sizeof e->message, fmt, args);
    va_end(args);
    const char *opcode = pc < k->length && k->code[pc] < OPCODE_COUNT ? opcode_table[k->code[pc]].name : "<invalid>";
    append(e, "\nException Details:\n  Location:\n    %s.%s%s @%u: %s", k->class->name->bytes, m->name->bytes,
           m->descriptor->bytes, pc, opcode);
    append_reason(e, reason, detail);
    append_bytecode(e, k->code, k->length);
    return false;
}

bool code_format_error(struct code_check *k, const char *what, uint32_t pc)
{
    char name[700];
    k->error->exception = "java/lang/ClassFormatError";
    snprintf(k->error->message, sizeof k->error->message, "%s %u in method '%s'", what, pc,
             method_external_name(k->method, name, sizeof name));
    return false;
}

static bool check_method(struct code_check *k, const struct method *m)
{
    k->method = m;
    k->code = m->bytecode;
    k->length = m->bytecode_length;
    k->work_count = 0;
    memset(k->starts, 0, k->length);
    return code_find_starts(k) && code_check_tables(k) && code_check_operands(k) && code_check_targets(k) &&
           code_check_frames(k) && code_check_stack(k);
}

/* Scratch memory for methods of at most `length` bytes. */
static bool begin(struct code_check *k, const struct class *c, uint32_t length, struct parse_error *error)
{
    *k = (struct code_check) { .class = c, .error = error };
    k->starts = malloc(length + 1);
    k->depths = malloc((length + 1) * sizeof *k->depths);
    k->work = malloc((length + 1) * sizeof *k->work);
    if (k->starts && k->depths && k->work)
        return true;
    error->exception = "java/lang/OutOfMemoryError";
    snprintf(error->message, sizeof error->message, "Metaspace");
    return false;
}

static void end(struct code_check *k)
{
    free(k->starts);
    free(k->depths);
    free(k->work);
}

bool codecheck_class(const struct class *c, struct parse_error *error)
{
    uint32_t longest = 0;
    for (uint16_t i = 0; i < c->method_count; i++) {
        if (c->methods[i]->bytecode_length > longest)
            longest = c->methods[i]->bytecode_length;
    }
    if (longest == 0)
        return true;
    struct code_check k;
    bool ok = begin(&k, c, longest, error);
    for (uint16_t i = 0; ok && i < c->method_count; i++)
        ok = !c->methods[i]->bytecode || check_method(&k, c->methods[i]);
    end(&k);
    return ok;
}
