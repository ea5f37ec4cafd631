/* VM flags for HotSpotDiagnosticMXBean: those of vm/release/options.def, with the values in force. */
#include <stdio.h>

#include "native/diagnostic.h"
#include "native/handles.h"
#include "native/management_private.h"
#include "vm/exception.h"
#include "vm/object.h"
#include "vm/safepoint.h"
#include "vm/string.h"

struct flag_value { enum jmm_global_type type; int64_t number; const char *text; };

static struct flag_value flag_value(const struct options *o, size_t index)
{
    size_t i = 0;
#define FLAG_BOOL(name, member)                                                                                        \
    if (i++ == index)                                                                                                  \
        return (struct flag_value){JMM_GLOBAL_BOOLEAN, o->member, NULL};
#define FLAG_SIZE(name, member, unit)                                                                                  \
    if (i++ == index)                                                                                                  \
        return (struct flag_value){JMM_GLOBAL_LONG, (int64_t)(o->member / (unit)), NULL};
#define FLAG_INT(name, member, min, max)                                                                               \
    if (i++ == index)                                                                                                  \
        return (struct flag_value){JMM_GLOBAL_LONG, (int64_t)o->member, NULL};
#define FLAG_TEXT(name, member)                                                                                        \
    if (i++ == index)                                                                                                  \
        return (struct flag_value){JMM_GLOBAL_STRING, 0, o->member};
#include "vm/release/options.def"
#undef FLAG_BOOL
#undef FLAG_SIZE
#undef FLAG_INT
#undef FLAG_TEXT
    return (struct flag_value){JMM_GLOBAL_UNKNOWN, 0, NULL};
}

static const char *const flag_names[] = {
#define FLAG_BOOL(name, member) #name,
#define FLAG_SIZE(name, member, unit) #name,
#define FLAG_INT(name, member, min, max) #name,
#define FLAG_TEXT(name, member) #name,
#include "vm/release/options.def"
#undef FLAG_BOOL
#undef FLAG_SIZE
#undef FLAG_INT
#undef FLAG_TEXT
};

jlong management_flag_count(void)
{
    return ARRAY_COUNT(flag_names);
}

/* Was the flag among the arguments, as -XX:+name, -XX:-name or -XX:name=value? */
static enum jmm_global_origin flag_origin(const struct options *o, const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < o->argument_count; i++) {
        const char *a = o->arguments[i];
        if (strncmp(a, "-XX:", 4) != 0)
            continue;
        a += 4;
        a += *a == '+' || *a == '-';
        if (strncmp(a, name, length) == 0 && (a[length] == '\0' || a[length] == '='))
            return JMM_ORIGIN_COMMAND_LINE;
    }
    return JMM_ORIGIN_DEFAULT;
}

jobjectArray JNICALL management_flag_names(JNIEnv *env)
{
    VM_ENTRY(env);
    struct object *names = array_new_of(t, t->vm->known.String, (int32_t)ARRAY_COUNT(flag_names));
    for (uint32_t i = 0; names != NULL && i < ARRAY_COUNT(flag_names); i++) {
        struct object *s = string_new_utf8(t, flag_names[i]);
        if (s == NULL)
            names = NULL;
        else
            gc_store_element(names, i, s);
    }
    jobjectArray result = handle_local(t, names);
    VM_LEAVE();
    return result;
}

/* `name` may be NULL: a new string.  false: exception pending. */
static bool fill_global(struct thread *t, struct object *name, size_t index, struct jmm_global *global)
{
    const struct options *o = &t->vm->options;
    struct flag_value v = flag_value(o, index);
    *global = (struct jmm_global){.type = v.type, .origin = flag_origin(o, flag_names[index]), .external = 1};
    if (name == NULL && (name = string_new_utf8(t, flag_names[index])) == NULL)
        return false;
    global->name = handle_local(t, name);
    if (v.type == JMM_GLOBAL_STRING) {
        struct object *text = v.text == NULL ? NULL : string_new_utf8(t, v.text);
        if (text == NULL && exception_pending(t))
            return false;
        global->value.l = handle_local(t, text);
    } else if (v.type == JMM_GLOBAL_BOOLEAN) {
        global->value.z = (jboolean)v.number;
    } else {
        global->value.j = v.number;
    }
    return true;
}

static int find_flag(struct object *name)
{
    const struct symbol *s = string_to_symbol(name, false);
    for (size_t i = 0; s != NULL && i < ARRAY_COUNT(flag_names); i++)
        if (strcmp(flag_names[i], s->bytes) == 0)
            return (int)i;
    return -1;
}

static jint named_flags(struct thread *t, struct object *names, struct jmm_global *globals, jint count)
{
    jint known = 0;
    for (jint i = 0; i < count && i < (jint)array_length(names); i++) {
        struct object *name = gc_load_element(names, (uint32_t)i);
        if (name == NULL) {
            exception_throw(t, "java/lang/NullPointerException", NULL);
            return known;
        }
        int index = find_flag(name);
        globals[i] = (struct jmm_global){.name = NULL}; /* no flag of this name */
        if (index < 0)
            continue;
        if (!fill_global(t, name, (size_t)index, &globals[i]))
            return known;
        known++;
    }
    return known;
}

jint JNICALL management_flags(JNIEnv *env, jobjectArray names, struct jmm_global *globals, jint count)
{
    VM_ENTRY(env);
    jint known = 0;
    if (names != NULL) {
        known = named_flags(t, handle_get(names), globals, count);
    } else {
        jint all = (jint)ARRAY_COUNT(flag_names);
        while (known < count && known < all && fill_global(t, NULL, (size_t)known, &globals[known]))
            known++;
    }
    VM_LEAVE();
    return known;
}

/* Every flag is read at start-up. */
jint JNICALL management_set_flag(JNIEnv *env, jstring name, jvalue value)
{
    VM_ENTRY(env);
    int index = name == NULL ? -1 : find_flag(handle_get(name));
    exception_throw(t, "java/lang/IllegalArgumentException",
                    index < 0 ? "Flag does not exist." : "This flag is not writeable.");
    VM_LEAVE();
    return -1;
}

void diagnostic_flags(const struct options *o, int fd, bool all)
{
    for (size_t i = 0; i < ARRAY_COUNT(flag_names); i++) {
        struct flag_value v = flag_value(o, i);
        bool heap = strstr(flag_names[i], "HeapSize") != NULL; /* what everybody wants to know */
        if (!all && !heap && flag_origin(o, flag_names[i]) == JMM_ORIGIN_DEFAULT)
            continue;
        if (v.type == JMM_GLOBAL_BOOLEAN)
            dprintf(fd, "-XX:%c%s ", v.number != 0 ? '+' : '-', flag_names[i]);
        else if (v.type == JMM_GLOBAL_STRING)
            dprintf(fd, "-XX:%s=%s ", flag_names[i], v.text != NULL ? v.text : "");
        else
            dprintf(fd, "-XX:%s=%lld ", flag_names[i], (long long)v.number);
    }
    dprintf(fd, "\n");
}
