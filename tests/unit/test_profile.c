/* Profiles that the interpreter collects: counts of branches, receiver classes of calls, and that they begin when a
 * method is warm and only with the option. */
#include "interpreter/profile.h"
#include "runner.h"
#include "vm/call.h"
#include "vm/exception.h"
#include "vm/object.h"
#include "vm_fixture.h"

static struct class *define_subject(void)
{
    struct assembler a;
    asm_begin(&a, "test/Profiled", "java/lang/Object", ACC_PUBLIC | ACC_SUPER);
    uint16_t class = asm_member(&a, CP_METHODREF, "java/lang/Object", "getClass", "()Ljava/lang/Class;");
    uint16_t text = asm_member(&a, CP_METHODREF, "java/lang/Object", "toString", "()Ljava/lang/String;");
    /* 0: iload_0; 1: ifeq 6; 4: iconst_1; 5: ireturn; 6: iconst_2; 7: ireturn */
    asm_method(&a, ACC_PUBLIC | ACC_STATIC, "branch", "(I)I", 1, 1,
               "iload_0 ifeq #5 iconst_1 ireturn iconst_2 ireturn");
    /* 0: goto 6; 3: iinc 0 -1; 6: iload_0; 7: ifgt 3; 10: return */
    asm_method(&a, ACC_PUBLIC | ACC_STATIC, "loop", "(I)V", 1, 1, "goto #6 iinc 0 -1 iload_0 ifgt #-4 return");
    asm_method(&a, ACC_PUBLIC | ACC_STATIC, "call", "(Ljava/lang/Object;)V", 1, 1,
               "aload_0 invokevirtual #%u pop aload_0 invokevirtual #%u pop return", class, text);
    return asm_define(&a);
}

static void run(struct class *c, const char *name, const char *descriptor, union slot argument, int times)
{
    struct method *m = fixture_method(c, name, descriptor);
    for (int i = 0; i < times; i++) {
        bool ok = java_call(fixture_thread, m, &argument, NULL);
        ck_assert_msg(ok || argument.a == NULL, "%s", fixture_take_exception(fixture_thread));
        exception_clear(fixture_thread);
    }
}

static struct class *profiled_subject(void)
{
    fixture_thread->vm->options.profile = true;
    struct class *c = define_subject();
    ck_assert(fixture_thread->vm->hooks.initialize_class(fixture_thread, c));
    return c;
}

START_TEST(test_branches)
{
    struct class *c = profiled_subject();
    struct method *m = fixture_method(c, "branch", "(I)I");
    run(c, "branch", "(I)I", (union slot){.i = 1}, PROFILE_THRESHOLD - 2);
    ck_assert_ptr_null(m->profile);
    run(c, "branch", "(I)I", (union slot){.i = 1}, 2);
    struct profile *p = m->profile;
    ck_assert_ptr_nonnull(p);
    ck_assert_uint_eq(p->branch_count, 1);
    ck_assert_uint_eq(p->call_count, 0);
    const struct profile_branch *branch = &p->branches[0];
    ck_assert_uint_eq(branch->bci, 1);
    uint32_t before = branch->not_taken;
    ck_assert_uint_ge(before, 1);
    run(c, "branch", "(I)I", (union slot){.i = 7}, 10);
    run(c, "branch", "(I)I", (union slot){.i = 0}, 5);
    ck_assert_uint_eq(branch->not_taken, before + 10);
    ck_assert_uint_eq(branch->taken, 5);
}
END_TEST

START_TEST(test_loop_warms_up_inside)
{
    struct class *c = profiled_subject();
    run(c, "loop", "(I)V", (union slot){.i = 10000}, 1);
    struct profile *p = fixture_method(c, "loop", "(I)V")->profile;
    ck_assert_ptr_nonnull(p);
    const struct profile_branch *branch = &p->branches[0];
    ck_assert_uint_eq(branch->bci, 7);
    ck_assert_uint_ge(branch->taken, 10000 - PROFILE_THRESHOLD - 2);
    ck_assert_uint_eq(branch->not_taken, 1);
}
END_TEST

START_TEST(test_receivers)
{
    struct class *c = profiled_subject();
    const char *descriptor = "(Ljava/lang/Object;)V";
    struct object *mirror = class_mirror(c);
    static const char *const names[] = {"java/lang/Object", "java/util/ArrayList", "java/util/HashMap"};
    struct object *objects[3];
    for (int i = 0; i < 3; i++)
        objects[i] = java_new(fixture_thread, fixture_boot_class(names[i]), "()V");
    run(c, "call", descriptor, (union slot){.a = mirror}, PROFILE_THRESHOLD);
    struct profile *p = fixture_method(c, "call", descriptor)->profile;
    ck_assert_ptr_nonnull(p);
    ck_assert_uint_eq(p->call_count, 2);
    const struct profile_call *call = &p->calls[0];
    ck_assert_uint_eq(call->bci, 1);
    ck_assert_uint_eq(p->calls[1].bci, 6);
    ck_assert_ptr_eq(call->classes[0], object_class(mirror));
    ck_assert_ptr_null(call->classes[1]);
    for (int i = 0; i < 3; i++)
        run(c, "call", descriptor, (union slot){.a = objects[i]}, 10 * (i + 1));
    run(c, "call", descriptor, (union slot){.a = NULL}, 3); /* counts nowhere */
    ck_assert_ptr_eq(call->classes[0], object_class(mirror));
    ck_assert_ptr_eq(call->classes[1], object_class(objects[0]));
    ck_assert_uint_eq(call->counts[1], 10);
    ck_assert_uint_eq(call->others, 50);
}
END_TEST

START_TEST(test_off)
{
    fixture_thread->vm->options.profile = false;
    struct class *c = define_subject();
    ck_assert(fixture_thread->vm->hooks.initialize_class(fixture_thread, c));
    run(c, "loop", "(I)V", (union slot){.i = 10000}, 3);
    struct method *m = fixture_method(c, "loop", "(I)V");
    ck_assert_ptr_null(m->profile);
    ck_assert_ptr_null(m->code->profile_layout);
}
END_TEST

TEST_MAIN("profile", fixture_start, 60, TEST(test_branches), TEST(test_loop_warms_up_inside), TEST(test_receivers),
          TEST(test_off))
