/* A guest to be saved where it asks for it and cloned: it does what the line on its standard input says.
 *   number      prints the clone's number      echo        copies the rest of its input
 *   exit N      ends so                        crash       ends by SIGSEGV
 *   term        waits for SIGTERM, then ends with 7        sleep       waits for ever
 *   mark        tells whether /tmp/mark is there, and makes it
 *   threads     tells how many of its threads woke up again
 * The number of threads that wait beside the first is its argument (0). */
#include "include/cloister/hypercall.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t go = PTHREAD_COND_INITIALIZER;
static int started;
static atomic_int awake;

static void *wait_to_go(void *argument)
{
    pthread_mutex_lock(&lock);
    while (!started)
        pthread_cond_wait(&go, &lock);
    pthread_mutex_unlock(&lock);
    awake++;
    return argument;
}

static void on_term(int number)
{
    _exit(7);
}

static void wake_threads(pthread_t *threads, int count)
{
    pthread_mutex_lock(&lock);
    started = 1;
    pthread_cond_broadcast(&go);
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    printf("threads %d\n", awake);
}

static void copy_input(void)
{
    char line[256];

    while (fgets(line, sizeof line, stdin) != NULL)
        fputs(line, stdout);
}

int main(int argc, char **argv)
{
    int count = argc > 1 ? atoi(argv[1]) : 0;
    pthread_t threads[64];
    char line[64] = "";
    long number;

    for (int i = 0; i < count && i < 64; i++)
        pthread_create(&threads[i], NULL, wait_to_go, NULL);
    while ((number = syscall(CLOISTER_CALL_CHECKPOINT)) < 0)
        usleep(10000);
    if (number == 0)
        return 0;
    if (fgets(line, sizeof line, stdin) == NULL)
        return 99;
    if (strcmp(line, "number\n") == 0)
        printf("number %ld\n", number);
    else if (strcmp(line, "echo\n") == 0)
        copy_input();
    else if (strncmp(line, "exit ", 5) == 0)
        return atoi(line + 5);
    else if (strcmp(line, "crash\n") == 0)
        raise(SIGSEGV);
    else if (strcmp(line, "threads\n") == 0)
        wake_threads(threads, count);
    else if (strcmp(line, "mark\n") == 0)
        puts(open("/tmp/mark", O_WRONLY | O_CREAT | O_EXCL, 0600) >= 0 ? "new" : "seen");
    else if (strcmp(line, "sleep\n") != 0 && strcmp(line, "term\n") != 0)
        return 98;
    else {
        signal(SIGTERM, strcmp(line, "term\n") == 0 ? on_term : SIG_DFL);
        puts("waits");
        fflush(stdout);
        for (;;)
            pause();
    }
    return 0;
}
