/* read, write and their kin.  Buffers are guest memory that the host's kernel fills or reads itself; vectors are
 * copied once, checked, and the copy is used. */
#include "hostvirt/sys_file.h"
#include "hostvirt/net.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#define VECTOR_LIMIT 1024        /* UIO_MAXIOV */
#define RANDOM_LIMIT (1u << 20)  /* of one getrandom call, so that a kick is answered soon */

/* ---- host calls -------------------------------------------------------------------------------------------------- */

static bool never_blocks(enum file_kind kind)
{
    switch (kind) {
    case FILE_REGULAR:
    case FILE_DIRECTORY:
    case FILE_PATH:
    case FILE_TEXT:
    case FILE_LISTING:
    case FILE_NULL:
    case FILE_ZERO:
    case FILE_FULL:
    case FILE_RANDOM:
    case FILE_MEMORY:
        return true;
    default:
        return false;
    }
}

int64_t file_call_blocking(struct thread *t, long number, long a, long b, long c, long e, long f, long g)
{
    long result = blocking_call(t, number, a, b, c, e, f, g);
    return result == -EINTR ? SYS_RESTART : result;
}

int64_t file_call(struct thread *t, const struct descriptor *d, long number, long a, long b, long c, long e, long f)
{
    if (!never_blocks(d->file->kind))
        return file_call_blocking(t, number, d->host, a, b, c, e, f);
    long result = syscall(number, (long)d->host, a, b, c, e, f);
    if (result >= 0)
        return result;
    return errno == EINTR ? SYS_RESTART : -errno; /* FUSE and NFS can be interrupted */
}

/* ---- kinds ------------------------------------------------------------------------------------------------------- */

/* Host descriptors of these kinds allow more than the guest's own was opened for. */
static bool mode_is_ours(const struct file *f)
{
    return f->kind == FILE_TEXT || f->kind == FILE_NULL || f->kind == FILE_ZERO || f->kind == FILE_FULL ||
           f->kind == FILE_RANDOM || f->kind == FILE_TERMINAL;
}

static int check_socket(const struct file *f)
{
    const struct guest_socket *s = f->kind == FILE_SOCKET ? f->data : NULL;
    return s && s->reset ? -ECONNRESET : 0;
}

int file_check_read(const struct file *f)
{
    if (f->kind == FILE_PATH || (mode_is_ours(f) && (f->flags & O_ACCMODE) == O_WRONLY))
        return -EBADF;
    if (f->kind == FILE_DIRECTORY || f->kind == FILE_LISTING)
        return -EISDIR;
    return check_socket(f);
}

int file_check_write(const struct file *f)
{
    if (f->kind == FILE_PATH || f->kind == FILE_DIRECTORY || f->kind == FILE_LISTING ||
        (mode_is_ours(f) && (f->flags & O_ACCMODE) == O_RDONLY))
        return -EBADF;
    return check_socket(f);
}

static int64_t read_random(uint64_t to, uint64_t bytes)
{
    ssize_t n = getrandom((void *)(uintptr_t)to, bytes < RANDOM_LIMIT ? bytes : RANDOM_LIMIT, 0);
    return n < 0 ? (errno == EINTR ? SYS_RESTART : -errno) : n;
}

/* ---- one buffer -------------------------------------------------------------------------------------------------- */

/* A buffer that the host's kernel may use: -EFAULT when a part of it is not the guest's. */
static int check_buffer(uint64_t address, uint64_t bytes)
{
    if ((int64_t)bytes < 0)
        return -EINVAL;
    return bytes == 0 || guest_buffer(address, bytes) ? 0 : -EFAULT;
}

static int64_t read_one(struct thread *t, struct descriptor *d, uint64_t to, uint64_t bytes, bool at, int64_t offset)
{
    struct file *f = d->file;
    int error = file_check_read(f);
    if (!error)
        error = check_buffer(to, bytes);
    if (error)
        return error;
    if (at && offset < 0)
        return -EINVAL;
    if (f->read)
        return at ? -ESPIPE : f->read(t, d, &(struct iovec){(void *)(uintptr_t)to, bytes}, 1);
    if (f->kind == FILE_RANDOM)
        return bytes ? read_random(to, bytes) : 0;
    if (at)
        return file_call(t, d, SYS_pread64, (long)to, (long)bytes, offset, 0, 0);
    return file_call(t, d, SYS_read, (long)to, (long)bytes, 0, 0, 0);
}

static int64_t write_one(struct thread *t, struct descriptor *d, uint64_t from, uint64_t bytes, bool at, int64_t offset)
{
    struct file *f = d->file;
    int error = file_check_write(f);
    if (!error)
        error = check_buffer(from, bytes);
    if (error)
        return error;
    if (at && offset < 0)
        return -EINVAL;
    if (f->kind == FILE_TEXT)
        return (int64_t)(bytes < MOVE_LIMIT ? bytes : MOVE_LIMIT); /* accepted and without effect */
    if (f->write)
        return at ? -ESPIPE : f->write(t, d, &(struct iovec){(void *)(uintptr_t)from, bytes}, 1);
    error = file_write_begin(t, d, &bytes, at ? offset : WHOLE_POSITION);
    if (error)
        return error;
    int64_t result = at ? file_call(t, d, SYS_pwrite64, (long)from, (long)bytes, offset, 0, 0)
                        : file_call(t, d, SYS_write, (long)from, (long)bytes, 0, 0, 0);
    file_write_end(t, f, bytes, result);
    return result;
}

typedef int64_t one_buffer(struct thread *t, struct descriptor *d, uint64_t address, uint64_t bytes, bool at,
                           int64_t offset);

static int64_t move_one(struct thread *t, const struct call *c, one_buffer *move, bool at)
{
    struct descriptor *d = descriptor_get(t->process, arg_int(c, 0));
    if (!d)
        return -EBADF;
    int64_t result = move(t, d, c->arg[1], c->arg[2], at, (int64_t)c->arg[3]);
    descriptor_put(d);
    return result;
}

SYSCALL(read)
{
    return move_one(t, c, read_one, false);
}

SYSCALL(write)
{
    return move_one(t, c, write_one, false);
}

SYSCALL(pread64)
{
    return move_one(t, c, read_one, true);
}

SYSCALL(pwrite64)
{
    return move_one(t, c, write_one, true);
}

/* ---- vectors ----------------------------------------------------------------------------------------------------- */

struct vector {
    struct iovec few[8];
    struct iovec *parts; /* few or malloc'ed */
    int count;
    uint64_t bytes;
};

static void vector_free(struct vector *v)
{
    if (v->parts != v->few)
        free(v->parts);
}

/* Copies and checks a guest's vector; after success vector_free is due. */
static int vector_take(struct vector *v, uint64_t from, uint64_t count)
{
    v->parts = v->few;
    v->bytes = 0;
    if (count > VECTOR_LIMIT)
        return -EINVAL;
    v->count = (int)count;
    if (count > sizeof v->few / sizeof *v->few)
        v->parts = malloc(count * sizeof *v->parts);
    if (!v->parts)
        return -ENOMEM;
    int error = count ? copy_in(v->parts, from, count * sizeof *v->parts) : 0;
    for (int i = 0; i < v->count && !error; i++) {
        error = check_buffer((uint64_t)(uintptr_t)v->parts[i].iov_base, v->parts[i].iov_len);
        v->bytes += v->parts[i].iov_len;
        if (v->bytes > MOVE_LIMIT) /* as the kernel does; also keeps the sum from overflowing */
            v->bytes = MOVE_LIMIT;
    }
    if (error)
        vector_free(v);
    return error;
}

/* Shortens the vector to v->bytes. */
static void vector_cut(struct vector *v)
{
    uint64_t left = v->bytes;
    for (int i = 0; i < v->count; i++) {
        if (v->parts[i].iov_len > left)
            v->parts[i].iov_len = left;
        left -= v->parts[i].iov_len;
    }
}

struct position {
    bool at;
    int64_t offset;
    int flags; /* RWF_... */
};

/* Kinds that the monitor fills, part by part. */
static int64_t read_parts(struct thread *t, struct descriptor *d, const struct vector *v, const struct position *pos)
{
    int64_t done = 0;
    for (int i = 0; i < v->count; i++) {
        if (v->parts[i].iov_len == 0)
            continue;
        uint64_t to = (uint64_t)(uintptr_t)v->parts[i].iov_base;
        int64_t n = read_one(t, d, to, v->parts[i].iov_len, pos->at, pos->offset);
        if (n < 0)
            return done ? done : n;
        done += n;
        if ((uint64_t)n < v->parts[i].iov_len)
            break;
    }
    return done;
}

static int64_t read_vector(struct thread *t, struct descriptor *d, struct vector *v, const struct position *pos)
{
    int error = file_check_read(d->file);
    if (error)
        return error;
    if (d->file->read)
        return pos->at ? -ESPIPE : d->file->read(t, d, v->parts, v->count);
    if (d->file->kind == FILE_RANDOM)
        return read_parts(t, d, v, pos);
    if (!pos->at && !pos->flags)
        return file_call(t, d, SYS_readv, (long)v->parts, v->count, 0, 0, 0);
    return file_call(t, d, SYS_preadv2, (long)v->parts, v->count, pos->offset, 0, pos->flags);
}

static int64_t write_vector(struct thread *t, struct descriptor *d, struct vector *v, const struct position *pos)
{
    int error = file_check_write(d->file);
    if (error)
        return error;
    if (d->file->kind == FILE_TEXT)
        return (int64_t)v->bytes;
    if (d->file->write)
        return pos->at ? -ESPIPE : d->file->write(t, d, v->parts, v->count);
    error = file_write_begin(t, d, &v->bytes, pos->at ? pos->offset : WHOLE_POSITION);
    if (error)
        return error;
    vector_cut(v);
    int64_t result = !pos->at && !pos->flags
                         ? file_call(t, d, SYS_writev, (long)v->parts, v->count, 0, 0, 0)
                         : file_call(t, d, SYS_pwritev2, (long)v->parts, v->count, pos->offset, 0, pos->flags);
    file_write_end(t, d->file, v->bytes, result);
    return result;
}

typedef int64_t vector_mover(struct thread *t, struct descriptor *d, struct vector *v, const struct position *pos);

static int64_t move_vector(struct thread *t, const struct call *c, vector_mover *move, struct position pos)
{
    struct vector v;
    struct descriptor *d = descriptor_get(t->process, arg_int(c, 0));
    if (!d)
        return -EBADF;
    int64_t result = vector_take(&v, c->arg[1], c->arg[2]);
    if (!result) {
        result = move(t, d, &v, &pos);
        vector_free(&v);
    }
    descriptor_put(d);
    return result;
}

/* preadv2(2): offset -1 is the description's own position.  The offset's upper half is argument 4, which on 64-bit
 * machines is shifted out (fs/read_write.c, pos_from_hilo). */
static int64_t move_at(struct thread *t, const struct call *c, vector_mover *move, bool second)
{
    struct position pos = {true, (int64_t)c->arg[3], second ? arg_int(c, 5) : 0};
    if (second && pos.offset == -1)
        pos.at = false;
    else if (pos.offset < 0)
        return -EINVAL;
    return move_vector(t, c, move, pos);
}

SYSCALL(readv)
{
    return move_vector(t, c, read_vector, (struct position){false, 0, 0});
}

SYSCALL(writev)
{
    return move_vector(t, c, write_vector, (struct position){false, 0, 0});
}

SYSCALL(preadv)
{
    return move_at(t, c, read_vector, false);
}

SYSCALL(pwritev)
{
    return move_at(t, c, write_vector, false);
}

SYSCALL(preadv2)
{
    return move_at(t, c, read_vector, true);
}

SYSCALL(pwritev2)
{
    return move_at(t, c, write_vector, true);
}
