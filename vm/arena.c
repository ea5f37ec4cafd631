/* Bump allocation of metadata.  Chunks grow from 4 KiB, since many loaders define a single small class, to 256 KiB.
 * Large ones are mapped with their pages: a loader that got that far fills them, and page faults cost more than
 * clearing. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "vm/loader.h"
#include "vm/metadata.h"
#include "vm/metadata.h"
#include "vm/no_memory.h"

enum {
    CHUNK_FIRST = 4 * 1024,
    CHUNK_MAPPED = 128 * 1024,
    CHUNK_LAST = 256 * 1024,
    CHUNK_SLACK = 64,           /* headers */
    RESERVE_MOST = 256 * 1024,  /* that one piece may take of the reserve */
};

/* Under the address sanitizer every allocation is a chunk of its own, so that running over its end is seen. */
#if defined(__SANITIZE_ADDRESS__)
#define SEPARATE_CHUNKS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SEPARATE_CHUNKS 1
#endif
#endif
#ifndef SEPARATE_CHUNKS
#define SEPARATE_CHUNKS 0
#endif

struct chunk {
    struct chunk *next;
    size_t size;
    enum { FROM_CALLOC, FROM_MMAP, FROM_RESERVE } origin;
    uint64_t data[];
};

struct arena {
    pthread_mutex_t lock;
    struct chunk *chunks;
    char *free, *end;
    size_t next_size, used;
    bool from_reserve; /* the arena itself */
};

static _Noreturn void exhausted(size_t size)
{
    char what[64];
    snprintf(what, sizeof what, "class metadata (%zu bytes asked for)", size);
    no_memory_for(what);
}

struct arena *arena_new(void)
{
    struct arena *arena = calloc(1, sizeof *arena);
    bool from_reserve = arena == NULL;
    if (from_reserve && (arena = metadata_from_reserve(sizeof *arena)) == NULL)
        exhausted(sizeof *arena);
    arena->from_reserve = from_reserve;
    pthread_mutex_init(&arena->lock, NULL);
    arena->next_size = CHUNK_FIRST;
    arena->free = arena->end = (char *)(arena + 1); /* nothing, but not NULL: that is the answer for no memory */
    return arena;
}

static struct chunk *add_chunk(struct arena *arena, size_t payload, bool reserve)
{
    size_t size = sizeof(struct chunk) + payload;
    bool map = !SEPARATE_CHUNKS && size >= CHUNK_MAPPED - CHUNK_SLACK;
    struct chunk *chunk = reserve ? metadata_from_reserve(size) : map ? metadata_map(size) : calloc(1, size);
    if (chunk == NULL)
        return NULL;
    chunk->origin = reserve ? FROM_RESERVE : map ? FROM_MMAP : FROM_CALLOC;
    chunk->size = size;
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    metadata_count((ptrdiff_t)size);
    return chunk;
}

/* From a new chunk that others share; NULL: there is no memory for one of that size. */
static void *begin_chunk(struct arena *arena, size_t payload, size_t size, bool reserve)
{
    struct chunk *chunk = add_chunk(arena, payload, reserve);
    if (chunk == NULL)
        return NULL;
    arena->free = (char *)chunk->data + size;
    arena->end = (char *)chunk->data + payload;
    return chunk->data;
}

static void *alloc_slow(struct arena *arena, size_t size)
{
    /* A large one gets a chunk of its own; what is left of the current chunk stays in use. */
    if (SEPARATE_CHUNKS || size > arena->next_size / 4) {
        struct chunk *chunk = add_chunk(arena, size, false);
        if (chunk == NULL && size <= RESERVE_MOST)
            chunk = add_chunk(arena, size, true);
        return chunk == NULL ? NULL : chunk->data;
    }
    void *p = begin_chunk(arena, arena->next_size - CHUNK_SLACK, size, false);
    if (p == NULL) { /* what malloc still has is in small pieces */
        arena->next_size = 4 * size > CHUNK_FIRST ? 4 * size : CHUNK_FIRST;
        p = begin_chunk(arena, arena->next_size - CHUNK_SLACK, size, false);
        return p != NULL ? p : begin_chunk(arena, arena->next_size - CHUNK_SLACK, size, true);
    }
    if (arena->next_size < CHUNK_LAST)
        arena->next_size *= 2;
    return p;
}

void *arena_try_alloc(struct arena *arena, size_t size)
{
    if (size > PTRDIFF_MAX - CHUNK_LAST)
        return NULL;
    size = (size + 7) & ~(size_t)7;
    pthread_mutex_lock(&arena->lock);
    void *p;
    if (LIKELY(!SEPARATE_CHUNKS && (size_t)(arena->end - arena->free) >= size)) {
        p = arena->free;
        arena->free += size;
    } else {
        p = alloc_slow(arena, size);
    }
    if (p != NULL)
        arena->used += size;
    pthread_mutex_unlock(&arena->lock);
    return p;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    void *p = arena_try_alloc(arena, size);
    if (UNLIKELY(p == NULL))
        exhausted(size);
    return p;
}

size_t arena_used(const struct arena *arena)
{
    struct arena *a = (struct arena *)arena; /* the lock is not part of the observable value */
    pthread_mutex_lock(&a->lock);
    size_t used = a->used;
    pthread_mutex_unlock(&a->lock);
    return used;
}

void arena_free(struct arena *arena)
{
    if (!arena)
        return;
    for (struct chunk *chunk = arena->chunks, *next; chunk; chunk = next) {
        next = chunk->next;
        metadata_count(-(ptrdiff_t)chunk->size);
        if (chunk->origin == FROM_MMAP)
            munmap(chunk, chunk->size);
        else if (chunk->origin == FROM_CALLOC)
            free(chunk);
    }
    pthread_mutex_destroy(&arena->lock);
    if (!arena->from_reserve)
        free(arena);
}
