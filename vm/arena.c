/* Bump allocation of metadata.  Chunks grow from 4 KiB, since many loaders define a single small class, to 256 KiB.
 * Large ones are mapped with their pages: a loader that got that far fills them, and page faults cost more than
 * clearing. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "vm/loader.h"
#include "vm/no_memory.h"

enum { CHUNK_FIRST = 4 * 1024, CHUNK_MAPPED = 128 * 1024, CHUNK_LAST = 256 * 1024, CHUNK_SLACK = 64 /* headers */ };

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
    size_t mapped;    /* bytes to unmap; 0: from calloc */
    uint64_t data[];
};

struct arena {
    pthread_mutex_t lock;
    struct chunk *chunks;
    char *free, *end;
    size_t next_size, used;
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
    if (!arena)
        exhausted(sizeof *arena);
    pthread_mutex_init(&arena->lock, NULL);
    arena->next_size = CHUNK_FIRST;
    return arena;
}

static struct chunk *add_chunk(struct arena *arena, size_t payload)
{
    size_t size = sizeof(struct chunk) + payload;
    size_t mapped = !SEPARATE_CHUNKS && size >= CHUNK_MAPPED - CHUNK_SLACK ? size : 0;
    struct chunk *chunk;
    if (mapped) {
        chunk = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
        if (chunk == MAP_FAILED)
            exhausted(payload);
    } else if ((chunk = calloc(1, size)) == NULL) {
        exhausted(payload);
    }
    chunk->mapped = mapped;
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    return chunk;
}

static void *alloc_slow(struct arena *arena, size_t size)
{
    /* A large one gets a chunk of its own; what is left of the current chunk stays in use. */
    if (SEPARATE_CHUNKS || size > arena->next_size / 4)
        return add_chunk(arena, size)->data;
    size_t payload = arena->next_size - CHUNK_SLACK;
    struct chunk *chunk = add_chunk(arena, payload);
    if (arena->next_size < CHUNK_LAST)
        arena->next_size *= 2;
    arena->free = (char *)chunk->data + size;
    arena->end = (char *)chunk->data + payload;
    return chunk->data;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    if (size > PTRDIFF_MAX - CHUNK_LAST)
        exhausted(size);
    size = (size + 7) & ~(size_t)7;
    pthread_mutex_lock(&arena->lock);
    void *p;
    if (LIKELY(!SEPARATE_CHUNKS && (size_t)(arena->end - arena->free) >= size)) {
        p = arena->free;
        arena->free += size;
    } else {
        p = alloc_slow(arena, size);
    }
    arena->used += size;
    pthread_mutex_unlock(&arena->lock);
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
        if (chunk->mapped)
            munmap(chunk, chunk->mapped);
        else
            free(chunk);
    }
    pthread_mutex_destroy(&arena->lock);
    free(arena);
}
