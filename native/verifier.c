/* Verification by type inference (JVMS 4.10.2), done by the class library's libverify.so, which needs no
 * StackMapTable. */
#include <dlfcn.h>
#include <stdlib.h>

#include "native/handles.h"
#include "native/natives.h"
#include "native/verifier_view.h"
#include "vm/exception.h"

/* Its answers; an exception may be pending instead (classes are loaded to compare types). */
enum { REFUSED = 0, ACCEPTED = 1, NO_MEMORY = 2, MALFORMED = 3 };
typedef jboolean (*verify_function)(JNIEnv *env, jclass c, char *message, jint size, jint major_version);

/* HotSpot's room for a message behind the class's name. */
enum { MESSAGE_ROOM = 1024 };

static void throw_answer(struct thread *t, int answer, const char *message)
{
    if (answer == NO_MEMORY)
        exception_throw_out_of_memory(t, "native memory for the verification of a class");
    else
        exception_throw(t, answer == MALFORMED ? "java/lang/ClassFormatError" : "java/lang/VerifyError", "%s", message);
}

/* ACCEPTED may come with a pending exception. */
static int ask_libverify(struct thread *t, struct class *c, verify_function function, char *message, size_t size)
{
    uint32_t mark = handles_push_frame(t, 16);
    if (mark == UINT32_MAX) /* exception pending */
        return ACCEPTED;
    struct verifier_view view;
    int answer = NO_MEMORY;
    if (verifier_view_init(&view, c)) {
        view.outer = t->verifying;
        t->verifying = &view;
        jclass handle = handle_class(t, c);
        thread_leave_java(t, THREAD_NATIVE);
        answer = function((JNIEnv *)t, handle, message, (jint)size, c->major_version);
        thread_enter_java(t);
        t->verifying = view.outer;
    }
    verifier_view_free(&view);
    handles_pop_frame(t, mark);
    return answer;
}

bool verifier_verify(struct thread *t, struct class *c)
{
    void *library = native_libverify(t->vm);
    verify_function function = library == NULL ? NULL : (verify_function)dlsym(library, "VerifyClassForMajorVersion");
    if (function == NULL)
        vm_fatal("%s cannot be verified: libverify.so is missing", c->name->bytes);
    size_t size = c->name->length + MESSAGE_ROOM;
    char *message = calloc(1, size);
    int answer = message == NULL ? NO_MEMORY : ask_libverify(t, c, function, message, size);
    if (answer != ACCEPTED && t->exception == NULL)
        throw_answer(t, answer, message);
    free(message);
    return t->exception == NULL;
}
