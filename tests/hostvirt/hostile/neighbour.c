/* A fixed amount of work whose result is known: what the others must not disturb.  neighbour [PARTS] prints the
 * result and the processor time of each part of the work, ns. */
#include "hostile.h"

#define PART 100 /* rounds */

static uint64_t processor_time(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int main(int argc, char **argv)
{
    uint64_t sum = 0, parts = argc > 1 ? strtoull(argv[1], NULL, 10) : 2, begin;
    unsigned char *at = malloc(1 << 20);

    memset(at, 1, 1 << 20);
    for (uint64_t part = 0; part < parts; part++) {
        begin = processor_time();
        for (unsigned round = 0; round < PART; round++)
            for (unsigned i = 0; i < 1 << 20; i += 64) {
                at[i] = (unsigned char)random_word();
                sum += at[i] ^ (unsigned char)round;
            }
        printf("%lu ", processor_time() - begin);
    }
    printf("\n%lu\nok\n", sum & 0xffff);
    return 0;
}
