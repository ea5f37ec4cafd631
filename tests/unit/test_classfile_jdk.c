/* The class-file parser on real classes: what it leaves in the structures; and all of lib/modules is accepted. */
#include <stdio.h>
#include <time.h>

#include "classloader/classfile.h"
#include "jdk_fixture.h"
#include "runner.h"
#include "vm/method.h"
#include "vm/symbol.h"

static struct class *load(struct jimage *image, struct arena *arena, const char *package, const char *name)
{
    const char *why;
    size_t length;
    const uint8_t *bytes = jimage_find(image, "java.base", package, name, "class", &length, &why);
    ck_assert_ptr_nonnull(bytes);
    struct parse_options o = { .arena = arena, .trusted = true };
    struct parsed_class parsed;
    struct parse_error error;
    struct class *c = classfile_parse(bytes, length, &o, &parsed, &error);
    ck_assert_ptr_nonnull(c);
    return c;
}

static struct method *method_named(struct class *c, const char *name, const char *descriptor)
{
    for (uint16_t i = 0; i < c->method_count; i++)
        if (strcmp(c->methods[i]->name->bytes, name) == 0 &&
            (!descriptor || strcmp(c->methods[i]->descriptor->bytes, descriptor) == 0))
            return c->methods[i];
    ck_abort_msg("no method %s", name);
}

/* What the parser leaves in the structures, on classes whose contents are known. */
START_TEST(contents)
{
    symbols_init();
    struct jimage *image = jdk_modules();
    struct arena *arena = arena_new();
    struct class *string = load(image, arena, "java/lang", "String");
    ck_assert_str_eq(string->name->bytes, "java/lang/String");
    ck_assert_int_eq(string->access_flags, ACC_PUBLIC | ACC_FINAL | ACC_SUPER);
    ck_assert_int_eq(string->interface_count, 5);
    ck_assert(string->vm_flags & CLASS_HAS_CLINIT);
    ck_assert(string->fields[0].vm_flags & FIELD_STABLE);
    ck_assert_str_eq(string->fields[0].name->bytes, "value");
    ck_assert_int_eq(string->fields[0].type, '[');
    ck_assert_str_eq(string->attributes.source_file->bytes, "String.java");
    struct method *index_of = method_named(string, "indexOf", "(Ljava/lang/String;I)I");
    char text[200];
    ck_assert_str_eq(method_external_name(index_of, text, sizeof text),
                     "int java.lang.String.indexOf(java.lang.String, int)");
    ck_assert_str_eq(method_external_name(index_of, text, 12), "int java.la");
    ck_assert_int_eq(index_of->arg_slots, 3);
    ck_assert_int_eq(index_of->arg_count, 2);
    ck_assert_int_gt(method_line_number(index_of, 0), 1000);
    ck_assert_int_eq(method_line_number(method_named(string, "intern", NULL), 0), -2);
    struct class *record = load(image, arena, "java/lang/runtime", "ObjectMethods");
    ck_assert_int_ne(record->attributes.nest_members != NULL || record->attributes.inner_classes != NULL, 0);
    struct class *map = load(image, arena, "java/util", "HashMap$Node");
    ck_assert(map->attributes.is_inner);
    ck_assert_int_eq(map->attributes.outer_class_flags, ACC_STATIC);
    ck_assert_int_ne(map->attributes.nest_host_index, 0);
    struct class *reflection = load(image, arena, "jdk/internal/reflect", "Reflection");
    ck_assert(method_named(reflection, "getCallerClass", NULL)->vm_flags & METHOD_INTRINSIC_CANDIDATE);
    struct class *lookup = load(image, arena, "java/lang/invoke", "MethodHandles");
    ck_assert(method_named(lookup, "lookup", NULL)->vm_flags & METHOD_CALLER_SENSITIVE);
    struct class *object = load(image, arena, "java/lang", "Object");
    ck_assert(method_named(object, "<init>", NULL)->vm_flags & METHOD_EMPTY);
    ck_assert(!(method_named(object, "toString", NULL)->vm_flags & METHOD_EMPTY));
    struct class *latin1 = load(image, arena, "java/lang", "StringLatin1");
    ck_assert(method_named(latin1, "hashCode", NULL)->vm_flags & METHOD_HAS_LOOPS);
    arena_free(arena);
    jimage_close(image);
}
END_TEST

static double seconds(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

struct all {
    struct parse_options options;
    uint32_t classes, java_base;
    uint64_t bytes;
    double seconds;
};

static void parse_one(const struct jdk_resource *r, void *arg)
{
    struct all *all = arg;
    if (strcmp(r->extension, "class") != 0)
        return;
    struct parsed_class parsed;
    struct parse_error error = { 0 };
    double start = seconds();
    struct class *c = classfile_parse(r->bytes, r->length, &all->options, &parsed, &error);
    all->seconds += seconds() - start;
    if (strcmp(r->base, "module-info") == 0) {
        ck_assert_ptr_null(c);
        ck_assert_str_eq(error.exception, "java/lang/NoClassDefFoundError");
        return;
    }
    ck_assert_msg(c != NULL, "/%s/%s/%s: %s %s", r->module, r->parent, r->base, error.exception, error.message);
    for (uint32_t i = 1; i < c->cp.count; i++)
        if (c->cp.tags[i] == CP_CLASS)
            ck_assert_int_ne(c->cp.values[i].ref.slot, 0);
    all->classes++;
    all->bytes += r->length;
}

/* Every class of the JDK, as the boot loader sees it and with all checks on. */
START_TEST(all_of_the_jdk)
{
    symbols_init();
    struct jimage *image = jdk_modules();
    for (int checked = 0; checked < 2; checked++) {
        struct all all = { .options = { .arena = arena_new(), .trusted = !checked, .check_code = checked } };
        jdk_each_resource(image, parse_one, &all);
        ck_assert_uint_gt(all.classes, 20000);
        printf("%s: %u classes, %.1f MB in %.0f ms (%.1f us each), %.1f MB of metadata\n",
               checked ? "all checks" : "trusted   ", all.classes, (double)all.bytes / 1e6, all.seconds * 1e3,
               all.seconds * 1e6 / all.classes, (double)arena_used(all.options.arena) / 1e6);
        arena_free(all.options.arena);
    }
    jimage_close(image);
}
END_TEST

TEST_MAIN("classfile of the JDK", NULL, 120, TEST(contents), TEST(all_of_the_jdk))
