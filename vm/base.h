/* Words that every file uses: the slot of locals and operand stacks, and small macros. */
#ifndef CLOISTER_VM_BASE_H
#define CLOISTER_VM_BASE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "gc/object.h"

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define ARRAY_COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* One local variable or operand.  long and double take two slots: the value is in the lower one (the one with the
 * smaller index / address), the upper one is undefined.  boolean, byte, short and char travel as int. */
union slot {
    int32_t i;
    int64_t j;
    float f;
    double d;
    struct object *a;
    uintptr_t raw;
};

struct vm;
struct thread;
struct class;
struct method;
struct field;
struct symbol;
struct loader;
struct module;
struct frame;

#endif
