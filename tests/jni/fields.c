/* Fields of every type, of objects and of classes. */
#include "jnitest.h"

#define DEFINE_FIELDS(Name, type, member, descriptor)                                                                  \
    static void fields_##Name(JNIEnv *env, jobject o, jclass c, jvalue fresh)                                          \
    {                                                                                                                  \
        jfieldID f = (*env)->GetFieldID(env, c, "a" #Name, descriptor);                                                \
        jfieldID g = (*env)->GetStaticFieldID(env, c, "static" #Name, descriptor);                                     \
        jvalue v = {0};                                                                                                \
        v.member = (*env)->Get##Name##Field(env, o, f);                                                                \
        say_value(env, #Name, descriptor[0], v);                                                                       \
        (*env)->Set##Name##Field(env, o, f, fresh.member);                                                             \
        v.member = (*env)->Get##Name##Field(env, o, f);                                                                \
        say_value(env, #Name " set", descriptor[0], v);                                                                \
        v.member = (*env)->GetStatic##Name##Field(env, c, g);                                                          \
        say_value(env, #Name " static", descriptor[0], v);                                                             \
        (*env)->SetStatic##Name##Field(env, c, g, fresh.member);                                                       \
        v.member = (*env)->GetStatic##Name##Field(env, c, g);                                                          \
        say_value(env, #Name " static set", descriptor[0], v);                                                         \
        say_exception(env, "after");                                                                                   \
    }
VALUES(DEFINE_FIELDS)

static void find_fields(JNIEnv *env, jobject o, jclass c, jclass late_class, jclass broken_class)
{
    jclass super = (*env)->GetSuperclass(env, c);
    jfieldID hidden = (*env)->GetFieldID(env, super, "shadowed", "I");
    jfieldID shown = (*env)->GetFieldID(env, c, "shadowed", "I");
    SAY("shadowed: %d %d", (*env)->GetIntField(env, o, shown), (*env)->GetIntField(env, o, hidden));
    jfieldID constant = (*env)->GetStaticFieldID(env, c, "CONSTANT", "I");
    SAY("constant of an interface: %d", (*env)->GetStaticIntField(env, c, constant));
    jfieldID final = (*env)->GetFieldID(env, c, "fixed", "I");
    (*env)->SetIntField(env, o, final, 99);
    SAY("final field: %d", (*env)->GetIntField(env, o, final));
    (*env)->GetFieldID(env, c, "missing", "I");
    say_exception(env, "missing field");
    (*env)->GetFieldID(env, c, "aInt", "J");
    say_exception(env, "field of another type");
    (*env)->GetFieldID(env, c, "staticInt", "I");
    say_exception(env, "instance field asked for, static found");
    (*env)->GetStaticFieldID(env, c, "aInt", "I");
    say_exception(env, "static field asked for, instance found");
    jfieldID late = (*env)->GetStaticFieldID(env, late_class, "value", "I");
    SAY("a class is initialized for its static field: %d", late != NULL);
    (*env)->GetStaticFieldID(env, broken_class, "value", "I");
    say_exception(env, "class whose initializer throws");
}

JNIEXPORT void JNICALL Java_JniTestFields_run(JNIEnv *env, jclass self, jobject o, jclass late, jclass broken)
{
    jclass c = (*env)->GetObjectClass(env, o);
    const jvalue fresh[9] = {{.z = JNI_TRUE}, {.b = -128}, {.c = 0xabcd}, {.s = -30000}, {.i = -2000000000},
                             {.j = INT64_C(-9000000000000000000)}, {.f = -1.5e-30f}, {.d = 1.25e300},
                             {.l = (*env)->NewStringUTF(env, "fresh")}};
    int i = 0;
#define FIELDS(Name, type, member, descriptor) fields_##Name(env, o, c, fresh[i++]);
    VALUES(FIELDS)
    find_fields(env, o, c, late, broken);
}
