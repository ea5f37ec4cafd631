/* Register code: what a method's instructions are before and after their first execution. */
#include <stdio.h>
#include <stdlib.h>

#include "classloader/linking.h"
#include "interpreter/code.h"
#include "vm/call.h"
#include "vm/exception.h"
#include "vm/object.h"
#include "vm/string.h"
#include "vm/symbol.h"
#include "runner.h"
#include "vm_fixture.h"

static struct thread *t;

static void setup(void)
{
    fixture_start();
    t = fixture_thread;
}

/* A method, and what its class file said at the beginning. */
struct subject { struct method *m; uint8_t *original; };

static struct subject prepare(struct class *c, const char *name, const char *descriptor)
{
    struct subject s = {.m = fixture_method(c, name, descriptor)};
    s.original = malloc(s.m->bytecode_length);
    memcpy(s.original, s.m->bytecode, s.m->bytecode_length);
    ck_assert(code_prepare(t, s.m));
    ck_assert_ptr_nonnull(s.m->code);
    return s;
}

static void check_unchanged(const struct subject *s)
{
    ck_assert_mem_eq(s->m->bytecode, s->original, s->m->bytecode_length);
    free(s->original);
}

/* First instruction of the bytecode instruction at bci. */
static const struct insn *at(const struct subject *s, uint32_t bci)
{
    return code_at(s->m->code, bci);
}

static union slot run(const struct subject *s, union slot first, union slot second)
{
    union slot args[4] = {first, second}, result = {.raw = 0};
    bool ok = java_call(t, s->m, args, &result);
    ck_assert_msg(ok, "%s: %s", s->m->name->bytes, ok ? "" : fixture_take_exception(t));
    return result;
}

static const char *run_failing(const struct subject *s, struct object *first)
{
    union slot args[4] = {{.a = first}}, result;
    ck_assert(!java_call(t, s->m, args, &result));
    return fixture_take_exception(t);
}

static const union slot none = {.raw = 0};

static struct field *declared_field(struct class *c, const char *name, const char *type)
{
    return class_find_declared_field(c, symbol_intern_cstr(name), symbol_intern_cstr(type));
}

/* ---- fields ---- */

static const struct {
    const char *type;
    char load, give;          /* letters of the instructions that load and return it */
    enum ir get, put, get_static, put_static;
} kinds[] = {
    {"Z", 'i', 'i', IR_GETFIELD_B, IR_PUTFIELD_Z, IR_GETSTATIC_B, IR_PUTSTATIC_Z},
    {"B", 'i', 'i', IR_GETFIELD_B, IR_PUTFIELD_B, IR_GETSTATIC_B, IR_PUTSTATIC_B},
    {"C", 'i', 'i', IR_GETFIELD_C, IR_PUTFIELD_C, IR_GETSTATIC_C, IR_PUTSTATIC_C},
    {"S", 'i', 'i', IR_GETFIELD_S, IR_PUTFIELD_C, IR_GETSTATIC_S, IR_PUTSTATIC_C},
    {"I", 'i', 'i', IR_GETFIELD_I, IR_PUTFIELD_I, IR_GETSTATIC_I, IR_PUTSTATIC_I},
    {"F", 'f', 'f', IR_GETFIELD_I, IR_PUTFIELD_I, IR_GETSTATIC_I, IR_PUTSTATIC_I},
    {"J", 'l', 'l', IR_GETFIELD_L, IR_PUTFIELD_L, IR_GETSTATIC_L, IR_PUTSTATIC_L},
    {"D", 'd', 'd', IR_GETFIELD_L, IR_PUTFIELD_L, IR_GETSTATIC_L, IR_PUTSTATIC_L},
    {"Ljava/lang/Object;", 'a', 'a', IR_GETFIELD_A, IR_PUTFIELD_A, IR_GETSTATIC_A, IR_PUTSTATIC_A},
    {"[I", 'a', 'a', IR_GETFIELD_A, IR_PUTFIELD_A, IR_GETSTATIC_A, IR_PUTSTATIC_A},
};

/* A class with one field of each kind, plain and static, and accessors for each. */
static struct class *define_fields(uint16_t field_flags, const char *prefix)
{
    struct assembler a;
    char name[32], signature[64];
    asm_begin(&a, prefix, "java/lang/Object", ACC_PUBLIC | ACC_SUPER);
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
        const char *type = kinds[i].type;
        snprintf(name, sizeof name, "f%zu", i);
        asm_field(&a, field_flags, name, type);
        unsigned f = asm_member(&a, CP_FIELDREF, prefix, name, type);
        snprintf(name, sizeof name, "s%zu", i);
        asm_field(&a, field_flags | ACC_STATIC, name, type);
        unsigned s = asm_member(&a, CP_FIELDREF, prefix, name, type);
        snprintf(signature, sizeof signature, "(L%s;)%s", prefix, type);
        snprintf(name, sizeof name, "get%zu", i);
        asm_method(&a, ACC_STATIC, name, signature, 2, 1, "aload_0 getfield #%u %creturn", f, kinds[i].give);
        snprintf(signature, sizeof signature, "(L%s;%s)V", prefix, type);
        snprintf(name, sizeof name, "put%zu", i);
        asm_method(&a, ACC_STATIC, name, signature, 3, 3, "aload_0 %cload_1 putfield #%u return", kinds[i].load, f);
        snprintf(signature, sizeof signature, "()%s", type);
        snprintf(name, sizeof name, "getstatic%zu", i);
        asm_method(&a, ACC_STATIC, name, signature, 2, 0, "getstatic #%u %creturn", s, kinds[i].give);
        snprintf(signature, sizeof signature, "(%s)V", type);
        snprintf(name, sizeof name, "putstatic%zu", i);
        asm_method(&a, ACC_STATIC, name, signature, 2, 2, "%cload_0 putstatic #%u return", kinds[i].load, s);
    }
    struct class *c = asm_define(&a);
    ck_assert(initialize_class(t, c));
    return c;
}

static struct subject accessor(struct class *c, const char *prefix, size_t kind, const char *format)
{
    char name[32], signature[96];
    snprintf(name, sizeof name, "%s%zu", prefix, kind);
    snprintf(signature, sizeof signature, format, c->name->bytes, kinds[kind].type);
    return prepare(c, name, signature);
}

static union slot sample(const char *type)
{
    switch (*type) {
    case 'Z': return (union slot){.i = 1};
    case 'B': return (union slot){.i = -5};
    case 'C': return (union slot){.i = 0xfffe};
    case 'S': return (union slot){.i = -30000};
    case 'I': return (union slot){.i = -123456789};
    case 'F': return (union slot){.f = 1.5f};
    case 'J': return (union slot){.j = -0x123456789abcdef};
    case 'D': return (union slot){.d = -2.25e100};
    case '[': return (union slot){.a = array_new_primitive(t, 'I', 2)};
    default: return (union slot){.a = string_new_utf8(t, "text")};
    }
}

static void check_value(const char *type, union slot got, union slot want)
{
    if (*type == 'J' || *type == 'D' || *type == 'L' || *type == '[')
        ck_assert_int_eq(got.j, want.j);
    else
        ck_assert_int_eq(got.i, want.i);
}

START_TEST(fields_become_offsets)
{
    struct class *c = define_fields(ACC_PUBLIC, "q/Fields");
    struct object *o = object_new(t, c);
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
        char name[16];
        snprintf(name, sizeof name, "f%zu", i);
        struct field *f = declared_field(c, name, kinds[i].type);
        struct subject put = accessor(c, "put", i, "(L%s;%s)V"), get = accessor(c, "get", i, "(L%s;)%s");
        ck_assert_uint_eq(at(&put, 2)->op, IR_PUTFIELD_U);
        ck_assert_uint_eq(at(&get, 1)->op, IR_GETFIELD_U);
        union slot value = sample(kinds[i].type);
        run(&put, (union slot){.a = o}, value);
        ck_assert_uint_eq(at(&put, 2)->op, kinds[i].put);
        ck_assert_uint_eq(at(&put, 2)->c, f->offset);
        for (int round = 0; round < 2; round++) { /* resolving, and the quick form itself */
            check_value(kinds[i].type, run(&get, (union slot){.a = o}, none), value);
            ck_assert_uint_eq(at(&get, 1)->op, kinds[i].get);
            ck_assert_uint_eq(at(&get, 1)->c, f->offset);
        }
        ck_assert_str_eq(run_failing(&get, NULL), "java/lang/NullPointerException");
        check_unchanged(&put);
        check_unchanged(&get);
    }
}
END_TEST

START_TEST(statics_become_addresses)
{
    struct class *c = define_fields(ACC_PUBLIC, "q/Statics");
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
        char name[16];
        snprintf(name, sizeof name, "s%zu", i);
        struct field *f = declared_field(c, name, kinds[i].type);
        struct subject put = accessor(c, "putstatic", i, "(%.0s%s)V"), get = accessor(c, "getstatic", i, "%.0s()%s");
        ck_assert_uint_eq(at(&get, 0)->op, IR_GETSTATIC_U);
        union slot value = sample(kinds[i].type);
        run(&put, value, none);
        ck_assert_uint_eq(at(&put, 1)->op, kinds[i].put_static);
        ck_assert_ptr_eq(insn_pointer(at(&put, 1)), f->address);
        for (int round = 0; round < 2; round++) {
            check_value(kinds[i].type, run(&get, none, none), value);
            ck_assert_uint_eq(at(&get, 0)->op, kinds[i].get_static);
            ck_assert_ptr_eq(insn_pointer(at(&get, 0)), f->address);
        }
        check_unchanged(&put);
        check_unchanged(&get);
    }
}
END_TEST

START_TEST(volatile_stores_stay_ordered)
{
    struct class *c = define_fields(ACC_PUBLIC | ACC_VOLATILE, "q/Volatile");
    struct object *o = object_new(t, c);
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
        struct subject put = accessor(c, "put", i, "(L%s;%s)V"), get = accessor(c, "get", i, "(L%s;)%s");
        struct subject puts = accessor(c, "putstatic", i, "(%.0s%s)V"), gets = accessor(c, "getstatic", i, "%.0s()%s");
        union slot value = sample(kinds[i].type);
        for (int round = 0; round < 2; round++) {
            run(&put, (union slot){.a = o}, value);
            run(&puts, value, none);
            check_value(kinds[i].type, run(&get, (union slot){.a = o}, none), value);
            check_value(kinds[i].type, run(&gets, none, none), value);
            ck_assert_uint_eq(at(&put, 2)->op, IR_PUTFIELD_SLOW);
            ck_assert_uint_eq(at(&puts, 1)->op, IR_PUTSTATIC_SLOW);
        }
    }
}
END_TEST

/* Chains of fields run in pairs once both are resolved: getfield, getfield, ireturn. */
START_TEST(chains_of_fields_are_fused)
{
    struct assembler a;
    asm_begin(&a, "q/Chain", "java/lang/Object", ACC_PUBLIC | ACC_SUPER);
    asm_field(&a, ACC_PUBLIC, "next", "Lq/Chain;");
    asm_field(&a, ACC_PUBLIC, "value", "I");
    unsigned next = asm_member(&a, CP_FIELDREF, "q/Chain", "next", "Lq/Chain;");
    unsigned value = asm_member(&a, CP_FIELDREF, "q/Chain", "value", "I");
    asm_method(&a, ACC_STATIC, "read", "(Lq/Chain;)I", 1, 1, "aload_0 getfield #%u getfield #%u ireturn", next, value);
    struct class *c = asm_define(&a);
    ck_assert(initialize_class(t, c));
    struct object *first = object_new(t, c), *second = object_new(t, c);
    gc_store_ref(first, declared_field(c, "next", "Lq/Chain;")->offset, second);
    object_set_int(second, declared_field(c, "value", "I")->offset, 77);
    struct subject s = prepare(c, "read", "(Lq/Chain;)I");
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(run(&s, (union slot){.a = first}, none).i, 77);
    ck_assert_uint_eq(at(&s, 1)->op, IR_GETFIELD_A_GETFIELD_I_b);
    ck_assert_uint_eq(at(&s, 4)->op, IR_GETFIELD_I); /* intact: it may be jumped to */
    ck_assert_uint_eq(unfused_form((enum ir)at(&s, 1)->op), IR_GETFIELD_A);
    ck_assert_str_eq(run_failing(&s, second), "java/lang/NullPointerException");
    ck_assert_str_eq(run_failing(&s, NULL), "java/lang/NullPointerException");
    check_unchanged(&s);
}
END_TEST

/* What fails to resolve stays unresolved and fails each time (JVMS 5.4.3). */
START_TEST(failures_stay)
{
    struct assembler a;
    asm_begin(&a, "q/Broken", "java/lang/Object", ACC_PUBLIC | ACC_SUPER);
    unsigned missing = asm_member(&a, CP_FIELDREF, "java/lang/Object", "nothing", "I");
    unsigned abstract = asm_class(&a, "java/lang/Number"), absent = asm_class(&a, "q/Absent");
    asm_method(&a, ACC_STATIC, "field", "(Ljava/lang/Object;)I", 1, 1, "aload_0 getfield #%u ireturn", missing);
    asm_method(&a, ACC_STATIC, "make", "()V", 1, 0, "new #%u pop return", abstract);
    asm_method(&a, ACC_STATIC, "load", "()V", 1, 0, "new #%u pop return", absent);
    struct class *c = asm_define(&a);
    struct subject field = prepare(c, "field", "(Ljava/lang/Object;)I"), make = prepare(c, "make", "()V");
    struct subject load = prepare(c, "load", "()V");
    for (int i = 0; i < 2; i++) {
        ck_assert_str_eq(run_failing(&field, string_new_utf8(t, "x")), "java/lang/NoSuchFieldError");
        ck_assert_uint_eq(at(&field, 1)->op, IR_GETFIELD_U);
        ck_assert_str_eq(run_failing(&make, NULL), "java/lang/InstantiationError");
        ck_assert_uint_eq(at(&make, 0)->op, IR_NEW_U);
        ck_assert_str_eq(run_failing(&load, NULL), "java/lang/NoClassDefFoundError");
        ck_assert_uint_eq(at(&load, 0)->op, IR_NEW_U);
    }
}
END_TEST

/* ---- constants and classes ---- */

START_TEST(constants)
{
    struct assembler a;
    asm_begin(&a, "q/Constants", "java/lang/Object", ACC_PUBLIC | ACC_SUPER);
    unsigned text = asm_string(&a, "q text"), class = asm_class(&a, "java/util/ArrayList");
    unsigned i = asm_constant(&a, CP_INTEGER, 0x12345678), j = asm_constant(&a, CP_LONG, 0x123456789abcdef0);
    asm_method(&a, ACC_STATIC, "text", "()Ljava/lang/String;", 1, 0, "ldc_w #%u areturn", text);
    asm_method(&a, ACC_STATIC, "type", "()Ljava/lang/Class;", 1, 0, "ldc %u areturn", class);
    asm_method(&a, ACC_STATIC, "number", "()I", 1, 0, "ldc %u ireturn", i);
    asm_method(&a, ACC_STATIC, "wide", "()J", 2, 0, "ldc2_w #%u lreturn", j);
    struct class *c = asm_define(&a);
    struct subject s = prepare(c, "text", "()Ljava/lang/String;"), k = prepare(c, "type", "()Ljava/lang/Class;");
    ck_assert_uint_eq(at(&s, 0)->op, IR_LDC_U);
    for (int round = 0; round < 2; round++) {
        struct object *o = run(&s, none, none).a;
        ck_assert_ptr_eq(o, string_intern(t, string_new_utf8(t, "q text")));
        ck_assert_uint_eq(at(&s, 0)->op, IR_LDC_REF);
        ck_assert_ptr_eq(*(struct object **)insn_pointer(at(&s, 0)), o);
        gc_collect(GC_CAUSE_DIAGNOSTIC);
        ck_assert_ptr_eq(run(&k, none, none).a, class_mirror(fixture_boot_class("java/util/ArrayList")));
        ck_assert_uint_eq(at(&k, 0)->op, IR_LDC_REF);
    }
    /* Numbers are known when the method is translated. */
    struct subject number = prepare(c, "number", "()I"), wide = prepare(c, "wide", "()J");
    ck_assert_uint_eq(number.m->code->insns[0].op, IR_RETURN_K);
    ck_assert_int_eq(insn_imm32(&number.m->code->insns[0]), 0x12345678);
    ck_assert_uint_eq(wide.m->code->insns[0].op, IR_CONST64);
    ck_assert_int_eq(run(&number, none, none).i, 0x12345678);
    ck_assert_int_eq(run(&wide, none, none).j, 0x123456789abcdef0);
    check_unchanged(&s);
    check_unchanged(&k);
}
END_TEST

START_TEST(allocation_and_type_checks)
{
    struct assembler a;
    asm_begin(&a, "q/Types", "java/lang/Object", ACC_PUBLIC | ACC_SUPER);
    unsigned object = asm_class(&a, "java/lang/Object"), text = asm_class(&a, "java/lang/String");
    asm_method(&a, ACC_STATIC, "make", "()Ljava/lang/Object;", 1, 0, "new #%u areturn", object);
    asm_method(&a, ACC_STATIC, "array", "(I)Ljava/lang/Object;", 1, 1, "iload_0 anewarray #%u areturn", text);
    asm_method(&a, ACC_STATIC, "cast", "(Ljava/lang/Object;)Ljava/lang/Object;", 1, 1,
               "aload_0 checkcast #%u areturn", text);
    asm_method(&a, ACC_STATIC, "is", "(Ljava/lang/Object;)I", 1, 1, "aload_0 instanceof #%u ireturn", text);
    struct class *c = asm_define(&a);
    struct wellknown *known = &t->vm->known;
    struct subject make = prepare(c, "make", "()Ljava/lang/Object;");
    ck_assert_uint_eq(at(&make, 0)->op, IR_NEW_U);
    ck_assert_ptr_eq(object_class(run(&make, none, none).a), known->Object);
    ck_assert_uint_eq(at(&make, 0)->op, IR_NEW);
    ck_assert_ptr_eq(insn_pointer(at(&make, 0)), known->Object);
    struct subject array = prepare(c, "array", "(I)Ljava/lang/Object;");
    struct object *strings = run(&array, (union slot){.i = 3}, none).a;
    ck_assert_str_eq(object_class(strings)->name->bytes, "[Ljava/lang/String;");
    ck_assert_uint_eq(array_length(strings), 3);
    ck_assert_uint_eq(at(&array, 1)->op, IR_ANEWARRAY);
    /* null passes both checks without resolving anything (JVMS 6.5) */
    struct subject cast = prepare(c, "cast", "(Ljava/lang/Object;)Ljava/lang/Object;");
    struct subject is = prepare(c, "is", "(Ljava/lang/Object;)I");
    struct object *s = string_new_utf8(t, "x");
    ck_assert_ptr_null(run(&cast, none, none).a);
    ck_assert_int_eq(run(&is, none, none).i, 0);
    ck_assert_uint_eq(at(&cast, 1)->op, IR_CHECKCAST_U);
    ck_assert_uint_eq(at(&is, 1)->op, IR_INSTANCEOF_U);
    for (int round = 0; round < 2; round++) {
        ck_assert_ptr_eq(run(&cast, (union slot){.a = s}, none).a, s);
        ck_assert_int_eq(run(&is, (union slot){.a = s}, none).i, 1);
        ck_assert_int_eq(run(&is, (union slot){.a = strings}, none).i, 0);
        ck_assert_uint_eq(at(&cast, 1)->op, IR_CHECKCAST);
        ck_assert_uint_eq(at(&is, 1)->op, IR_INSTANCEOF);
    }
    ck_assert_str_eq(run_failing(&cast, strings), "java/lang/ClassCastException");
    check_unchanged(&make);
    check_unchanged(&cast);
}
END_TEST

/* ---- calls ---- */

/* q/Callee implements q/Face: what is called. */
static struct class *define_callee(void)
{
    struct assembler a;
    asm_begin(&a, "q/Face", "java/lang/Object", ACC_PUBLIC | ACC_INTERFACE | ACC_ABSTRACT);
    asm_method(&a, ACC_PUBLIC | ACC_ABSTRACT, "face", "(I)I", 0, 0, NULL);
    asm_define(&a);
    asm_begin(&a, "q/Callee", "java/lang/Object", ACC_PUBLIC | ACC_SUPER);
    asm_interface(&a, "q/Face");
    unsigned init = asm_member(&a, CP_METHODREF, "java/lang/Object", "<init>", "()V");
    asm_method(&a, ACC_PUBLIC, "<init>", "()V", 1, 1, "aload_0 invokespecial #%u return", init);
    asm_method(&a, ACC_PUBLIC, "face", "(I)I", 2, 2, "iload_1 iconst_1 iadd ireturn");
    asm_method(&a, ACC_PUBLIC, "open", "(I)I", 2, 2, "iload_1 iconst_2 iadd ireturn");
    asm_method(&a, ACC_PUBLIC | ACC_FINAL, "closed", "(I)I", 2, 2, "iload_1 iconst_3 iadd ireturn");
    asm_method(&a, ACC_PUBLIC | ACC_FINAL, "empty", "(I)V", 0, 2, "return");
    asm_method(&a, ACC_PUBLIC | ACC_STATIC, "fixed", "(I)I", 2, 1, "iload_0 iconst_4 iadd ireturn");
    return asm_define(&a);
}

static struct class *define_caller(void)
{
    struct assembler a;
    asm_begin(&a, "q/Caller", "java/lang/Object", ACC_PUBLIC | ACC_SUPER);
    unsigned face = asm_member(&a, CP_INTERFACE_METHODREF, "q/Face", "face", "(I)I");
    unsigned hash = asm_member(&a, CP_INTERFACE_METHODREF, "q/Face", "hashCode", "()I");
    unsigned open = asm_member(&a, CP_METHODREF, "q/Callee", "open", "(I)I");
    unsigned closed = asm_member(&a, CP_METHODREF, "q/Callee", "closed", "(I)I");
    unsigned empty = asm_member(&a, CP_METHODREF, "q/Callee", "empty", "(I)V");
    unsigned fixed = asm_member(&a, CP_METHODREF, "q/Callee", "fixed", "(I)I");
    unsigned init = asm_member(&a, CP_METHODREF, "q/Callee", "<init>", "()V"), c = asm_class(&a, "q/Callee");
    const char *call = "aload_0 iload_1 invokevirtual #%u ireturn";
    asm_method(&a, ACC_STATIC, "open", "(Lq/Callee;I)I", 2, 2, call, open);
    asm_method(&a, ACC_STATIC, "closed", "(Lq/Callee;I)I", 2, 2, call, closed);
    asm_method(&a, ACC_STATIC, "empty", "(Lq/Callee;I)I", 2, 2, "aload_0 iload_1 invokevirtual #%u iconst_5 ireturn",
               empty);
    asm_method(&a, ACC_STATIC, "fixed", "(Lq/Callee;I)I", 2, 2, "iload_1 nop invokestatic #%u ireturn", fixed);
    asm_method(&a, ACC_STATIC, "face", "(Lq/Face;I)I", 2, 2, "aload_0 iload_1 invokeinterface #%u 2 0 ireturn", face);
    asm_method(&a, ACC_STATIC, "hash", "(Lq/Face;I)I", 2, 2, "aload_0 nop invokeinterface #%u 1 0 ireturn", hash);
    asm_method(&a, ACC_STATIC, "make", "()Lq/Callee;", 2, 0, "new #%u dup invokespecial #%u areturn", c, init);
    return asm_define(&a);
}

START_TEST(calls_become_direct)
{
    struct class *callee = define_callee(), *caller = define_caller();
    struct subject make = prepare(caller, "make", "()Lq/Callee;");
    ck_assert_uint_eq(at(&make, 4)->op, IR_INVOKESPECIAL_U);
    struct object *o = run(&make, none, none).a;
    ck_assert_ptr_eq(object_class(o), callee);
    const struct {
        const char *name, *descriptor;
        enum ir before, after;
        int32_t result;
    } cases[] = {
        {"open", "(Lq/Callee;I)I", IR_INVOKEVIRTUAL_U, IR_INVOKE_VIRTUAL, 42},
        {"closed", "(Lq/Callee;I)I", IR_INVOKEVIRTUAL_U, IR_INVOKE_CHECKED, 43},
        {"empty", "(Lq/Callee;I)I", IR_INVOKEVIRTUAL_U, IR_INVOKE_EMPTY, 5},
        {"fixed", "(Lq/Callee;I)I", IR_INVOKESTATIC_U, IR_INVOKE_DIRECT, 44},
        {"face", "(Lq/Face;I)I", IR_INVOKEINTERFACE_U, IR_INVOKE_INTERFACE, 41},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct subject s = prepare(caller, cases[i].name, cases[i].descriptor);
        const struct insn *call = at(&s, 2);
        while (call->op != cases[i].before) { /* behind the moves of its arguments */
            ck_assert_uint_eq(s.m->code->bcis[call - s.m->code->insns], 2);
            call++;
        }
        for (int round = 0; round < 3; round++) {
            ck_assert_int_eq(run(&s, (union slot){.a = o}, (union slot){.i = 40}).i, cases[i].result);
            ck_assert_uint_eq(call->op, cases[i].after);
        }
        if (call->op != IR_INVOKE_DIRECT)
            ck_assert_str_eq(run_failing(&s, NULL), "java/lang/NullPointerException");
        if (call->op == IR_INVOKE_VIRTUAL)
            ck_assert_int_eq(call->b, fixture_method(callee, "open", "(I)I")->vtable_index);
        if (call->op == IR_INVOKE_CHECKED)
            ck_assert_ptr_eq(insn_pointer(call), fixture_method(callee, "closed", "(I)I"));
        if (call->op == IR_INVOKE_INTERFACE) {
            struct interface_site *site = insn_pointer(call);
            const struct inline_cache *cache = atomic_load(&site->cache);
            ck_assert_str_eq(site->declared->owner->name->bytes, "q/Face");
            ck_assert_ptr_eq(cache->class, callee);
            ck_assert_ptr_eq(cache->method, fixture_method(callee, "face", "(I)I"));
            ck_assert_uint_eq(atomic_load(&site->entries), 1);
            ck_assert_str_eq(run_failing(&s, string_new_utf8(t, "x")), "java/lang/IncompatibleClassChangeError");
        }
        check_unchanged(&s);
    }
    struct subject hash = prepare(caller, "hash", "(Lq/Face;I)I"); /* Object's method through an interface */
    int32_t first = run(&hash, (union slot){.a = o}, none).i;
    ck_assert_int_eq(run(&hash, (union slot){.a = o}, none).i, first);
    struct subject init = prepare(callee, "<init>", "()V");
    ck_assert_uint_eq(init.m->code->insns[init.m->code->count - 3].op, IR_INVOKE_OBJECT_INIT);
    check_unchanged(&make);
}
END_TEST

/* While a class is being initialized its statics are used in place: other threads must wait for it (JVMS 5.5). */
START_TEST(statics_wait_for_initialization)
{
    struct assembler a;
    asm_begin(&a, "q/Starting", "java/lang/Object", ACC_PUBLIC | ACC_SUPER);
    asm_field(&a, ACC_PUBLIC | ACC_STATIC, "value", "I");
    asm_field(&a, ACC_PUBLIC | ACC_STATIC, "seen", "I");
    unsigned value = asm_member(&a, CP_FIELDREF, "q/Starting", "value", "I");
    unsigned seen = asm_member(&a, CP_FIELDREF, "q/Starting", "seen", "I");
    unsigned read = asm_member(&a, CP_METHODREF, "q/Reader", "read", "()I");
    asm_method(&a, ACC_STATIC, "<clinit>", "()V", 1, 0,
               "bipush 33 putstatic #%u invokestatic #%u putstatic #%u return", value, read, seen);
    struct class *starting = asm_define(&a);
    asm_begin(&a, "q/Reader", "java/lang/Object", ACC_PUBLIC | ACC_SUPER);
    value = asm_member(&a, CP_FIELDREF, "q/Starting", "value", "I");
    asm_method(&a, ACC_PUBLIC | ACC_STATIC, "read", "()I", 1, 0, "getstatic #%u ireturn", value);
    struct subject reader = prepare(asm_define(&a), "read", "()I");
    ck_assert(initialize_class(t, starting));
    struct field *f = declared_field(starting, "seen", "I");
    ck_assert_int_eq(*(int32_t *)f->address, 33);
    ck_assert_uint_eq(at(&reader, 0)->op, IR_GETSTATIC_U);
    ck_assert_int_eq(run(&reader, none, none).i, 33);
    ck_assert_uint_eq(at(&reader, 0)->op, IR_GETSTATIC_I);
    check_unchanged(&reader);
}
END_TEST

TEST_MAIN("quickening", setup, 20, TEST(fields_become_offsets), TEST(statics_become_addresses),
          TEST(volatile_stores_stay_ordered), TEST(chains_of_fields_are_fused), TEST(failures_stay), TEST(constants),
          TEST(allocation_and_type_checks), TEST(calls_become_direct), TEST(statics_wait_for_initialization))
