/* The table of inflated monitors: records never move, indexes fit a lock word, records of dead objects are reused. */
#include <stdlib.h>
#include <sys/mman.h>

#include "vm/exception.h"
#include "vm/monitor_private.h"
#include "vm/no_memory.h"
#include "vm/vm.h"

enum { CHUNK_SHIFT = 8, CHUNK_SIZE = 1 << CHUNK_SHIFT, CHUNK_MAXIMUM = 1 << 20 };

struct monitor_table {
    pthread_mutex_t lock;
    struct monitor **chunks;      /* reservation of CHUNK_MAXIMUM pointers */
    _Atomic uint32_t chunk_count;
    struct monitor *free;
    _Atomic uint32_t dead;        /* records marked by the collector since the last sweep */
};

struct monitor *monitor_at(struct vm *vm, uint32_t index)
{
    struct monitor_table *table = vm->monitors;
    return &table->chunks[index >> CHUNK_SHIFT][index & (CHUNK_SIZE - 1)];
}

/* World stopped, perhaps in the middle of monitor_new: touches nothing but the use of records whose object is dead.
 * No thread can be in such a monitor, since it would hold the object on its stack. */
static void drop_dead(void *arg)
{
    struct monitor_table *table = arg;
    uint32_t count = atomic_load(&table->chunk_count);
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < CHUNK_SIZE; j++) {
            struct monitor *m = &table->chunks[i][j];
            if (m->use != MONITOR_USED || m->object == NULL || gc_is_live(m->object))
                continue;
            m->object = NULL;
            m->use = MONITOR_DEAD;
            atomic_fetch_add(&table->dead, 1);
        }
    }
}

static void put_free(struct monitor_table *table, struct monitor *m)
{
    m->use = MONITOR_FREE;
    m->next_free = table->free;
    table->free = m;
}

static void sweep(struct monitor_table *table)
{
    if (atomic_exchange(&table->dead, 0) == 0)
        return;
    uint32_t count = atomic_load(&table->chunk_count);
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = 0; j < CHUNK_SIZE; j++)
            if (table->chunks[i][j].use == MONITOR_DEAD)
                put_free(table, &table->chunks[i][j]);
}

static bool grow(struct monitor_table *table)
{
    uint32_t count = atomic_load(&table->chunk_count);
    struct monitor *chunk = count < CHUNK_MAXIMUM ? calloc(CHUNK_SIZE, sizeof *chunk) : NULL;
    if (chunk == NULL)
        return false;
    for (uint32_t i = CHUNK_SIZE; i-- > 0;) {
        pthread_mutex_init(&chunk[i].mutex, NULL);
        chunk[i].index = count << CHUNK_SHIFT | i;
        put_free(table, &chunk[i]);
    }
    table->chunks[count] = chunk;
    atomic_store(&table->chunk_count, count + 1);
    return true;
}

static struct monitor *take(struct monitor_table *table)
{
    pthread_mutex_lock(&table->lock);
    if (table->free == NULL)
        sweep(table);
    struct monitor *m = NULL;
    if (table->free != NULL || grow(table)) {
        m = table->free;
        table->free = m->next_free;
    }
    pthread_mutex_unlock(&table->lock);
    return m;
}

struct monitor *monitor_new(struct thread *t, struct object *o)
{
    struct monitor *m = take(t->vm->monitors);
    if (m == NULL) {
        exception_throw_out_of_memory(t, "no memory for another contended monitor");
        return NULL;
    }
    atomic_store_explicit(&m->owner, 0, memory_order_relaxed);
    m->entries = 0;
    m->hash = 0;
    m->object = o;
    atomic_signal_fence(memory_order_seq_cst); /* the collector's visitor believes `use` */
    m->use = MONITOR_USED;
    return m;
}

void monitor_release(struct thread *t, struct monitor *m)
{
    struct monitor_table *table = t->vm->monitors;
    m->use = MONITOR_FREE;
    atomic_signal_fence(memory_order_seq_cst);
    m->object = NULL;
    pthread_mutex_lock(&table->lock);
    put_free(table, m);
    pthread_mutex_unlock(&table->lock);
}

void monitors_init(struct vm *vm)
{
    struct monitor_table *table = calloc(1, sizeof *table);
    void *chunks = mmap(NULL, CHUNK_MAXIMUM * sizeof(struct monitor *), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (table == NULL || chunks == MAP_FAILED)
        no_memory_for("the table of monitors");
    pthread_mutex_init(&table->lock, NULL);
    table->chunks = chunks;
    vm->monitors = table;
    gc_add_weak_visitor("monitors", drop_dead, table);
}
