/* Sets of keys (duplicate members, interfaces, local variables), so that such checks take linear time. */
#include <stdlib.h>

#include "classloader/classfile_private.h"

/* Open addressing over indexes into `keys`; built for one check and thrown away. */
struct key_table {
    const struct set_key *keys;
    uint32_t mask;
    uint32_t *indexes; /* index + 1; 0: free */
};

static bool key_table_init(struct key_table *t, const struct set_key *keys, uint32_t count)
{
    t->keys = keys;
    t->mask = 15;
    while (t->mask < 2 * count)
        t->mask = t->mask * 2 + 1;
    t->indexes = calloc((size_t)t->mask + 1, sizeof *t->indexes);
    return t->indexes != NULL;
}

/* Place of an equal key, or the free place where it would go. */
static uint32_t *key_table_find(const struct key_table *t, const struct set_key *key)
{
    uint64_t hash = (key->a * 0x9e3779b97f4a7c15 ^ key->b) * 0xd6e8feb86659fd93;
    uint32_t at = (uint32_t)(hash >> 32) & t->mask;
    for (; t->indexes[at] != 0; at = (at + 1) & t->mask) {
        const struct set_key *k = &t->keys[t->indexes[at] - 1];
        if (k->a == key->a && k->b == key->b)
            break;
    }
    return &t->indexes[at];
}

int32_t classfile_find_repeated(const struct set_key *keys, uint32_t count)
{
    struct key_table t;
    if (count < 2)
        return -1;
    if (!key_table_init(&t, keys, count))
        return SET_NO_MEMORY;
    int32_t repeated = -1;
    for (uint32_t i = 0; i < count && repeated < 0; i++) {
        uint32_t *place = key_table_find(&t, &keys[i]);
        if (*place != 0)
            repeated = (int32_t)i;
        *place = i + 1;
    }
    free(t.indexes);
    return repeated;
}

int32_t classfile_find_missing(const struct set_key *set, uint32_t set_count, const struct set_key *keys,
                               uint32_t count)
{
    struct key_table t;
    if (count == 0)
        return -1;
    if (!key_table_init(&t, set, set_count))
        return SET_NO_MEMORY;
    for (uint32_t i = 0; i < set_count; i++)
        *key_table_find(&t, &set[i]) = i + 1;
    int32_t missing = -1;
    for (uint32_t i = 0; i < count && missing < 0; i++) {
        if (*key_table_find(&t, &keys[i]) == 0)
            missing = (int32_t)i;
    }
    free(t.indexes);
    return missing;
}
