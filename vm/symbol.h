/* Interned modified-UTF-8 names.  Two symbols are equal exactly when their addresses are.  Symbols live for the
 * life of the process.  Lookup is lock-free; insertion takes a lock.  Safe on any thread, attached or not. */
#ifndef CLOISTER_VM_SYMBOL_H
#define CLOISTER_VM_SYMBOL_H

#include "vm/base.h"

struct symbol {
    uint32_t hash;
    uint16_t length; /* bytes, without the NUL that follows */
    char bytes[];    /* modified UTF-8, NUL-terminated */
};

struct symbol *symbol_intern(const char *bytes, size_t length); /* NULL: longer than 65535 */
struct symbol *symbol_intern_cstr(const char *text);
struct symbol *symbol_lookup(const char *bytes, size_t length); /* NULL if never interned */

/* symbol_intern in two steps, for who has many at hand: the table's line arrives while other symbols are looked up. */
uint32_t symbol_hash(const char *bytes, size_t length);
void symbol_prefetch(uint32_t hash);
struct symbol *symbol_intern_hashed(const char *bytes, size_t length, uint32_t hash);

/* Well-known symbols used as constants: vm/release/symbols.def -> sym_<name>.  Valid after symbols_init. */
void symbols_init(void);
#define SYMBOL(name, text) extern struct symbol *sym_##name;
#include "vm/release/symbols.def"
#undef SYMBOL

#endif
