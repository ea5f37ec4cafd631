/* Fuzzing of the class-file parser: any bytes must be accepted or refused with a message, never read out of bounds. */
#include <stdio.h>
#include <stdlib.h>

#include "classloader/classfile.h"
#include "classloader/codecheck.h"
#include "gc/gc.h"
#include "vm/exception.h"
#include "vm/method.h"
#include "vm/symbol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* Printable names and member references come from vm/class.c and vm/method.c, which need a whole VM. */
char *class_external_name(const struct class *c, char *buffer, size_t size)
{
    snprintf(buffer, size, "%s", c->name->bytes);
    return buffer;
}

char *method_external_name(const struct method *m, char *buffer, size_t size)
{
    snprintf(buffer, size, "%s%s", m->name->bytes, m->descriptor->bytes);
    return buffer;
}

struct cp_member cp_member(const struct constant_pool *cp, uint16_t index)
{
    const union cp_value *member = &cp->values[index], *name_and_type = &cp->values[member->ref.b];
    return (struct cp_member) { cp_class_name(cp, member->ref.a), cp_utf8(cp, name_and_type->ref.a),
                                cp_utf8(cp, name_and_type->ref.b), member->ref.a };
}

/* The reader asks for no admission (vm/metadata.h), which is all that needs these. */
bool gc_roots_spare(void)
{
    abort();
}

void exception_throw_out_of_memory(struct thread *t, const char *why)
{
    fprintf(stderr, "%p: %s\n", (void *)t, why);
    abort();
}

static void check_contents(const struct class *c)
{
    for (uint16_t i = 0; i < c->method_count; i++) {
        const struct method *m = c->methods[i];
        if (m->owner != c || (m->bytecode && m->arg_slots > m->max_locals) || m->name->length != strlen(m->name->bytes))
            abort();
        code_attribute_find(m, sym_StackMapTable);
        code_attribute_find(m, sym_LocalVariableTable);
    }
    for (uint32_t i = 1; i < c->cp.count; i++) {
        if (c->cp.tags[i] == CP_CLASS && cp_slot(&c->cp, (uint16_t)i) == c->cp.slots)
            abort();
    }
}

static void parse(const uint8_t *data, size_t size, const struct parse_options *variant)
{
    struct parse_options o = *variant;
    struct parsed_class parsed;
    struct parse_error error = { 0 };
    o.arena = arena_new();
    struct class *c = classfile_parse(data, size, &o, &parsed, &error);
    if (c && o.check_code)
        check_contents(c);
    if (!c && (!error.exception || !error.message[0]))
        abort();
    arena_free(o.arena);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    symbols_init();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    parse(data, size, &(struct parse_options) { .check_code = true, .enable_preview = true });
    parse(data, size, &(struct parse_options) { .trusted = true });
    parse(data, size, &(struct parse_options) { .check_code = true, .copy_bytes = true, .hidden = true, .trusted = true,
                                                .hidden_name = symbol_intern_cstr("q/Hidden+0x0001") });
    return 0;
}
