/* The end of a process whose C memory is exhausted where no OutOfMemoryError can be thrown. */
#include "vm/no_memory.h"

#include <stdio.h>
#include <unistd.h>

_Noreturn void no_memory_for(const char *what)
{
    char sentence[256];
    int length = snprintf(sentence, sizeof sentence, "Error: the system has no memory left for %s\n", what);
    if (length >= (int)sizeof sentence)
        length = sizeof sentence - 1;
    /* Not through a stream: its lock may be held, and nothing may allocate here. */
    if (length > 0 && write(STDERR_FILENO, sentence, (size_t)length) < 0)
        _exit(1);
    _exit(1);
}
