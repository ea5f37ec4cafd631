/* Moving bytes between descriptors: sendfile, copy_file_range, splice.  Offsets are copied in and out once. */
#include "hostvirt/net.h"
#include "hostvirt/sys_file.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MOVE_ONCE (16u << 20) /* so that a kick is answered soon; short counts are normal for these calls */

/* Kinds whose host descriptor is not what the guest believes it to be. */
static bool stands_for_itself(const struct file *f)
{
    switch (f->kind) {
    case FILE_PATH:
    case FILE_DIRECTORY:
    case FILE_LISTING:
    case FILE_RANDOM:
    case FILE_SIGNAL:
    case FILE_EPOLL:
    case FILE_PROCESS:
        return false;
    case FILE_SOCKET:
        return net_plain(f->data);
    default:
        return f->read == NULL;
    }
}

struct offset {
    uint64_t address; /* of the guest's loff_t, 0: the description's position */
    int64_t value;
};

static int offset_take(struct offset *o, uint64_t address)
{
    o->address = address;
    o->value = WHOLE_POSITION;
    int error = address ? copy_in(&o->value, address, sizeof o->value) : 0;
    return error ? error : address && o->value < 0 ? -EINVAL : 0;
}

static int offset_return(const struct offset *o)
{
    return o->address ? copy_out(o->address, &o->value, sizeof o->value) : 0;
}

/* Both ends of a move, with references. */
struct ends {
    struct descriptor *in, *out;
};

static int ends_take(struct process *p, int in, int out, struct ends *e)
{
    e->in = descriptor_get(p, in);
    e->out = descriptor_get(p, out);
    if (!e->in || !e->out)
        return -EBADF;
    if (e->in->file->kind == FILE_PATH || e->out->file->kind == FILE_PATH)
        return -EBADF;
    if (!stands_for_itself(e->in->file) || !stands_for_itself(e->out->file))
        return -EINVAL;
    int error = file_check_read(e->in->file);
    if (!error)
        error = file_check_write(e->out->file);
    return error ? error : e->out->file->kind == FILE_TEXT ? -EINVAL : 0;
}

static void ends_put(struct ends *e)
{
    descriptor_put(e->in);
    descriptor_put(e->out);
}

SYSCALL(sendfile)
{
    struct ends e;
    struct offset from;
    int64_t result = ends_take(t->process, arg_int(c, 1), arg_int(c, 0), &e);
    if (!result)
        result = offset_take(&from, c->arg[2]);
    uint64_t bytes = c->arg[3] < MOVE_ONCE ? c->arg[3] : MOVE_ONCE;
    if (!result && (int64_t)c->arg[3] < 0)
        result = -EINVAL;
    if (!result)
        result = file_write_begin(t, e.out, &bytes, WHOLE_POSITION);
    if (!result) {
        result = file_call_blocking(t, SYS_sendfile, e.out->host, e.in->host, from.address ? (long)&from.value : 0,
                                    (long)bytes, 0, 0);
        file_write_end(t, e.out->file, bytes, result);
        int error = result >= 0 ? offset_return(&from) : 0;
        if (error)
            result = error;
    }
    ends_put(&e);
    return result;
}

/* Two calls that look alike: descriptors with an offset each, a count, flags. */
static int64_t move_between(struct thread *t, const struct call *c, long number, uint32_t flags_known)
{
    struct ends e;
    struct offset from, to;
    uint32_t flags = (uint32_t)c->arg[5];
    int64_t result = ends_take(t->process, arg_int(c, 0), arg_int(c, 2), &e);
    uint64_t bytes = c->arg[4] < MOVE_ONCE ? c->arg[4] : MOVE_ONCE;
    if (!result && (flags & ~flags_known))
        result = -EINVAL;
    if (!result)
        result = offset_take(&from, c->arg[1]);
    if (!result)
        result = offset_take(&to, c->arg[3]);
    if (!result)
        result = file_write_begin(t, e.out, &bytes, to.value);
    if (!result) {
        result = file_call_blocking(t, number, e.in->host, from.address ? (long)&from.value : 0, e.out->host,
                                    to.address ? (long)&to.value : 0, (long)bytes, (long)flags);
        file_write_end(t, e.out->file, bytes, result);
        int error = result >= 0 ? offset_return(&from) : 0;
        if (!error && result >= 0)
            error = offset_return(&to);
        if (error)
            result = error;
    }
    ends_put(&e);
    return result;
}

SYSCALL(copy_file_range)
{
    return move_between(t, c, SYS_copy_file_range, 0);
}

SYSCALL(splice)
{
    return move_between(t, c, SYS_splice, SPLICE_F_MOVE | SPLICE_F_NONBLOCK | SPLICE_F_MORE | SPLICE_F_GIFT);
}
