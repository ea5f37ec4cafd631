/* The scratch memory of a translation: from malloc, or what is kept for when the system has no memory. */
#include <stdlib.h>

#include "interpreter/translate.h"

void translation_no_memory(struct translator *tr)
{
    tr->no_memory = true;
    tr->error = "no memory";
}

bool translation_grow(struct translator *tr)
{
    if (tr->emergency)
        return false;
    struct insn *out = realloc(tr->out, 2 * tr->capacity * sizeof *out);
    if (out != NULL)
        tr->out = out;
    uint16_t *bcis = out == NULL ? NULL : realloc(tr->bcis, 2 * tr->capacity * sizeof *bcis);
    if (bcis == NULL)
        return false;
    tr->bcis = bcis;
    tr->capacity *= 2;
    return true;
}

bool translation_grow_fixups(struct translator *tr)
{
    uint32_t capacity = tr->fixup_capacity ? tr->fixup_capacity * 2 : 64;
    struct fixup *fixups = tr->emergency ? NULL : realloc(tr->fixups, capacity * sizeof *fixups);
    if (fixups == NULL)
        return false;
    tr->fixups = fixups;
    tr->fixup_capacity = capacity;
    return true;
}

enum { EMERGENCY = 256 << 10 };

/* For one translation at a time when the system has no memory, so that the handler of an OutOfMemoryError may call what
 * was never called before.  One per process. */
static struct {
    atomic_flag taken;
    _Alignas(8) char bytes[EMERGENCY];
} emergency = {.taken = ATOMIC_FLAG_INIT};

static bool take_emergency(struct translator *tr, struct translator_memory *s)
{
    uint32_t words = 2 * tr->length + 64, fixups = tr->length / 2 + 64;
    size_t tables = (s->table_bytes + 7) & ~(size_t)7, out = words * sizeof *tr->out;
    size_t patches = fixups * sizeof *tr->fixups;
    if (tables + out + patches + words * sizeof *tr->bcis > EMERGENCY || atomic_flag_test_and_set(&emergency.taken))
        return false;
    char *at = emergency.bytes;
    s->tables = at;
    tr->out = (struct insn *)(void *)(at + tables);
    tr->fixups = (struct fixup *)(void *)(at + tables + out);
    tr->bcis = (uint16_t *)(void *)(at + tables + out + patches);
    tr->capacity = words;
    tr->fixup_capacity = fixups;
    return tr->emergency = true;
}

static bool take(struct translator *tr, struct translator_memory *s)
{
    s->table_bytes = (tr->m->max_stack + 4u) * sizeof *tr->stack + (size_t)tr->length * 9;
    s->tables = s->table_bytes <= sizeof s->small ? s->small : malloc(s->table_bytes);
    tr->capacity = tr->length < 64 ? 64 : tr->length;
    tr->out = malloc(tr->capacity * sizeof *tr->out);
    tr->bcis = malloc(tr->capacity * sizeof *tr->bcis);
    if (s->tables != NULL && tr->out != NULL && tr->bcis != NULL)
        return true;
    if (s->tables != s->small)
        free(s->tables);
    free(tr->out);
    free(tr->bcis);
    return take_emergency(tr, s);
}

void translation_end(struct translator *tr, struct translator_memory *s)
{
    free(tr->local_registers);
    free(tr->call_bcis);
    free(tr->branch_bcis);
    if (tr->emergency) {
        atomic_flag_clear(&emergency.taken);
        return;
    }
    if (s->tables != s->small)
        free(s->tables);
    free(tr->out);
    free(tr->bcis);
    free(tr->fixups);
}

static void lay_out(struct translator *tr, char *tables)
{
    size_t stack_bytes = (tr->m->max_stack + 4u) * sizeof *tr->stack;
    tr->stack = (struct operand *)(void *)tables;
    tr->depths = (int32_t *)(void *)(tables + stack_bytes);
    tr->start = (uint32_t *)(void *)(tr->depths + tr->length);
    tr->marks = (uint8_t *)(tr->start + tr->length);
    memset(tr->depths, -1, (size_t)tr->length * 8);
    memset(tr->marks, 0, tr->length);
    memset(tr->stack, 0, stack_bytes);
}

bool translation_begin(struct translator *tr, struct translator_memory *s)
{
    if (!take(tr, s))
        return false;
    lay_out(tr, s->tables);
    return true;
}
