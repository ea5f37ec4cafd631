/* Helpful NullPointerException messages (JEP 358): which action failed, and which expression was null.
 * The wording is HotSpot's. */
#include "vm/exception.h"
#include "vm/npe_private.h"
#include "vm/opcodes.h"
#include "vm/symbol.h"

enum { DETAIL_MAXIMUM = 5 }; /* nesting of the described expression */

enum null_slot { SLOT_UNKNOWN = -2, SLOT_CONSTRUCTED = -1 };

/* An instruction without its wide prefix. */
struct instruction { uint8_t op; bool wide; const uint8_t *operands; };

static struct instruction instruction_at(const struct method *m, uint32_t bci)
{
    const uint8_t *p = m->bytecode + bci;
    bool wide = *p == OPC_wide;
    p += wide;
    return (struct instruction){*p, wide, p + 1};
}

static bool is_call(uint8_t op)
{
    return op == OPC_invokevirtual || op == OPC_invokespecial || op == OPC_invokestatic || op == OPC_invokeinterface;
}

/* Which operand, counted in slots from the top, must not be null. */
static int null_slot(const struct method *m, const struct instruction *in)
{
    const struct constant_pool *cp = &m->owner->cp;
    switch (in->op) {
    case OPC_getfield: case OPC_athrow: case OPC_monitorenter: case OPC_monitorexit: case OPC_arraylength:
        return 0;
    case OPC_iaload:
    case OPC_faload:
    case OPC_aaload:
    case OPC_baload:
    case OPC_caload:
    case OPC_saload:
    case OPC_laload:
    case OPC_daload:
        return 1;
    case OPC_iastore: case OPC_fastore: case OPC_aastore: case OPC_bastore: case OPC_castore: case OPC_sastore:
        return 2;
    case OPC_lastore: case OPC_dastore:
        return 3;
    case OPC_putfield:
        return (int)npe_type_slots(cp_member(cp, read_u2(in->operands)).descriptor->bytes[0]);
    case OPC_invokevirtual: case OPC_invokespecial: case OPC_invokeinterface: {
        struct cp_member called = cp_member(cp, read_u2(in->operands));
        /* An exception made by `new` in Java code has its top frame at the constructor's call. */
        return called.name == sym_init ? SLOT_CONSTRUCTED : (int)npe_descriptor_slots(called.descriptor);
    }
    default:
        return SLOT_UNKNOWN;
    }
}

static const char *array_element(uint8_t op)
{
    switch (op) {
    case OPC_iaload: case OPC_iastore: return "int";
    case OPC_faload: case OPC_fastore: return "float";
    case OPC_aaload: case OPC_aastore: return "object";
    case OPC_baload: case OPC_bastore: return "byte/boolean";
    case OPC_caload: case OPC_castore: return "char";
    case OPC_saload: case OPC_sastore: return "short";
    case OPC_laload: case OPC_lastore: return "long";
    case OPC_daload: case OPC_dastore: return "double";
    default: return NULL;
    }
}

static void print_failed_action(struct npe_text *text, const struct method *m, const struct instruction *in)
{
    const struct constant_pool *cp = &m->owner->cp;
    const char *element = array_element(in->op);
    if (element != NULL) {
        npe_print(text, in->op < OPC_istore ? "Cannot load from %s array" : "Cannot store to %s array", element);
        return;
    }
    switch (in->op) {
    case OPC_arraylength: npe_print(text, "Cannot read the array length"); break;
    case OPC_athrow: npe_print(text, "Cannot throw exception"); break;
    case OPC_monitorenter: npe_print(text, "Cannot enter synchronized block"); break;
    case OPC_monitorexit: npe_print(text, "Cannot exit synchronized block"); break;
    case OPC_getfield:
        npe_print(text, "Cannot read field \"%s\"", cp_member(cp, read_u2(in->operands)).name->bytes);
        break;
    case OPC_putfield:
        npe_print(text, "Cannot assign field \"%s\"", cp_member(cp, read_u2(in->operands)).name->bytes);
        break;
    default:
        npe_print(text, "Cannot invoke \"");
        npe_print_method(text, cp, read_u2(in->operands));
        npe_print(text, "\"");
        break;
    }
}

/* ---- what was null --------------------------------------------------------------------------------------- */

struct description {
    struct npe_text *text;
    const struct npe_flow *flow;
    const struct method *m;
};

static bool describe(struct description *d, uint32_t bci, uint32_t slot, int detail, bool inner, const char *prefix);

static void describe_local(struct description *d, uint32_t bci, uint32_t local)
{
    npe_print_local(d->text, d->m, bci, local, !npe_flow_local_written(d->flow, bci, local));
}

static void describe_element(struct description *d, uint32_t bci, int detail, bool inner)
{
    if (!describe(d, bci, 1, detail - 1, inner, NULL))
        npe_print(d->text, "<array>");
    npe_print(d->text, "[");
    if (!describe(d, bci, 0, detail, true, NULL))
        npe_print(d->text, "...");
    npe_print(d->text, "]");
}

static void describe_field(struct description *d, uint32_t bci, const struct instruction *in, int detail, bool inner)
{
    struct cp_member field = cp_member(&d->m->owner->cp, read_u2(in->operands));
    if (in->op == OPC_getstatic) {
        npe_print_class(d->text, field.class_name);
        npe_print(d->text, ".");
    } else if (describe(d, bci, 0, detail - 1, inner, NULL)) {
        npe_print(d->text, ".");
    }
    npe_print(d->text, "%s", field.name->bytes);
}

static bool describe_source(struct description *d, uint32_t bci, const struct instruction *in, int detail, bool inner)
{
    switch (in->op) {
    case OPC_iload_0: case OPC_iload_1: case OPC_iload_2: case OPC_iload_3:
        describe_local(d, bci, in->op - OPC_iload_0);
        return true;
    case OPC_aload_0: case OPC_aload_1: case OPC_aload_2: case OPC_aload_3:
        describe_local(d, bci, in->op - OPC_aload_0);
        return true;
    case OPC_iload: case OPC_aload:
        describe_local(d, bci, in->wide ? read_u2(in->operands) : in->operands[0]);
        return true;
    case OPC_aconst_null:
        npe_print(d->text, "null");
        return true;
    case OPC_iconst_m1: case OPC_iconst_0: case OPC_iconst_1: case OPC_iconst_2: case OPC_iconst_3: case OPC_iconst_4:
    case OPC_iconst_5:
        npe_print(d->text, "%d", in->op - OPC_iconst_0);
        return true;
    case OPC_bipush:
        npe_print(d->text, "%d", (int8_t)in->operands[0]);
        return true;
    case OPC_sipush:
        npe_print(d->text, "%d", (int16_t)read_u2(in->operands));
        return true;
    case OPC_iaload: case OPC_aaload:
        describe_element(d, bci, detail, inner);
        return true;
    case OPC_getstatic: case OPC_getfield:
        describe_field(d, bci, in, detail, inner);
        return true;
    case OPC_invokevirtual: case OPC_invokespecial: case OPC_invokestatic: case OPC_invokeinterface:
        if (detail == DETAIL_MAXIMUM && !inner)
            npe_print(d->text, " because the return value of \"");
        npe_print_method(d->text, &d->m->owner->cp, read_u2(in->operands));
        return true;
    default:
        return false;
    }
}

/* Prints the expression that pushed the slot; false: nothing was printed that makes sense alone. */
static bool describe(struct description *d, uint32_t bci, uint32_t slot, int detail, bool inner, const char *prefix)
{
    if (detail <= 0)
        return false;
    uint32_t source = npe_flow_source(d->flow, bci, slot);
    if (source == NPE_UNKNOWN)
        return false;
    struct instruction in = instruction_at(d->m, source);
    size_t mark = d->text->used;
    if (prefix != NULL && !is_call(in.op))
        npe_print(d->text, "%s", prefix);
    if (describe_source(d, source, &in, detail, inner))
        return true;
    d->text->used = mark;
    d->text->buffer[mark] = '\0';
    return false;
}

bool npe_describe(struct method *m, uint32_t bci, char *buffer, size_t size)
{
    static const char maker[] = "jdk/internal/reflect/NativeConstructorAccessorImpl";
    if (m->bytecode == NULL || bci >= m->bytecode_length || size == 0 || strcmp(m->owner->name->bytes, maker) == 0)
        return false;
    if (opcode_length_at(m->bytecode, bci, m->bytecode_length) == 0)
        return false;
    struct instruction in = instruction_at(m, bci);
    int slot = null_slot(m, &in);
    if (slot < 0)
        return false;
    struct npe_text text = {buffer, size, 0};
    buffer[0] = '\0';
    print_failed_action(&text, m, &in);
    struct npe_flow flow;
    if (npe_flow_run(&flow, m, bci)) {
        struct description d = {&text, &flow, m};
        if (describe(&d, bci, (uint32_t)slot, DETAIL_MAXIMUM, false, " because \""))
            npe_print(&text, "\" is null");
    }
    npe_flow_free(&flow);
    return true;
}
