/* Building messages in memfds: the monitor reads them at its own pace. */
#include "isolate/message.h"
#include "hostvirt/calls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { KIND_BYTES = 'B', KIND_JSON = 'J', KIND_RUN = 'R', KIND_CHECKPOINT = 'C', KIND_PROGRAM = 'P',
       KIND_TRIAL = 'T' };

static int put(int to, const void *data, size_t bytes)
{
    for (size_t done = 0; done < bytes;) {
        ssize_t n = write(to, (const char *)data + done, bytes - done);
        if (n < 0 && errno != EINTR)
            return -errno;
        done += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int put_number(int to, size_t number)
{
    uint32_t big_endian = htonl((uint32_t)number);

    return number > INT32_MAX ? -EMSGSIZE : put(to, &big_endian, sizeof big_endian);
}

static int put_text(int to, const char *text)
{
    int error = put_number(to, strlen(text));

    return error != 0 ? error : put(to, text, strlen(text));
}

static int put_texts(int to, char *const *texts)
{
    size_t count = 0;

    while (texts[count] != NULL)
        count++;
    int error = put_number(to, count);
    for (size_t i = 0; error == 0 && i < count; i++)
        error = put_text(to, texts[i]);
    return error;
}

/* A memfd that begins with the kind. */
static int begin(char kind)
{
    int to = memfd_create("cloister message", MFD_CLOEXEC);
    int error = to < 0 ? -errno : put(to, &kind, 1);

    if (error == 0)
        return to;
    if (to >= 0)
        close(to);
    return error;
}

static int end(int to, int error)
{
    if (error == 0)
        return to;
    close(to);
    return error;
}

int message_run(char *const *arguments, char *const *environment)
{
    int to = begin(KIND_RUN);

    if (to < 0)
        return to;
    int error = put_texts(to, arguments);
    return end(to, error != 0 ? error : put_texts(to, environment));
}

int message_program(const char *class_path, const char *how, const char *what, const char *at)
{
    const char *const parts[] = {class_path, how, what, at};
    int to = begin(KIND_PROGRAM), error = 0;

    if (to < 0)
        return to;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && error == 0; i++)
        error = put_text(to, parts[i]);
    return end(to, error);
}

int message_trial(void)
{
    return begin(KIND_TRIAL);
}

int message_checkpoint(void)
{
    return begin(KIND_CHECKPOINT);
}

int message_call(const char *handler, bool json)
{
    int to = begin(json ? KIND_JSON : KIND_BYTES);

    return to < 0 ? to : end(to, put_text(to, handler));
}

int message_append(int message, const void *data, size_t bytes)
{
    off_t size = lseek(message, 0, SEEK_CUR);

    if (size < 0)
        return -errno;
    return (size_t)size + bytes > CALL_LONGEST ? -EMSGSIZE : put(message, data, bytes);
}

int message_append_all(int message, int from)
{
    char block[64 << 10];

    for (;;) {
        ssize_t n = read(from, block, sizeof block);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : 0;
        int error = message_append(message, block, (size_t)n);
        if (error != 0)
            return error;
    }
}
