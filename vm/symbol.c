/* The symbol table: open addressing over an array of words.  A word is the symbol's address with 16 bits of its hash in
 * the unused upper bits, so that a probe rarely touches a symbol that is not the one wanted.  Readers take no lock:
 * words go from 0 to their final value once, and a table is replaced as a whole when it grows. */
#include "vm/symbol.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "vm/metadata.h"
#include "vm/no_memory.h"

#define SYMBOL(name, text) struct symbol *sym_##name; /* one per process: symbols are interned process-wide */
#include "vm/release/symbols.def"
#undef SYMBOL

enum {
    INITIAL_BITS = 15,
    AREA_SIZE = 128 * 1024,   /* bump area for symbols */
    ADDRESS_BITS = 48,        /* user addresses on x86-64 with 4-level paging; mmap gives no higher ones unasked */
};

struct symbol_table {
    uint32_t mask;
    _Atomic uint64_t words[];
};

/* One table per process: symbols are compared by address everywhere, also before a VM exists and on threads that are
 * not attached. */
static struct {
    pthread_mutex_t lock;                  /* insertion and growth */
    struct symbol_table *_Atomic table;
    _Atomic size_t count;
    char *area, *area_end;                 /* under lock */
} symbols = { .lock = PTHREAD_MUTEX_INITIALIZER };

static inline uint64_t load8(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline uint64_t load4(const char *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline uint64_t mix(uint64_t a, uint64_t b)
{
    __uint128_t product = (__uint128_t)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Multiply-and-fold over 8-byte words; tails are read with overlap, so no byte outside the text is touched. */
static inline uint32_t hash_bytes(const char *p, size_t length)
{
    const uint64_t k1 = 0x9e3779b97f4a7c15, k2 = 0xd6e8feb86659fd93;
    uint64_t h = length * k2;
    if (length >= 8) {
        const char *last = p + length - 8;
        for (; p < last; p += 8)
            h = mix(h ^ load8(p), k1);
        h = mix(h ^ load8(last), k2);
    } else if (length >= 4) {
        h = mix(h ^ (load4(p) | load4(p + length - 4) << 32), k2);
    } else if (length > 0) {
        h = mix(h ^ ((uint64_t)(uint8_t)p[0] | (uint64_t)(uint8_t)p[length / 2] << 8 |
                     (uint64_t)(uint8_t)p[length - 1] << 16), k2);
    }
    return (uint32_t)(h ^ h >> 32);
}

static inline struct symbol *word_symbol(uint64_t word)
{
    return (struct symbol *)(word & (((uint64_t)1 << ADDRESS_BITS) - 1));
}

static inline uint64_t word_of(const struct symbol *s)
{
    return (uint64_t)(s->hash >> 16) << ADDRESS_BITS | (uint64_t)(uintptr_t)s;
}

static inline bool same_bytes(const char *a, const char *b, size_t length)
{
    if (length < 8)
        return memcmp(a, b, length) == 0;
    size_t last = length - 8;
    for (size_t i = 0; i < last; i += 8) {
        if (load8(a + i) != load8(b + i))
            return false;
    }
    return load8(a + last) == load8(b + last);
}

/* NULL: not in this table; *slot is the free word where the search ended. */
static inline struct symbol *probe(struct symbol_table *table, const char *bytes, size_t length, uint32_t hash,
                                   uint32_t *slot)
{
    uint32_t i = hash & table->mask;
    for (;; i = (i + 1) & table->mask) {
        uint64_t word = atomic_load_explicit(&table->words[i], memory_order_acquire);
        if (word == 0) {
            *slot = i;
            return NULL;
        }
        if (word >> ADDRESS_BITS != hash >> 16)
            continue;
        struct symbol *s = word_symbol(word);
        if (s->hash == hash && s->length == length && same_bytes(s->bytes, bytes, length))
            return s;
    }
}

static size_t table_size(uint32_t mask)
{
    return sizeof(struct symbol_table) + ((size_t)mask + 1) * sizeof(uint64_t);
}

/* Under the lock; NULL: no memory.  The old table stays mapped, since readers may be in it, but its pages are given
 * back: an emptied word looks like an absent symbol, and every search that finds nothing asks again when the table
 * has been replaced. */
static struct symbol_table *grow(struct symbol_table *old)
{
    uint32_t mask = old ? old->mask * 2 + 1 : ((uint32_t)1 << INITIAL_BITS) - 1;
    struct symbol_table *table = metadata_map(table_size(mask));
    if (table == NULL)
        return NULL;
    table->mask = mask;
    if (old) {
        for (uint32_t i = 0; i <= old->mask; i++) {
            uint64_t word = atomic_load_explicit(&old->words[i], memory_order_relaxed);
            if (word == 0)
                continue;
            uint32_t at = word_symbol(word)->hash & mask;
            while (atomic_load_explicit(&table->words[at], memory_order_relaxed) != 0)
                at = (at + 1) & mask;
            atomic_store_explicit(&table->words[at], word, memory_order_relaxed);
        }
    }
    atomic_store_explicit(&symbols.table, table, memory_order_seq_cst);
    if (old) {
        /* The first page holds the mask and stays. */
        const size_t page = 4096;
        madvise((char *)old + page, table_size(old->mask) - page, MADV_DONTNEED);
    }
    return table;
}

/* Makes the next area: from the reserve just what is needed when the system has no memory.  Under the lock. */
static void next_area(size_t size)
{
    size_t area_size = size > AREA_SIZE ? size : AREA_SIZE;
    char *area = metadata_map(area_size);
    if (area == NULL) {
        area_size = size;
        area = metadata_from_reserve(area_size);
    }
    if (area == NULL)
        no_memory_for("the table of symbols");
    symbols.area = area;
    symbols.area_end = area + area_size;
}

/* Under the lock. */
static struct symbol *new_symbol(const char *bytes, size_t length, uint32_t hash)
{
    size_t size = (offsetof(struct symbol, bytes) + length + 1 + 3) & ~(size_t)3;
    if ((size_t)(symbols.area_end - symbols.area) < size)
        next_area(size);
    struct symbol *s = (struct symbol *)symbols.area;
    symbols.area += size;
    s->hash = hash;
    s->length = (uint16_t)length;
    memcpy(s->bytes, bytes, length);
    s->bytes[length] = 0;
    return s;
}

static struct symbol *insert(const char *bytes, size_t length, uint32_t hash)
{
    pthread_mutex_lock(&symbols.lock);
    struct symbol_table *table = atomic_load_explicit(&symbols.table, memory_order_relaxed);
    size_t count = atomic_load_explicit(&symbols.count, memory_order_relaxed);
    if (!table || (count + 1) * 4 > ((size_t)table->mask + 1) * 3) {
        struct symbol_table *larger = grow(table);
        if (!larger && (!table || count + 1 > table->mask)) /* a search ends at a free word */
            no_memory_for("the table of symbols");
        table = larger ? larger : table;
    }
    uint32_t slot;
    struct symbol *s = probe(table, bytes, length, hash, &slot);
    if (!s) {
        s = new_symbol(bytes, length, hash);
        atomic_store_explicit(&table->words[slot], word_of(s), memory_order_release);
        atomic_store_explicit(&symbols.count, count + 1, memory_order_relaxed);
    }
    pthread_mutex_unlock(&symbols.lock);
    return s;
}

uint32_t symbol_hash(const char *bytes, size_t length)
{
    return hash_bytes(bytes, length);
}

void symbol_prefetch(uint32_t hash)
{
    struct symbol_table *table = atomic_load_explicit(&symbols.table, memory_order_acquire);
    if (table)
        __builtin_prefetch((const void *)&table->words[hash & table->mask]);
}

struct symbol *symbol_intern(const char *bytes, size_t length)
{
    return symbol_intern_hashed(bytes, length, hash_bytes(bytes, length));
}

struct symbol *symbol_intern_hashed(const char *bytes, size_t length, uint32_t hash)
{
    if (length > UINT16_MAX)
        return NULL;
    uint32_t slot;
    struct symbol_table *table = atomic_load_explicit(&symbols.table, memory_order_acquire);
    struct symbol *s = table ? probe(table, bytes, length, hash, &slot) : NULL;
    return LIKELY(s != NULL) ? s : insert(bytes, length, hash);
}

struct symbol *symbol_intern_cstr(const char *text)
{
    return symbol_intern(text, strlen(text));
}

struct symbol *symbol_lookup(const char *bytes, size_t length)
{
    if (length > UINT16_MAX)
        return NULL;
    uint32_t hash = hash_bytes(bytes, length), slot;
    struct symbol_table *table = atomic_load_explicit(&symbols.table, memory_order_seq_cst);
    while (table) {
        struct symbol *s = probe(table, bytes, length, hash, &slot);
        if (s)
            return s;
        struct symbol_table *now = atomic_load_explicit(&symbols.table, memory_order_seq_cst);
        if (now == table)
            return NULL;
        table = now;
    }
    return NULL;
}

void symbols_init(void)
{
#define SYMBOL(name, text) sym_##name = symbol_intern(text, sizeof text - 1);
#include "vm/release/symbols.def"
#undef SYMBOL
}
