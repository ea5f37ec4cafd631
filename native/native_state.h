/* What native/ keeps per VM: vm->native.  Private to the JNI files. */
#ifndef CLOISTER_NATIVE_STATE_H
#define CLOISTER_NATIVE_STATE_H

#include <pthread.h>

#include "vm/vm.h"

/* Global references live in blocks whose slots never move; free slots are chained through `next`, because the slots
 * themselves are roots (strong) or looked at by the collector (weak) and must hold nothing but objects. */
enum { HANDLE_BLOCK_SLOTS = 128, HANDLE_NONE = 0xff, HANDLE_TAKEN = 0xfe };
struct handle_block {
    struct object **slots;
    struct handle_block *next;
    uint8_t first_free;                       /* HANDLE_NONE: full */
    uint8_t chain[HANDLE_BLOCK_SLOTS];        /* next free slot, or HANDLE_TAKEN */
};

struct native_state {
    pthread_mutex_t handles_lock;             /* both lists of blocks; the weak visitor reads them without it */
    struct handle_block *globals;
    struct handle_block *_Atomic weaks;       /* grows at the head only, so the visitor may walk it at any time */
    struct JNINativeInterface_ jni;           /* the function table of every JNIEnv */
    void *_Atomic libjava;
    void *libverify;                     /* opened with libjava */
    pthread_mutex_t libjava_lock;
    pthread_mutex_t monitors_lock;
    struct jni_monitor *monitors;             /* jni_monitors.c: entered through JNI, all threads */
    struct class *_Atomic direct_buffer;      /* sun.nio.ch.DirectBuffer, once asked for */
};

/* Made at first use, during start-up; exits with a sentence when memory is exhausted. */
struct native_state *native_state(struct vm *vm);
/* jni_table.c: fills the function tables and installs the hooks that lower layers call. */
void jni_install(struct vm *vm, struct native_state *state);

#endif
