/* The table of interned strings (JLS 3.10.5): weak, so that a string nobody else holds disappears from it. */
#include <pthread.h>
#include <stdlib.h>

#include "vm/exception.h"
#include "vm/no_memory.h"
#include "vm/object.h"
#include "vm/string_private.h"
#include "vm/vm.h"

enum { FIRST_CAPACITY = 1024 };

/* Open addressing, linear probing.  A string is stored after its hash, so a slot with a string is complete. */
struct intern_slot {
    struct object *_Atomic string; /* NULL: never used; DEAD: was used */
    uint32_t hash;
};
#define DEAD ((struct object *)1)

struct intern_table {
    size_t capacity;               /* a power of two */
    struct intern_slot slots[];
};

/* Mutators change the table under the lock; the collector's visitor changes it with every thread stopped anywhere, the
 * holder of the lock too.  While a larger table is being filled the visitor sees both, and what the filling thread has
 * in its registers is alive. */
struct strings {
    pthread_mutex_t lock;
    struct intern_table *_Atomic table, *_Atomic next;
    size_t used;                   /* slots of `table` that were ever used */
};

static struct intern_table *new_table(size_t capacity)
{
    struct intern_table *table = calloc(1, sizeof *table + capacity * sizeof table->slots[0]);
    if (table != NULL)
        table->capacity = capacity;
    return table;
}

static void drop_dead(struct intern_table *table)
{
    for (size_t i = 0; table != NULL && i < table->capacity; i++) {
        struct object *s = atomic_load_explicit(&table->slots[i].string, memory_order_relaxed);
        if (s != NULL && s != DEAD && !gc_is_live(s))
            atomic_store_explicit(&table->slots[i].string, DEAD, memory_order_relaxed);
    }
}

static void visit_strings(void *arg)
{
    struct strings *strings = arg;
    drop_dead(atomic_load_explicit(&strings->table, memory_order_acquire));
    drop_dead(atomic_load_explicit(&strings->next, memory_order_acquire));
}

void strings_init(struct vm *vm)
{
    struct strings *strings = calloc(1, sizeof *strings);
    struct intern_table *table = new_table(FIRST_CAPACITY);
    if (strings == NULL || table == NULL)
        no_memory_for("the table of interned strings");
    pthread_mutex_init(&strings->lock, NULL);
    atomic_init(&strings->table, table);
    vm->strings = strings;
    gc_add_weak_visitor("interned strings", visit_strings, strings);
}

static inline size_t slot_index(const struct intern_table *table, uint32_t hash)
{
    return (size_t)((hash * 0x9e3779b97f4a7c15u) >> 32) & (table->capacity - 1);
}

static void put(struct intern_table *table, struct object *s, uint32_t hash)
{
    size_t i = slot_index(table, hash);
    while (atomic_load_explicit(&table->slots[i].string, memory_order_relaxed) != NULL)
        i = (i + 1) & (table->capacity - 1);
    table->slots[i].hash = hash;
    atomic_store_explicit(&table->slots[i].string, s, memory_order_release);
}

/* Makes room for one more; keeps the old table when memory is short as long as a free slot remains.  Lock held. */
static bool make_room(struct strings *strings)
{
    struct intern_table *old = atomic_load(&strings->table);
    if (strings->used < old->capacity / 4 * 3)
        return true;
    size_t live = 0;
    for (size_t i = 0; i < old->capacity; i++) {
        struct object *s = atomic_load_explicit(&old->slots[i].string, memory_order_relaxed);
        live += s != NULL && s != DEAD;
    }
    struct intern_table *table = new_table(live < old->capacity / 2 ? old->capacity : old->capacity * 2);
    if (table == NULL)
        return strings->used + 1 < old->capacity;
    atomic_store(&strings->next, table);
    size_t used = 0;
    for (size_t i = 0; i < old->capacity; i++) {
        struct object *s = atomic_load_explicit(&old->slots[i].string, memory_order_relaxed);
        if (s == NULL || s == DEAD)
            continue;
        put(table, s, old->slots[i].hash);
        used++;
    }
    atomic_store(&strings->table, table);
    atomic_store(&strings->next, NULL);
    strings->used = used;
    free(old);
    return true;
}

/* A string found here is alive from the load on: it is in a register of this thread, and whatever was dead at the last
 * collection is no longer in the table.  Lock held. */
static struct object *find(const struct strings *strings, const struct text *text, uint32_t hash)
{
    struct intern_table *table = atomic_load_explicit(&strings->table, memory_order_relaxed);
    for (size_t i = slot_index(table, hash);; i = (i + 1) & (table->capacity - 1)) {
        struct object *s = atomic_load_explicit(&table->slots[i].string, memory_order_relaxed);
        if (s == NULL)
            return NULL;
        if (s == DEAD || table->slots[i].hash != hash)
            continue;
        struct text candidate = string_text(s);
        if (text_equals(&candidate, text))
            return s;
    }
}

/* The string equal to `text` in the table: one that is there, or `s`, which is then added. */
static struct object *find_or_add(struct thread *t, const struct text *text, uint32_t hash, struct object *s)
{
    struct strings *strings = t->vm->strings;
    pthread_mutex_lock(&strings->lock);
    struct object *found = find(strings, text, hash);
    bool room = true;
    if (found == NULL && s != NULL) {
        room = make_room(strings);
        if (room) {
            put(atomic_load_explicit(&strings->table, memory_order_relaxed), s, hash);
            strings->used++;
            found = s;
        }
    }
    pthread_mutex_unlock(&strings->lock);
    if (!room)
        exception_throw_out_of_memory(t, "native memory for the table of interned strings");
    return found;
}

struct object *string_intern(struct thread *t, struct object *s)
{
    struct text text = string_text(s);
    return find_or_add(t, &text, text_hash(&text), s);
}

struct object *string_intern_symbol(struct thread *t, const struct symbol *symbol)
{
    struct decoded_text decoded;
    if (!text_decode(t, symbol->bytes, symbol->length, &decoded))
        return NULL;
    uint32_t hash = text_hash(&decoded.text);
    struct object *s = find_or_add(t, &decoded.text, hash, NULL);
    if (s == NULL) {
        s = string_from_text(t, &decoded.text);
        if (s != NULL)
            s = find_or_add(t, &decoded.text, hash, s); /* another thread may have been quicker */
    }
    text_release(&decoded);
    return s;
}
