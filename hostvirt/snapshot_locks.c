/* Locks of files in snapshots: who has a lock when the isolate is saved has it in every clone, or the clone
 * is refused. */
#include "hostvirt/snapshot_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

struct addition {
    struct collector *c;
    struct saved_description *to;
    size_t room;
    int access; /* O_ACCMODE of the description: a lock of the process is kept where it can be taken again */
};

static int add(struct addition *a, enum lock_owner owner, const struct lock_range *range)
{
    struct saved_description *d = a->to;

    if (d->lock_count == a->room) {
        size_t room = a->room != 0 ? 2 * a->room : 8;
        struct saved_lock *list = arena_take(&a->c->s->arena, room * sizeof *list);
        if (list == NULL)
            return collect_no_memory(a->c);
        if (d->lock_count > 0)
            memcpy(list, d->locks, d->lock_count * sizeof *list);
        d->locks = list;
        a->room = room;
    }
    d->locks[d->lock_count++] = (struct saved_lock){(uint8_t)owner, *range};
    return 0;
}

static int add_posix(void *context, const struct lock_range *range)
{
    struct addition *a = context;

    if (a->access == (range->type == F_WRLCK ? O_RDONLY : O_WRONLY))
        return 0;
    return add(a, LOCK_POSIX, range);
}

int collect_locks(struct collector *c, const struct descriptor *d, struct saved_description *out)
{
    struct addition a = {.c = c, .to = out, .access = out->status & O_ACCMODE};
    const struct file *f = d->file;
    int error = lock_walk(d->host, add_posix, &a);

    for (size_t i = 0; i < f->locks.count && error == 0; i++)
        error = add(&a, LOCK_DESCRIPTION, &f->locks.list[i]);
    if (error == 0 && (f->whole_lock == LOCK_SH || f->whole_lock == LOCK_EX))
        error = add(&a, LOCK_WHOLE, &(struct lock_range){0, INT64_MAX, f->whole_lock == LOCK_EX ? F_WRLCK : F_RDLCK});
    return error;
}

int build_locks(struct builder *b, const struct saved_description *d, int number)
{
    struct descriptor *here = d->lock_count > 0 ? descriptor_get(b->p, number) : NULL;
    int error = 0;

    for (size_t i = 0; i < d->lock_count && here != NULL && error == 0; i++)
        error = lock_take(here, (enum lock_owner)d->locks[i].owner, &d->locks[i].range);
    descriptor_put(here);
    if (error == 0)
        return 0;
    return build_fail(b, error, "the snapshot's guest holds a lock of %s, which cannot be had here: %s", d->path,
                      error == -EAGAIN ? "somebody else has it" : strerror(-error));
}
