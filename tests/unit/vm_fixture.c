/* A whole VM inside a unit test: see vm_fixture.h.  The test's executable is the VM (the Makefile links its objects
 * and exports their JVM_ functions); an empty libjvm.so satisfies what libjava.so asks for by name. */
#include "vm_fixture.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "classloader/linking.h"
#include "classloader/loading.h"
#include "jdk_fixture.h"
#include "vm/exception.h"
#include "vm/opcodes.h"
#include "vm/safepoint.h"
#include "vm/symbol.h"

struct thread *fixture_thread;

void fixture_start(void)
{
    JavaVM *jvm;
    void *env;
    JavaVMOption options[] = {{.optionString = "-Xmx128m"}, {.optionString = "-Xss1m"}};
    JavaVMInitArgs args = {.version = JNI_VERSION_10, .nOptions = ARRAY_COUNT(options), .options = options};
    setenv("JAVA_HOME", jdk_home(), 1);
    unsetenv("JAVA_TOOL_OPTIONS");
    unsetenv("_JAVA_OPTIONS");
    ck_assert_int_eq(JNI_CreateJavaVM(&jvm, &env, &args), JNI_OK);
    fixture_thread = env;
    thread_enter_java(fixture_thread);
}

/* ---- threads ----------------------------------------------------------------------------------------------- */

struct one_thread { pthread_t pthread; struct vm *vm; void (*run)(struct thread *t, int number); int number; };
struct fixture_threads { int count; struct one_thread threads[]; };

static void *run_attached(void *arg)
{
    struct one_thread *self = arg;
    JavaVM *jvm = (JavaVM *)self->vm;
    void *env;
    if ((*jvm)->AttachCurrentThread(jvm, &env, NULL) != JNI_OK)
        abort();
    struct thread *t = env;
    thread_enter_java(t);
    self->run(t, self->number);
    thread_leave_java(t, THREAD_NATIVE);
    (*jvm)->DetachCurrentThread(jvm);
    return NULL;
}

struct fixture_threads *fixture_spawn(int count, void (*run)(struct thread *t, int number))
{
    struct fixture_threads *all = malloc(sizeof *all + (size_t)count * sizeof all->threads[0]);
    all->count = count;
    for (int i = 0; i < count; i++) {
        all->threads[i] = (struct one_thread){.vm = fixture_thread->vm, .run = run, .number = i};
        ck_assert_int_eq(pthread_create(&all->threads[i].pthread, NULL, run_attached, &all->threads[i]), 0);
    }
    return all;
}

void fixture_join(struct fixture_threads *all)
{
    thread_leave_java(fixture_thread, THREAD_BLOCKED);
    for (int i = 0; i < all->count; i++)
        pthread_join(all->threads[i].pthread, NULL);
    thread_enter_java(fixture_thread);
    free(all);
}

void fixture_sleep(struct thread *t, int milliseconds)
{
    struct timespec time = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000L};
    thread_leave_java(t, THREAD_BLOCKED);
    while (nanosleep(&time, &time) != 0) /* the collector's signals interrupt it */
        ;
    thread_enter_java(t);
}

/* ---- classes and exceptions -------------------------------------------------------------------------------- */

const char *fixture_take_exception(struct thread *t)
{
    const char *name = t->exception != NULL ? object_class(t->exception)->name->bytes : "";
    exception_clear(t);
    return name;
}

struct class *fixture_boot_class(const char *name)
{
    struct class *c = load_boot_class(fixture_thread, symbol_intern_cstr(name));
    ck_assert_msg(c != NULL && initialize_class(fixture_thread, c), "%s", name);
    return c;
}

struct method *fixture_method(struct class *c, const char *name, const char *descriptor)
{
    struct method *m = class_find_declared_method(c, symbol_intern_cstr(name), symbol_intern_cstr(descriptor));
    ck_assert_msg(m != NULL, "%s.%s%s", c->name->bytes, name, descriptor);
    return m;
}

/* ---- class files ------------------------------------------------------------------------------------------- */

void put_u1(struct bytes *b, unsigned v)
{
    if (b->length == b->capacity) {
        b->capacity = b->capacity == 0 ? 256 : b->capacity * 2;
        b->data = realloc(b->data, b->capacity);
    }
    b->data[b->length++] = (uint8_t)v;
}

void put_u2(struct bytes *b, unsigned v)
{
    put_u1(b, v >> 8);
    put_u1(b, v);
}

void put_u4(struct bytes *b, uint32_t v)
{
    put_u2(b, v >> 16);
    put_u2(b, v & 0xffff);
}

static void put_all(struct bytes *to, const struct bytes *from)
{
    for (size_t i = 0; i < from->length; i++)
        put_u1(to, from->data[i]);
}

void asm_begin(struct assembler *a, const char *name, const char *super, uint16_t flags)
{
    *a = (struct assembler){.pool_count = 1, .flags = flags, .major = 49};
    a->this_class = asm_class(a, name);
    a->super_class = asm_class(a, super);
}

uint16_t asm_utf8(struct assembler *a, const char *text)
{
    put_u1(&a->pool, CP_UTF8);
    put_u2(&a->pool, (unsigned)strlen(text));
    for (; *text != '\0'; text++)
        put_u1(&a->pool, (uint8_t)*text);
    return a->pool_count++;
}

uint16_t asm_constant(struct assembler *a, uint8_t tag, uint64_t value)
{
    uint16_t index = a->pool_count++;
    put_u1(&a->pool, tag);
    if (tag == CP_LONG || tag == CP_DOUBLE) {
        put_u4(&a->pool, (uint32_t)(value >> 32));
        a->pool_count++; /* JVMS 4.4.5: they take two entries */
    }
    put_u4(&a->pool, (uint32_t)value);
    return index;
}

static uint16_t one_index(struct assembler *a, uint8_t tag, uint16_t index)
{
    put_u1(&a->pool, tag);
    put_u2(&a->pool, index);
    return a->pool_count++;
}

uint16_t asm_class(struct assembler *a, const char *name)
{
    return one_index(a, CP_CLASS, asm_utf8(a, name));
}

uint16_t asm_string(struct assembler *a, const char *text)
{
    return one_index(a, CP_STRING, asm_utf8(a, text));
}

uint16_t asm_name_and_type(struct assembler *a, const char *name, const char *descriptor)
{
    uint16_t n = asm_utf8(a, name), d = asm_utf8(a, descriptor);
    put_u1(&a->pool, CP_NAME_AND_TYPE);
    put_u2(&a->pool, n);
    put_u2(&a->pool, d);
    return a->pool_count++;
}

uint16_t asm_member(struct assembler *a, uint8_t tag, const char *owner, const char *name, const char *descriptor)
{
    uint16_t c = asm_class(a, owner), nt = asm_name_and_type(a, name, descriptor);
    put_u1(&a->pool, tag);
    put_u2(&a->pool, c);
    put_u2(&a->pool, nt);
    return a->pool_count++;
}

void asm_interface(struct assembler *a, const char *name)
{
    put_u2(&a->interfaces, asm_class(a, name));
    a->interface_count++;
}

void asm_field(struct assembler *a, uint16_t flags, const char *name, const char *descriptor)
{
    uint16_t n = asm_utf8(a, name), d = asm_utf8(a, descriptor);
    put_u2(&a->fields, flags);
    put_u2(&a->fields, n);
    put_u2(&a->fields, d);
    put_u2(&a->fields, 0);
    a->field_count++;
}

static void put_word(struct bytes *code, const char *word)
{
    if (word[0] == '#' && word[1] == '#') {
        put_u4(code, (uint32_t)strtol(word + 2, NULL, 0));
    } else if (word[0] == '#') {
        put_u2(code, (unsigned)strtol(word + 1, NULL, 0) & 0xffff);
    } else if ((word[0] >= '0' && word[0] <= '9') || word[0] == '-') {
        put_u1(code, (unsigned)strtol(word, NULL, 0) & 0xff);
    } else {
        unsigned opcode = 0;
        while (opcode < OPCODE_COUNT && strcmp(opcode_table[opcode].name, word) != 0)
            opcode++;
        ck_assert_msg(opcode < OPCODE_COUNT, "no opcode %s", word);
        put_u1(code, opcode);
    }
}

void asm_method(struct assembler *a, uint16_t flags, const char *name, const char *descriptor, uint16_t max_stack,
                uint16_t max_locals, const char *code, ...)
{
    uint16_t n = asm_utf8(a, name), d = asm_utf8(a, descriptor), attribute = asm_utf8(a, "Code");
    struct bytes b = {0};
    char text[4096], *rest;
    va_list args;
    put_u2(&a->methods, flags);
    put_u2(&a->methods, n);
    put_u2(&a->methods, d);
    put_u2(&a->methods, code != NULL);
    a->method_count++;
    if (code == NULL)
        return;
    va_start(args, code);
    ck_assert_int_lt(vsnprintf(text, sizeof text, code, args), (int)sizeof text);
    va_end(args);
    for (char *word = strtok_r(text, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest))
        put_word(&b, word);
    put_u2(&a->methods, attribute);
    put_u4(&a->methods, (uint32_t)b.length + 12);
    put_u2(&a->methods, max_stack);
    put_u2(&a->methods, max_locals);
    put_u4(&a->methods, (uint32_t)b.length);
    put_all(&a->methods, &b);
    put_u4(&a->methods, 0); /* no handlers, no attributes */
    free(b.data);
}

static struct class *accepted(struct class *c, bool ok)
{
    if (!ok)
        exception_print(fixture_thread, fixture_thread->exception, 2);
    ck_assert_msg(ok, "a class of the test is not accepted");
    return c;
}

struct class *asm_load(struct assembler *a)
{
    struct bytes b = {0};
    put_u4(&b, 0xcafebabe);
    put_u4(&b, a->major);
    put_u2(&b, a->pool_count);
    put_all(&b, &a->pool);
    put_u2(&b, a->flags);
    put_u2(&b, a->this_class);
    put_u2(&b, a->super_class);
    put_u2(&b, a->interface_count);
    put_all(&b, &a->interfaces);
    put_u2(&b, a->field_count);
    put_all(&b, &a->fields);
    put_u2(&b, a->method_count);
    put_all(&b, &a->methods);
    put_u2(&b, a->attribute_count);
    put_all(&b, &a->attributes);
    const struct define_options options = {.loader = fixture_thread->vm->boot_loader};
    struct class *c = define_class(fixture_thread, b.data, b.length, &options);
    free(b.data);
    return accepted(c, c != NULL);
}

struct class *asm_define(struct assembler *a)
{
    struct class *c = asm_load(a);
    return accepted(c, link_class(fixture_thread, c));
}
