/* What a guest may ask of Cloister beyond Linux: calls made with the `syscall` instruction, numbers that no Linux
 * kernel has (a bare host answers -ENOSYS).  Arguments and results as for system calls.  The Java VM and the monitor
 * share only this header. */
#ifndef CLOISTER_HYPERCALL_H
#define CLOISTER_HYPERCALL_H

#define CLOISTER_CALL_FIRST 0x0c100

/* INFO(buffer, bytes): struct cloister_info of at most `bytes` bytes.  Its size. */
#define CLOISTER_CALL_INFO 0x0c100
/* CHECKPOINT(): the isolate is at the point where it is to be saved.  Returns 0 in the original when it goes on, and
 * the clone's number (1...) in every clone; -EAGAIN when nobody wants a snapshot. */
#define CLOISTER_CALL_CHECKPOINT 0x0c101
/* NEXT_CALL(buffer, bytes): waits for the next message for the guest and copies it.  Its length; -EMSGSIZE with the
 * message kept when the buffer is too small; -ESHUTDOWN when none can come, as in forked children.  A message that the
 * same thread took before and did not answer is refused to its caller. */
#define CLOISTER_CALL_NEXT_CALL 0x0c102
/* REPLY(status, buffer, bytes, allocated, collections): answers the message that NEXT_CALL or
 * NEXT_QUESTION gave this thread.  The last two are for the receipt of a call's caller: bytes of objects made and
 * collections run since then, 0 for programs without a heap of their own.  0; -ENOENT when there is none (it was taken
 * before a checkpoint, or withdrawn); -EMSGSIZE above 64 MiB, the message still being open. */
#define CLOISTER_CALL_REPLY 0x0c103
/* The workload cache; -ENOSYS when the isolate has none.
 * CACHE_GET(key, key_bytes, buffer, bytes): the value's length; -ENOENT; -EMSGSIZE when the buffer is too small.
 * CACHE_PUT(key, key_bytes, value, bytes, ttl_seconds): 0; -ENOSPC; a value of NULL removes the key. */
#define CLOISTER_CALL_CACHE_GET 0x0c104
#define CLOISTER_CALL_CACHE_PUT 0x0c105
/* NOTE(text, bytes): an event for `cloister events`. */
#define CLOISTER_CALL_NOTE 0x0c106
/* ANSWERS(signal): the program answers questions about itself, from whoever looks after the isolate: the signal, for
 * which it has a handler, tells it that one waits (0: it answers none any more).  0; -EINVAL.  execve forgets it,
 * clones keep it. */
#define CLOISTER_CALL_ANSWERS 0x0c107
/* NEXT_QUESTION(buffer, bytes): the next question, a text; REPLY answers it, with status 0 or another one and a
 * sentence. Its length; -EAGAIN when none waits, otherwise as NEXT_CALL. */
#define CLOISTER_CALL_NEXT_QUESTION 0x0c108
#define CLOISTER_CALL_END 0x0c109

#define CLOISTER_INFO_CHECKPOINT_WANTED 1 /* somebody waits for this isolate's CHECKPOINT */
#define CLOISTER_INFO_CACHE 2             /* it has a workload cache */

struct cloister_info {
    unsigned long long clone_number; /* 0 in an original */
    unsigned long long memory_limit; /* bytes */
    unsigned cpus, version;          /* of this structure: 1 */
    char name[64];
    unsigned long long flags;        /* CLOISTER_INFO_... */
};

#endif
