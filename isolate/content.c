#include "isolate/content.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/sendfile.h>
#include <unistd.h>

enum { AT_ONCE = 1 << 30 };

void digest_text(const uint8_t digest[DIGEST_BYTES], char text[2 * DIGEST_BYTES + 1])
{
    for (size_t i = 0; i < DIGEST_BYTES; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
}

int content_copy(const char *from, int to)
{
    int source = open(from, O_RDONLY | O_CLOEXEC);
    ssize_t n = source < 0 ? -1 : 1;

    while (n > 0)
        n = copy_file_range(source, NULL, to, NULL, AT_ONCE, 0);
    if (n < 0 && source >= 0 && (errno == EXDEV || errno == EINVAL || errno == EOPNOTSUPP || errno == ENOSYS))
        while ((n = sendfile(to, source, NULL, AT_ONCE)) > 0)
            ;
    int error = n < 0 ? -errno : 0;
    if (source >= 0)
        close(source);
    return error;
}
