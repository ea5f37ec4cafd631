/* Where StackMapTable must have frames (JVMS 4.10.1): at every target of a branch, at every handler, and behind every
 * instruction that never falls through.  What the frames say is not used: types are inferred. */
#include <stdio.h>

#include "classloader/codecheck_private.h"

enum { VERSION_FRAMES_REQUIRED = 51 };
enum { /* JVMS 4.7.4 */
    ITEM_OBJECT = 7, ITEM_UNINITIALIZED = 8,
    SAME_MAXIMUM = 63, SAME_LOCALS_1_MAXIMUM = 127, SAME_LOCALS_1_EXTENDED = 247, SAME_EXTENDED = 251, FULL = 255,
};

struct reader { const uint8_t *p, *end; bool bad; };

static uint32_t take(struct reader *r, uint32_t bytes)
{
    if (r->end - r->p < (ptrdiff_t)bytes) {
        r->bad = true;
        return 0;
    }
    uint32_t value = bytes == 1 ? *r->p : read_u2(r->p);
    r->p += bytes;
    return value;
}

static void skip_types(struct reader *r, uint32_t count)
{
    for (; count > 0 && !r->bad; count--) {
        uint32_t tag = take(r, 1);
        if (tag == ITEM_OBJECT || tag == ITEM_UNINITIALIZED)
            take(r, 2);
        r->bad |= tag > ITEM_UNINITIALIZED;
    }
}

/* The frame's offset_delta. */
static uint32_t take_frame(struct reader *r)
{
    uint32_t type = take(r, 1), delta = type;
    if (type <= SAME_MAXIMUM)
        return delta;
    if (type <= SAME_LOCALS_1_MAXIMUM) {
        skip_types(r, 1);
        return delta - (SAME_MAXIMUM + 1);
    }
    r->bad |= type < SAME_LOCALS_1_EXTENDED;
    delta = take(r, 2);
    if (type == SAME_LOCALS_1_EXTENDED) {
        skip_types(r, 1);
    } else if (type == FULL) {
        skip_types(r, take(r, 2));
        skip_types(r, take(r, 2));
    } else if (type > SAME_EXTENDED) {
        skip_types(r, type - SAME_EXTENDED);
    }
    return delta;
}

static bool malformed(struct code_check *k)
{
    char name[700];
    k->error->exception = "java/lang/ClassFormatError";
    snprintf(k->error->message, sizeof k->error->message,
             "StackMapTable format error: access beyond the end of attribute in method '%s'",
             method_external_name(k->method, name, sizeof name));
    return false;
}

/* Marks in k->depths, which nobody uses yet, the instructions that have frames. */
static bool find_frames(struct code_check *k)
{
    memset(k->depths, 0, k->length * sizeof *k->depths);
    const uint8_t *table = code_attribute_find(k->method, sym_StackMapTable);
    if (table == NULL)
        return true;
    struct reader r = { table, table + read_u4(table - 4), false };
    uint32_t count = take(&r, 2), at = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t delta = take_frame(&r);
        if (r.bad)
            return malformed(k);
        at += delta + (i > 0);
        if (at >= k->length || !k->starts[at])
            return code_refuse(k, 0, REASON_NO_FRAME, 0, "", "StackMapTable error: bad offset");
        k->depths[at] = 1;
    }
    return true;
}

static bool has_frame(struct code_check *k, uint32_t pc, int64_t target)
{
    return k->depths[target] ||
           code_refuse(k, pc, REASON_NO_FRAME, 0, "", "Expecting a stackmap frame at branch target %d", (int)target);
}

bool code_check_frames(struct code_check *k)
{
    if (k->class->major_version < VERSION_FRAMES_REQUIRED)
        return true;
    if (!find_frames(k))
        return false;
    for (uint16_t i = 0; i < k->method->handler_count; i++)
        if (!has_frame(k, k->method->handlers[i].handler_pc, k->method->handlers[i].handler_pc))
            return false;
    for (uint32_t pc = 0, next; pc < k->length; pc = next) {
        next = pc + opcode_length_at(k->code, pc, k->length);
        if (!code_each_target(k, pc, has_frame))
            return false;
        if ((opcode_table[k->code[pc]].flags & OP_ENDS_BLOCK) && next < k->length && !k->depths[next])
            return code_refuse(k, next, REASON_NO_FRAME, 0, "", "Expecting a stack map frame");
    }
    return true;
}
