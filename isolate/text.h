/* Small things that many files here say and ask. */
#ifndef ISOLATE_TEXT_H
#define ISOLATE_TEXT_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* -ENOMEM, with the sentence. */
static inline int no_memory(char *reason, size_t bytes)
{
    snprintf(reason, bytes, "out of memory");
    return -ENOMEM;
}

/* Whether there is something before the end, too. */
static inline bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);

    return length > tail && strcmp(text + length - tail, end) == 0;
}

#endif
