/* The invocation interface: refused options, creation, attached threads, hooks, destruction. */
#include <jni.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SAY(...) (printf(__VA_ARGS__), putchar('\n'), (void)fflush(stdout))

static JavaVM *vm;
static char class_path[4096];

static void exit_hook(jint status)
{
    SAY("exit hook: %d", status);
}

static jint create(JavaVM **out, JNIEnv **env, jint version, jboolean ignore, const char *extra)
{
    JavaVMOption options[4] = {{class_path, NULL}, {"-Dhost.answer=42", NULL}, {"exit", (void *)exit_hook},
                               {(char *)extra, NULL}};
    JavaVMInitArgs args = {version, extra != NULL ? 4 : 3, options, ignore};
    return JNI_CreateJavaVM(out, (void **)env, &args);
}

/* In a process of its own: JNI allows no second attempt after some failures. */
static void attempt(jint version, jboolean ignore, const char *extra)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        JNIEnv *env = NULL;
        JavaVM *made = NULL;
        if (freopen("/dev/null", "w", stderr) == NULL)
            _exit(101);
        fflush(stdout);
        jint result = create(&made, &env, version, ignore, extra);
        /* The specification leaves the kind of error open but for the version. */
        SAY("create %x %d %s: %s", version, ignore, extra,
            result == JNI_OK ? "made" : result == JNI_EVERSION ? "wrong version" : "refused");
        _exit(result == JNI_OK ? 7 : 8);
    }
    int status = 0;
    waitpid(child, &status, 0);
    SAY("status %d", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

static void run_java(JNIEnv *env, const char *method)
{
    jclass c = (*env)->FindClass(env, "HostTarget");
    (*env)->CallStaticVoidMethod(env, c, (*env)->GetStaticMethodID(env, c, method, "()V"));
    if ((*env)->ExceptionCheck(env))
        (*env)->ExceptionDescribe(env);
}

static void *worker(void *name)
{
    JNIEnv *env = NULL;
    JavaVMAttachArgs args = {JNI_VERSION_1_8, name, NULL};
    SAY("GetEnv: %d", (*vm)->GetEnv(vm, (void **)&env, JNI_VERSION_10));
    JavaVMAttachArgs wrong = {0x00010007, name, NULL};
    SAY("attach, wrong version: %d", (*vm)->AttachCurrentThread(vm, (void **)&env, &wrong));
    SAY("attach: %d", (*vm)->AttachCurrentThread(vm, (void **)&env, &args));
    run_java(env, "work");
    SAY("detach: %d", (*vm)->DetachCurrentThread(vm));
    SAY("detach again: %d", (*vm)->DetachCurrentThread(vm));
    return NULL;
}

static void default_arguments(void)
{
    static const jint versions[] = {JNI_VERSION_1_2, JNI_VERSION_1_4, JNI_VERSION_1_6, JNI_VERSION_1_8, JNI_VERSION_9,
                                    JNI_VERSION_10, 0x00770000, 0};
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        JavaVMInitArgs args = {.version = versions[i]};
        SAY("default arguments %x: %d", versions[i], JNI_GetDefaultJavaVMInitArgs(&args));
    }
}

static void say_created(void)
{
    JavaVM *list[2] = {NULL, NULL};
    jsize count = -1;
    jint result = JNI_GetCreatedJavaVMs(list, 2, &count);
    SAY("created: %d, %d, the same %d", result, count, vm != NULL && list[0] == vm);
}

int main(int argc, char **argv)
{
    JNIEnv *env = NULL, *other = NULL;
    JavaVM *second = NULL;
    snprintf(class_path, sizeof class_path, "-Djava.class.path=%s", argv[1]);
    default_arguments();
    say_created();
    attempt(0x00770000, JNI_FALSE, "-ea");
    attempt(JNI_VERSION_10, JNI_FALSE, "-nonsense");
    attempt(JNI_VERSION_10, JNI_FALSE, "-Xnonsense");
    attempt(JNI_VERSION_10, JNI_TRUE, "-Xnonsense");
    attempt(JNI_VERSION_10, JNI_TRUE, "_nonsense");
    attempt(JNI_VERSION_10, JNI_FALSE, "-XX:+NoSuchFlag");
    attempt(JNI_VERSION_10, JNI_FALSE, "-Xmx1x");
    jint result = create(&vm, &env, JNI_VERSION_10, JNI_FALSE, "-Xmx100m");
    SAY("create: %d", result);
    if (result != JNI_OK)
        return 1;
    say_created(); /* before the next line, after which HotSpot says that there is no VM */
    SAY("second: %d", create(&second, &other, JNI_VERSION_10, JNI_FALSE, NULL));
    SAY("GetEnv: %d", (*vm)->GetEnv(vm, (void **)&other, JNI_VERSION_1_8));
    SAY("the same: %d", other == env);
    run_java(env, "start");
    for (int i = 0; i < 3; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, worker, "host worker");
        pthread_join(thread, NULL);
    }
    run_java(env, "fail");
    run_java(env, "linger"); /* starts a thread that DestroyJavaVM waits for, and a hook */
    SAY("destroy: %d", (*vm)->DestroyJavaVM(vm));
    say_created();
    SAY("create again: %d", create(&second, &other, JNI_VERSION_10, JNI_FALSE, NULL) != JNI_OK);
    SAY("GetEnv: %d", (*vm)->GetEnv(vm, (void **)&other, JNI_VERSION_10));
    return 3;
}
