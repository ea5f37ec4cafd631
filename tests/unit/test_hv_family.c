/* The lock that the monitors of a family share survives those that are killed: while they hold it, and just when they
 * were woken to take it. */
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hostvirt/process.h"
#include "runner.h"

#define ROUNDS 30

static struct family *family;
static struct policy policy;

static void setup(void)
{
    policy_init(&policy);
    ck_assert_int_eq(family_new(&family, &policy), 0);
}

static void on_processor(int number, int kind)
{
    const struct sched_param none = {0};
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(number, &one);
    sched_setaffinity(0, sizeof one, &one);
    sched_setscheduler(0, kind, &none);
}

/* In the call (proc(5), /proc/PID/syscall): asleep there, when it is one that waits. */
static bool is_in_call(pid_t process, long number)
{
    char path[64], text[32] = "";
    snprintf(path, sizeof path, "/proc/%d/syscall", process);
    FILE *in = fopen(path, "r");
    ck_assert_ptr_nonnull(in);
    bool known = fgets(text, sizeof text, in) != NULL;
    fclose(in);
    return known && strtol(text, NULL, 10) == number;
}

/* A process that sleeps until it has the lock and ends with 0 then. */
static pid_t waiter(int processor, int kind)
{
    pid_t child = fork();
    if (child != 0) {
        while (!is_in_call(child, SYS_futex))
            usleep(1000);
        return child;
    }
    on_processor(processor, kind);
    family_lock(family);
    family_unlock(family);
    _exit(0);
}

static int first_processor(void)
{
    cpu_set_t own;
    sched_getaffinity(0, sizeof own, &own);
    int number = 0;
    while (!CPU_ISSET(number, &own))
        number++;
    return number;
}

START_TEST(holder_is_killed)
{
    pid_t holder = fork();
    if (holder == 0) {
        family_lock(family);
        raise(SIGKILL);
    }
    waitpid(holder, NULL, 0);
    family_lock(family);
    family_unlock(family);
    family_lock(family);
    family_unlock(family);
}
END_TEST

/* The first waiter is woken and killed before it can run (it has the processor that this process keeps busy, and gives
 * way to it), while the lock is taken anew: the second waiter still gets it. */
START_TEST(woken_waiter_is_killed)
{
    int processor = first_processor(), status;
    on_processor(processor, SCHED_OTHER);
    for (int i = 0; i < ROUNDS; i++) {
        family_lock(family);
        pid_t first = waiter(processor, SCHED_IDLE), second = waiter(processor, SCHED_OTHER);
        family_unlock(family);
        family_lock(family);
        kill(first, SIGKILL);
        waitpid(first, NULL, 0);
        family_unlock(family);
        waitpid(second, &status, 0); /* for ever, when nobody wakes it */
        ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
}
END_TEST

TEST_MAIN("hv_family", setup, 60, TEST(holder_is_killed), TEST(woken_waiter_is_killed))
