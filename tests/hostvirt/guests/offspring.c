/* A guest to be saved where it asks for it and cloned: each time that it goes on from there it makes three children and
 * a grandchild, which take memory and wait for ever, and tells how many there are. */
#include "include/cloister/hypercall.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BYTES (16u << 20) /* each */

static void wait_for_ever(int told)
{
    char *memory = malloc(BYTES);

    if (memory != NULL && memset(memory, 1, BYTES) != NULL)
        write(told, "", 1);
    for (;;)
        pause();
}

int main(void)
{
    int ends[2], there = 0;
    char byte;
    long number;

    while ((number = syscall(CLOISTER_CALL_CHECKPOINT)) < 0)
        usleep(10000);
    if (number == 0 || pipe(ends) != 0)
        return number != 0;
    for (int i = 0; i < 3; i++)
        if (fork() == 0) {
            if (i == 0)
                fork();
            close(ends[0]);
            wait_for_ever(ends[1]);
        }
    for (int i = 0; i < 4; i++)
        there += read(ends[0], &byte, 1) == 1;
    printf("there are %d\n", there);
    fflush(stdout);
    wait_for_ever(ends[1]);
}
