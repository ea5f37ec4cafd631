/* Between the handlers of file calls: host calls that may or may not block, and what limits writing. */
#ifndef HOSTVIRT_SYS_FILE_H
#define HOSTVIRT_SYS_FILE_H

#include "hostvirt/path.h"
#include "hostvirt/syscall.h"

#include <sys/uio.h>

#define MOVE_LIMIT 0x7ffff000ull /* read(2): at most this much at once */
#define WHOLE_POSITION (-1) /* offset: at the description's position */

/* A host call on a descriptor's behalf: interruptible where its kind may block, at once otherwise.  Its result,
 * -errno or SYS_RESTART. */
int64_t file_call(struct thread *t, const struct descriptor *d, long number, long a, long b, long c, long e, long f);
int64_t file_call_blocking(struct thread *t, long number, long a, long b, long c, long e, long f, long g);

/* 0, or why the kind and the access mode it was opened with forbid reading or writing. */
int file_check_read(const struct file *f);
int file_check_write(const struct file *f);

/* Cuts *bytes to what RLIMIT_FSIZE and the policy's limit of bytes written allow and reserves them.  0, -EFBIG (with
 * SIGXFSZ sent) or -ENOSPC.  file_write_end gives back what was not written and sends SIGPIPE after -EPIPE. */
int file_write_begin(struct thread *t, const struct descriptor *d, uint64_t *bytes, int64_t offset);
void file_write_end(struct thread *t, const struct file *f, uint64_t reserved, int64_t result);
/* The same for what is written whole or not at all: 0 or -ENOSPC. */
int file_reserve(struct monitor *m, uint64_t bytes);
void file_unreserve(struct monitor *m, uint64_t bytes);
/* For calls that set a size: -EFBIG with SIGXFSZ beyond RLIMIT_FSIZE. */
int file_check_size(struct thread *t, uint64_t bytes);

void file_signal_self(struct thread *t, int number); /* SIGPIPE, SIGXFSZ */

#endif
