/* Classes, reflection, modules, direct buffers. */
#include "jnitest.h"

static const char *name_of(JNIEnv *env, jclass c)
{
    return c == NULL ? "NULL" : text_of(env, c);
}

static void finding(JNIEnv *env)
{
    static const char *const names[] = {
        "java/lang/String", "[I", "[[Ljava/lang/Object;", "JniTestClasses$Shape", "[LJniTest;", "java.lang.String",
        "no/such/Class", "int", "I", "", "[", "Ljava/lang/String;", "[no/such;", "java/lang/String;",
        "JniTestClasses$Broken", "JniTestClasses$Broken"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        jclass c = (*env)->FindClass(env, names[i]);
        jthrowable pending = (*env)->ExceptionOccurred(env);
        (*env)->ExceptionClear(env);
        SAY("FindClass %s: %s, %s", names[i], name_of(env, c), text_of(env, pending));
    }
}

static jclass primitive(JNIEnv *env, const char *wrapper)
{
    jclass c = (*env)->FindClass(env, wrapper);
    return (*env)->GetStaticObjectField(env, c, (*env)->GetStaticFieldID(env, c, "TYPE", "Ljava/lang/Class;"));
}

static void relations(JNIEnv *env)
{
    jclass classes[] = {(*env)->FindClass(env, "java/lang/Object"), (*env)->FindClass(env, "java/lang/Integer"),
        (*env)->FindClass(env, "java/lang/Number"), (*env)->FindClass(env, "java/lang/Comparable"),
        (*env)->FindClass(env, "[Ljava/lang/Integer;"), (*env)->FindClass(env, "[Ljava/lang/Object;"),
        (*env)->FindClass(env, "[I"), (*env)->FindClass(env, "java/lang/Cloneable"),
        primitive(env, "java/lang/Integer"), primitive(env, "java/lang/Long")};
    enum { COUNT = sizeof classes / sizeof classes[0] };
    for (int i = 0; i < COUNT; i++) {
        SAY("%s extends %s", name_of(env, classes[i]), name_of(env, (*env)->GetSuperclass(env, classes[i])));
        printf("assignable to:");
        for (int j = 0; j < COUNT; j++)
            printf(" %d", (*env)->IsAssignableFrom(env, classes[i], classes[j]));
        SAY(" ");
    }
    jobject array = (*env)->NewObjectArray(env, 1, classes[1], NULL);
    for (int j = 0; j < 8; j++)
        SAY("Integer[] is a %s: %d, null: %d", name_of(env, classes[j]), (*env)->IsInstanceOf(env, array, classes[j]),
            (*env)->IsInstanceOf(env, NULL, classes[j]));
    const char *const impossible[] = {"java/lang/Number", "java/lang/Runnable", "[I", "java/lang/Class"};
    for (int i = 0; i < 4; i++) {
        jobject made = (*env)->AllocObject(env, (*env)->FindClass(env, impossible[i]));
        SAY("AllocObject %s: %d", impossible[i], made != NULL);
        say_exception(env, impossible[i]);
    }
}

static void methods(JNIEnv *env)
{
    jclass c = (*env)->FindClass(env, "JniTestClasses$Shape");
    static const struct { const char *name, *descriptor; int is_static; } wanted[] = {
        {"area", "()D", 0}, {"area", "()I", 0}, {"area", "()D", 1}, {"unit", "()LJniTestClasses$Shape;", 1},
        {"unit", "()LJniTestClasses$Shape;", 0}, {"<init>", "(D)V", 0}, {"<init>", "()V", 0}, {"<clinit>", "()V", 1},
        {"nosuch", "()V", 0}, {"nosuch", "()V", 1}, {"hashCode", "()I", 0}, {"wait", "(J)V", 0}, {"x", "bad", 0}};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        jmethodID m = wanted[i].is_static ? (*env)->GetStaticMethodID(env, c, wanted[i].name, wanted[i].descriptor)
                                          : (*env)->GetMethodID(env, c, wanted[i].name, wanted[i].descriptor);
        SAY("method %s%s static %d: %d", wanted[i].name, wanted[i].descriptor, wanted[i].is_static, m != NULL);
        say_exception(env, wanted[i].name);
    }
}

static void reflection(JNIEnv *env)
{
    jclass c = (*env)->FindClass(env, "JniTestClasses$Shape");
    jmethodID area = (*env)->GetMethodID(env, c, "area", "()D"), init = (*env)->GetMethodID(env, c, "<init>", "(D)V");
    jmethodID unit = (*env)->GetStaticMethodID(env, c, "unit", "()LJniTestClasses$Shape;");
    jfieldID side = (*env)->GetFieldID(env, c, "side", "D"), count = (*env)->GetStaticFieldID(env, c, "count", "I");
    jobject m = (*env)->ToReflectedMethod(env, c, area, JNI_FALSE);
    jobject k = (*env)->ToReflectedMethod(env, c, init, JNI_FALSE);
    jobject u = (*env)->ToReflectedMethod(env, c, unit, JNI_TRUE);
    jobject f = (*env)->ToReflectedField(env, c, side, JNI_FALSE);
    jobject g = (*env)->ToReflectedField(env, c, count, JNI_TRUE);
    SAY("%s | %s | %s | %s | %s", text_of(env, m), text_of(env, k), text_of(env, u), text_of(env, f), "");
    SAY("%s", text_of(env, g));
    jobject shape = (*env)->NewObject(env, c, (*env)->FromReflectedMethod(env, k), 3.0);
    SAY("area %g side %g", (*env)->CallDoubleMethod(env, shape, (*env)->FromReflectedMethod(env, m)),
        (*env)->GetDoubleField(env, shape, (*env)->FromReflectedField(env, f)));
    SAY("same ids: %d %d %d %d", (*env)->FromReflectedMethod(env, m) == area,
        (*env)->FromReflectedMethod(env, k) == init, (*env)->FromReflectedMethod(env, u) == unit,
        (*env)->FromReflectedField(env, f) == side);
    SAY("count %d", (*env)->GetStaticIntField(env, c, (*env)->FromReflectedField(env, g)));
    SAY("modules: %s", text_of(env, (*env)->GetModule(env, (*env)->FindClass(env, "java/lang/String"))));
    jobject unnamed = (*env)->GetModule(env, c);
    jmethodID is_named = (*env)->GetMethodID(env, (*env)->GetObjectClass(env, unnamed), "isNamed", "()Z");
    SAY("named: %d", (*env)->CallBooleanMethod(env, unnamed, is_named));
    SAY("of int: %s", text_of(env, (*env)->GetModule(env, primitive(env, "java/lang/Integer"))));
    (*env)->GetModule(env, NULL);
    say_exception(env, "GetModule(NULL)");
}

static void buffers(JNIEnv *env, jobject direct, jobject heap, jobject ints)
{
    static char memory[64] = "native memory";
    SAY("capacity: %lld %lld %lld", (long long)(*env)->GetDirectBufferCapacity(env, direct),
        (long long)(*env)->GetDirectBufferCapacity(env, heap), (long long)(*env)->GetDirectBufferCapacity(env, ints));
    unsigned char *p = (*env)->GetDirectBufferAddress(env, direct);
    SAY("address: %d %d, bytes %d %d", p != NULL, (*env)->GetDirectBufferAddress(env, heap) != NULL, p[0], p[1]);
    p[2] = 77;
    jobject made = (*env)->NewDirectByteBuffer(env, memory, sizeof memory);
    SAY("made: %s, same address %d, capacity %lld", text_of(env, made),
        (*env)->GetDirectBufferAddress(env, made) == memory, (long long)(*env)->GetDirectBufferCapacity(env, made));
    jmethodID put = find_method(env, "java/nio/ByteBuffer", "put", "(IB)Ljava/nio/ByteBuffer;");
    (*env)->CallObjectMethod(env, made, put, 0, 'N');
    SAY("memory: %s", memory);
    SAY("of a String: %lld", (long long)(*env)->GetDirectBufferCapacity(env, (*env)->NewStringUTF(env, "")));
}

JNIEXPORT void JNICALL Java_JniTestClasses_run(JNIEnv *env, jclass self, jobject direct, jobject heap, jobject ints)
{
    JavaVM *vm;
    JNIEnv *other = NULL;
    SAY("version %x, vm %d", (*env)->GetVersion(env), (*env)->GetJavaVM(env, &vm));
    SAY("GetEnv %d", (*vm)->GetEnv(vm, (void **)&other, JNI_VERSION_1_6));
    SAY("the same %d", other == env);
    finding(env);
    relations(env);
    methods(env);
    reflection(env);
    buffers(env, direct, heap, ints);
    say_exception(env, "classes");
}

JNIEXPORT jclass JNICALL Java_JniTestClasses_define(JNIEnv *env, jclass self, jstring name, jobject loader,
                                                    jbyteArray bytes)
{
    const char *utf8 = name != NULL ? (*env)->GetStringUTFChars(env, name, NULL) : NULL;
    jsize n = (*env)->GetArrayLength(env, bytes);
    jbyte *copy = (*env)->GetByteArrayElements(env, bytes, NULL);
    jclass c = (*env)->DefineClass(env, utf8, loader, copy, n);
    (*env)->ReleaseByteArrayElements(env, bytes, copy, JNI_ABORT);
    if (utf8 != NULL)
        (*env)->ReleaseStringUTFChars(env, name, utf8);
    return c;
}
