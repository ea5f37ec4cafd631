/* Questions of the monitor about the program in its isolate (include/cloister/hypercall.h): diagnostic commands. */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "include/cloister/hypercall.h"
#include "native/diagnostic.h"
#include "vm/safepoint.h"

enum { LONGEST_QUESTION = 1024 };

static bool announced; /* one per process, as the monitor is; written at start-up */

bool questions_announce(int signal)
{
    announced = syscall(CLOISTER_CALL_ANSWERS, signal) == 0;
    return announced;
}

static void reply_sentence(const char *sentence)
{
    syscall(CLOISTER_CALL_REPLY, 1, sentence, strlen(sentence), 0, 0);
}

/* The answer lies in a file, from which it is mapped: REPLY takes it from memory. */
static void reply_file(int file, bool ok)
{
    struct stat status;
    size_t bytes = fstat(file, &status) == 0 ? (size_t)status.st_size : 0;
    void *text = bytes > 0 ? mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, file, 0) : NULL;
    if (text == MAP_FAILED)
        reply_sentence("no memory for the answer");
    else if (syscall(CLOISTER_CALL_REPLY, ok ? 0 : 1, text, bytes, 0, 0) != 0 && errno == EMSGSIZE)
        reply_sentence("the answer is too large");
    if (bytes > 0 && text != MAP_FAILED)
        munmap(text, bytes);
}

bool questions_answer(struct thread *t)
{
    char question[LONGEST_QUESTION + 1];
    long length;
    bool any = false;
    while (announced && ((length = syscall(CLOISTER_CALL_NEXT_QUESTION, question, LONGEST_QUESTION)) >= 0)) {
        bool ok;
        any = true;
        question[length] = '\0';
        int file = diagnostic_run(t, question, &ok);
        if (file < 0) {
            reply_sentence("no file in memory for the answer");
            continue;
        }
        reply_file(file, ok);
        close(file);
    }
    return any;
}
