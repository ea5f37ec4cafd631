/* A snapshot's descriptors and scratch folders field by field, in both directions (snapshot_codec.h). */
#include "hostvirt/snapshot_state_private.h"

static void code_messages(struct codec *c, struct saved_description *d)
{
    if (codec_list(c, &d->messages, &d->message_count, sizeof *d->messages, 8, LIST_MOST))
        for (size_t i = 0; i < d->message_count; i++)
            codec_blob(c, &d->messages[i].bytes, &d->messages[i].count, BLOB_MOST);
}

static void code_name(struct codec *c, struct sockaddr_storage *name, socklen_t *bytes)
{
    codec_u32(c, bytes);
    if (*bytes > sizeof *name) {
        codec_fail(c, "a socket's name is too long");
        *bytes = 0;
    }
    codec_raw(c, name, *bytes);
}

static void code_socket(struct codec *c, struct saved_socket *s)
{
    struct guest_socket *f = &s->facts;
    uint8_t place = (uint8_t)f->place;

    codec_int(c, &f->family);
    codec_int(c, &f->type);
    codec_int(c, &f->protocol);
    codec_bool(c, &f->listening);
    codec_int(c, &f->backlog);
    code_name(c, &f->bound, &f->bound_bytes);
    code_name(c, &f->peer, &f->peer_bytes);
    codec_bool(c, &f->reset);
    codec_bool(c, &f->finished);
    codec_bool(c, &f->lost);
    codec_u8(c, &place);
    if (place > SOCKET_LINK)
        codec_fail(c, "a socket is nowhere");
    else
        f->place = (enum socket_place)place;
    codec_u64(c, &s->pair);
    codec_bool(c, &s->input_closed);
    if (codec_list(c, &s->options, &s->option_count, sizeof *s->options, 16, 256))
        for (size_t i = 0; i < s->option_count; i++) {
            codec_int(c, &s->options[i].level);
            codec_int(c, &s->options[i].name);
            codec_blob(c, &s->options[i].value, &s->options[i].bytes, 256);
        }
}

static void code_interests(struct codec *c, struct saved_description *d)
{
    if (codec_list(c, &d->interests, &d->interest_count, sizeof *d->interests, 16, LIST_MOST))
        for (size_t i = 0; i < d->interest_count; i++) {
            codec_int(c, &d->interests[i].guest);
            codec_u32(c, &d->interests[i].events);
            codec_u64(c, &d->interests[i].data);
        }
}

static void code_watches(struct codec *c, struct saved_description *d)
{
    if (!codec_list(c, &d->watches, &d->watch_count, sizeof *d->watches, 16, LIST_MOST))
        return;
    for (size_t i = 0; i < d->watch_count; i++) {
        codec_int(c, &d->watches[i].number);
        codec_u32(c, &d->watches[i].mask);
        codec_text(c, &d->watches[i].path, STATE_TEXT);
        if (d->watches[i].number < 1 || (i > 0 && d->watches[i].number <= d->watches[i - 1].number))
            codec_fail(c, "the numbers of watched files are not in order");
    }
}

static void code_locks(struct codec *c, struct saved_description *d)
{
    if (!codec_list(c, &d->locks, &d->lock_count, sizeof *d->locks, 21, LIST_MOST))
        return;
    for (size_t i = 0; i < d->lock_count; i++) {
        struct lock_range *r = &d->locks[i].range;
        int type = r->type;
        codec_u8(c, &d->locks[i].owner);
        codec_int(c, &type);
        codec_i64(c, &r->start);
        codec_i64(c, &r->end);
        if (d->locks[i].owner >= LOCK_OWNERS || (type != F_RDLCK && type != F_WRLCK) || r->start < 0 ||
            r->end < r->start)
            codec_fail(c, "a lock of a file cannot be");
        r->type = (short)type;
    }
}

static void code_description(struct codec *c, struct saved_description *d)
{
    codec_u8(c, &d->kind);
    codec_int(c, &d->flags);
    codec_int(c, &d->status);
    codec_bool(c, &d->writable);
    codec_int(c, &d->owner);
    codec_text(c, &d->path, STATE_TEXT);
    codec_int(c, &d->object);
    codec_i64(c, &d->position);
    code_locks(c, d);
    switch (d->kind) {
    case FILE_REGULAR:
        code_identity(c, &d->identity);
        break;
    case FILE_DIRECTORY:
    case FILE_LISTING:
        codec_u64(c, &d->listing);
        break;
    case FILE_STANDARD:
        codec_int(c, &d->standard);
        break;
    case FILE_PIPE:
    case FILE_FIFO:
        codec_u64(c, &d->pipe);
        codec_u32(c, &d->capacity);
        code_messages(c, d);
        break;
    case FILE_TEXT:
        code_messages(c, d);
        break;
    case FILE_EVENT:
        codec_u64(c, &d->counter);
        codec_bool(c, &d->semaphore);
        break;
    case FILE_TIMER:
        codec_int(c, &d->clock);
        codec_u64(c, &d->rest);
        codec_u64(c, &d->interval);
        codec_bool(c, &d->absolute);
        codec_bool(c, &d->expired);
        break;
    case FILE_SIGNAL:
        codec_u64(c, &d->mask);
        break;
    case FILE_SOCKET:
        code_socket(c, &d->socket);
        code_messages(c, d);
        break;
    case FILE_EPOLL:
        code_interests(c, d);
        break;
    case FILE_INOTIFY:
        code_watches(c, d);
        break;
    default:
        break;
    }
}

void code_descriptors(struct codec *c, struct saved_descriptors *d)
{
    if (codec_list(c, &d->descriptions, &d->description_count, sizeof *d->descriptions, 42, LIST_MOST * 16))
        for (size_t i = 0; i < d->description_count; i++)
            code_description(c, &d->descriptions[i]);
    if (codec_list(c, &d->table, &d->count, sizeof *d->table, 9, LIST_MOST * 16))
        for (size_t i = 0; i < d->count; i++) {
            codec_int(c, &d->table[i].number);
            codec_bool(c, &d->table[i].close_on_exec);
            codec_u32(c, &d->table[i].description);
        }
}

void code_scratch(struct codec *c, struct saved_scratch *s)
{
    codec_text(c, &s->guest, STATE_TEXT);
    if (!codec_list(c, &s->entries, &s->count, sizeof *s->entries, 40, LIST_MOST * 16))
        return;
    for (size_t i = 0; i < s->count; i++) {
        codec_text(c, &s->entries[i].path, STATE_TEXT);
        codec_u32(c, &s->entries[i].mode);
        codec_int(c, &s->entries[i].object);
        codec_text(c, &s->entries[i].target, STATE_TEXT);
        codec_i64(c, &s->entries[i].seconds);
        codec_i64(c, &s->entries[i].nanoseconds);
    }
}
