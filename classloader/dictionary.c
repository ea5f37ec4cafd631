/* The table of classes for which a loader is an initiating loader (JVMS 5.3): open addressing on the name's hash,
 * grown by copying.  Readers need no lock: entries are never removed and outgrown tables stay in the arena. */
#include "classloader/loading_private.h"
#include "vm/symbol.h"

struct dictionary {
    uint32_t mask, count;
    struct class *_Atomic entries[];
};

struct class *dictionary_find(const struct loader *loader, const struct symbol *name)
{
    const struct dictionary *d = __atomic_load_n(&loader->classes, __ATOMIC_ACQUIRE);
    if (d == NULL)
        return NULL;
    for (uint32_t at = name->hash & d->mask;; at = (at + 1) & d->mask) {
        struct class *c = atomic_load_explicit(&d->entries[at], memory_order_acquire);
        if (c == NULL || c->name == name)
            return c;
    }
}

static void insert(struct dictionary *d, struct class *c)
{
    uint32_t at = c->name->hash & d->mask;
    while (atomic_load_explicit(&d->entries[at], memory_order_relaxed) != NULL)
        at = (at + 1) & d->mask;
    atomic_store_explicit(&d->entries[at], c, memory_order_release);
    d->count++;
}

void dictionary_add_locked(struct loader *loader, struct class *c)
{
    struct dictionary *d = loader->classes;
    if (d == NULL || d->count * 3 >= (d->mask + 1) * 2) {
        struct dictionary *larger;
        uint32_t size = d != NULL ? (d->mask + 1) * 2 : loader->is_boot ? 1024 : 16;
        size_t bytes = sizeof *larger + size * sizeof larger->entries[0];
        /* Without memory a table may become full but for the one free entry that ends a search. */
        larger = d != NULL && d->count < d->mask - 1 ? arena_try_alloc(loader->arena, bytes)
                                                     : arena_alloc(loader->arena, bytes);
        if (larger == NULL) {
            insert(d, c);
            return;
        }
        larger->mask = size - 1;
        for (uint32_t i = 0; d != NULL && i <= d->mask; i++)
            if (d->entries[i] != NULL)
                insert(larger, d->entries[i]);
        __atomic_store_n(&loader->classes, larger, __ATOMIC_RELEASE);
        d = larger;
    }
    insert(d, c);
}
