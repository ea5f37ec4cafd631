/* A fixed amount of work whose result is known: what the others must not disturb. */
#include "hostile.h"

int main(void)
{
    uint64_t sum = 0;
    unsigned char *at = malloc(1 << 20);
    for (unsigned round = 0; round < 200; round++)
        for (unsigned i = 0; i < 1 << 20; i += 64) {
            at[i] = (unsigned char)random_word();
            sum += at[i] ^ (unsigned char)round;
        }
    printf("%lu\nok\n", sum & 0xffff);
    return 0;
}
