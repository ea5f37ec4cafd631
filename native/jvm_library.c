/* JVM_ functions for loading native libraries, raw monitors, and the printf family. */
#include "native/jvm.h"

#include <dlfcn.h>
#include <stdlib.h>

#include "native/handles.h"
#include "vm/exception.h"
#include "vm/string.h"
#include "vm/vm.h"

/* ---- libraries ------------------------------------------------------------------------------------------- */

JNIEXPORT void *JNICALL JVM_LoadLibrary(const char *path)
{
    void *handle = dlopen(path, RTLD_LAZY); /* runs constructors: in THREAD_NATIVE */
    if (handle != NULL)
        return handle;
    const char *reason = dlerror();
    VM_ENTRY((JNIEnv *)thread_current());
    exception_throw(t, "java/lang/UnsatisfiedLinkError", "%s: %s", path, reason != NULL ? reason : "dlopen failed");
    VM_LEAVE();
    return NULL;
}

JNIEXPORT void JNICALL JVM_UnloadLibrary(void *handle)
{
    dlclose(handle);
}

JNIEXPORT void *JNICALL JVM_FindLibraryEntry(void *handle, const char *name)
{
    return dlsym(handle, name);
}

JNIEXPORT jboolean JNICALL JVM_IsSupportedJNIVersion(jint version)
{
    switch (version) {
    case JNI_VERSION_1_1:
    case JNI_VERSION_1_2:
    case JNI_VERSION_1_4:
    case JNI_VERSION_1_6:
    case JNI_VERSION_1_8:
    case JNI_VERSION_9:
    case JNI_VERSION_10:
        return JNI_TRUE;
    default:
        return JNI_FALSE;
    }
}

JNIEXPORT char *JNICALL JVM_NativePath(char *path)
{
    return path; /* paths are native already on Unix */
}

JNIEXPORT jstring JNICALL JVM_GetTemporaryDirectory(JNIEnv *env)
{
    VM_RETURN(env, handle_local(t, string_new_utf8(t, "/tmp")));
}

/* ---- raw monitors: mutexes for libzip, usable on threads that the VM does not know ----------------------- */

JNIEXPORT void *JNICALL JVM_RawMonitorCreate(void)
{
    pthread_mutexattr_t attributes;
    pthread_mutex_t *mutex = malloc(sizeof *mutex);
    if (mutex == NULL)
        return NULL;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return mutex;
}

JNIEXPORT void JNICALL JVM_RawMonitorDestroy(void *monitor)
{
    pthread_mutex_destroy(monitor);
    free(monitor);
}

JNIEXPORT jint JNICALL JVM_RawMonitorEnter(void *monitor)
{
    return pthread_mutex_lock(monitor);
}

JNIEXPORT void JNICALL JVM_RawMonitorExit(void *monitor)
{
    pthread_mutex_unlock(monitor);
}

/* ---- printf ---------------------------------------------------------------------------------------------- */

/* Always terminated; -1 when the text does not fit. */
JNIEXPORT int JNICALL jio_vsnprintf(char *buffer, size_t size, const char *format, va_list args)
{
    if ((intptr_t)size <= 0)
        return -1;
    int length = vsnprintf(buffer, size, format, args);
    if (length >= 0 && (size_t)length < size)
        return length;
    buffer[size - 1] = '\0';
    return -1;
}

JNIEXPORT int JNICALL jio_snprintf(char *buffer, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = jio_vsnprintf(buffer, size, format, args);
    va_end(args);
    return length;
}

/* Goes through the hook that the embedder may have passed as the option "vfprintf". */
JNIEXPORT int JNICALL jio_vfprintf(FILE *file, const char *format, va_list args)
{
    const struct vm *vm = vm_instance();
    if (vm != NULL && vm->options.vfprintf_hook != NULL)
        return vm->options.vfprintf_hook(file, format, args);
    return vfprintf(file, format, args);
}

JNIEXPORT int JNICALL jio_fprintf(FILE *file, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = jio_vfprintf(file, format, args);
    va_end(args);
    return length;
}
