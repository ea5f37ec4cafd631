/* Two hundred timerfds that tick every millisecond, and one that is set for once again and again: whenever the program is
 * saved, some are due at that very moment, and all must tick in the clone.
 *
 *      ticks ROUNDS    0 when every one of them has ticked in every round */
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define TIMERS 200

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 1, timers[TIMERS + 1];

    for (int i = 0; i <= TIMERS; i++) {
        struct itimerspec when = {{0, 1000000}, {0, 1000 + i * 5000}};
        timers[i] = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
        if (timers[i] < 0 || (i < TIMERS && timerfd_settime(timers[i], 0, &when, NULL) != 0))
            return 2;
    }
    for (int round = 0; round < rounds; round++) {
        struct itimerspec once = {{0, 0}, {0, 2000000}};
        timerfd_settime(timers[TIMERS], 0, &once, NULL);
        for (int i = 0; i <= TIMERS; i++) {
            struct pollfd polled = {timers[i], POLLIN, 0};
            uint64_t count;
            if (poll(&polled, 1, 5000) != 1 || read(timers[i], &count, sizeof count) != sizeof count) {
                printf("timer %d does not tick\n", i);
                return 1;
            }
        }
    }
    puts("all tick");
    return 0;
}
