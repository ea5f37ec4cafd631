/* Calling a running isolate through its control socket. */
#include "isolate/invoke.h"
#include "hostvirt/control.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int invoke(const char *isolate, int message, unsigned milliseconds, struct answer *out, char *reason, size_t bytes)
{
    int files[2] = {message, memfd_create("cloister answer", MFD_CLOEXEC)};
    json_t *request = json_pack("{s:s}", "request", "call"), *answer = NULL;
    int error = -ENOMEM;

    if (files[1] < 0 || request == NULL)
        snprintf(reason, bytes, "no memory for the call's answer");
    else
        error = control_request_within(isolate, request, files, 2, milliseconds, &answer, reason, bytes);
    json_decref(request);
    if (error == 0)
        *out = (struct answer){.status = (int)json_integer_value(json_object_get(answer, "status")),
                               .file = files[1],
                               .bytes = (size_t)json_integer_value(json_object_get(answer, "bytes"))};
    else if (files[1] >= 0)
        close(files[1]);
    json_decref(answer);
    return error;
}
