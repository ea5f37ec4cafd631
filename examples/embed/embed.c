/* embed RHINO_JAR: starts a Java VM in this process, evaluates JavaScript with Rhino through javax.script, passes
 * numbers and strings both ways, catches what a script throws, and shuts the VM down. */
#include <jni.h>
#include <stdio.h>

static JNIEnv *env;
static jobject engine;

static jmethodID method(const char *class, const char *name, const char *descriptor)
{
    return (*env)->GetMethodID(env, (*env)->FindClass(env, class), name, descriptor);
}

static jstring string(const char *utf8) { return (*env)->NewStringUTF(env, utf8); }
static void print(const char *what, jstring text)
{
    const char *utf8 = (*env)->GetStringUTFChars(env, text, NULL);
    printf("%s: %s\n", what, utf8);
    (*env)->ReleaseStringUTFChars(env, text, utf8);
}

static jobject evaluate(const char *script)
{
    jmethodID eval = method("javax/script/ScriptEngine", "eval", "(Ljava/lang/String;)Ljava/lang/Object;");
    jobject result = (*env)->CallObjectMethod(env, engine, eval, string(script));
    jthrowable thrown = (*env)->ExceptionOccurred(env);
    (*env)->ExceptionClear(env);
    jmethodID get_message = method("java/lang/Throwable", "getMessage", "()Ljava/lang/String;");
    if (thrown != NULL)
        print("thrown", (*env)->CallObjectMethod(env, thrown, get_message));
    return result;
}

int main(int argc, char **argv)
{
    char class_path[4096];
    JavaVMOption option = {.optionString = class_path};
    JavaVMInitArgs arguments = {.version = JNI_VERSION_10, .nOptions = 1, .options = &option};
    JavaVM *vm;
    snprintf(class_path, sizeof class_path, "-Djava.class.path=%s", argc > 1 ? argv[1] : "/usr/share/java/rhino.jar");
    if (JNI_CreateJavaVM(&vm, (void **)&env, &arguments) != JNI_OK)
        return fputs("embed: the Java VM cannot be created\n", stderr), 1;
    jobject manager = (*env)->NewObject(env, (*env)->FindClass(env, "javax/script/ScriptEngineManager"),
                                        method("javax/script/ScriptEngineManager", "<init>", "()V"));
    engine = (*env)->CallObjectMethod(env, manager, method("javax/script/ScriptEngineManager", "getEngineByName",
        "(Ljava/lang/String;)Ljavax/script/ScriptEngine;"), string("rhino"));
    if (engine == NULL)
        return fprintf(stderr, "embed: no script engine with %s\n", class_path), 1;
    jmethodID put = method("javax/script/ScriptEngine", "put", "(Ljava/lang/String;Ljava/lang/Object;)V");
    jmethodID new_double = method("java/lang/Double", "<init>", "(D)V");
    jobject radius = (*env)->NewObject(env, (*env)->FindClass(env, "java/lang/Double"), new_double, 2.5);
    (*env)->CallVoidMethod(env, engine, put, string("radius"), radius);
    (*env)->CallVoidMethod(env, engine, put, string("name"), string("caf\303\251"));
    jobject area = evaluate("Math.PI * radius * radius");
    printf("area: %.3f\n", (*env)->CallDoubleMethod(env, area, method("java/lang/Number", "doubleValue", "()D")));
    print("greeting", evaluate("String('Hello, ' + name + ' of ' + name.length + ' letters')"));
    evaluate("throw new Error('a radius of ' + radius + ' is too small')");
    return (*vm)->DestroyJavaVM(vm) == JNI_OK ? 0 : 1;
}
