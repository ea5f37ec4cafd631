/* Making and reading objects with Java's checks.  NULL with an exception pending on failure. */
#ifndef CLOISTER_VM_OBJECT_H
#define CLOISTER_VM_OBJECT_H

#include "vm/thread.h"

struct object *object_new_slow(struct thread *t, struct class *c);
/* A zeroed instance of an initialized, concrete class.  Finalizable ones are registered by Object.<init>, not here. */
static inline struct object *object_new(struct thread *t, struct class *c)
{
    struct object *o = gc_alloc_object(&t->gc, &c->layout);
    return LIKELY(o != NULL) ? o : object_new_slow(t, c);
}
/* `c` is the array class.  length < 0: NegativeArraySizeException. */
struct object *array_new(struct thread *t, struct class *c, int32_t length);
struct object *array_new_of(struct thread *t, struct class *element, int32_t length);
struct object *array_new_multi(struct thread *t, struct class *c, uint32_t dimensions, const int32_t *lengths);
struct object *array_new_primitive(struct thread *t, char element, int32_t length); /* 'B' ... */
struct object *object_clone(struct thread *t, struct object *o);                    /* CloneNotSupportedException */
/* System.arraycopy with all its checks and messages.  false: exception pending. */
bool array_copy(struct thread *t, struct object *from, int32_t from_index, struct object *to, int32_t to_index,
                int32_t count);

#define OBJECT_ACCESSORS(name, type)                                                                                   \
    static inline type object_get_##name(const struct object *o, size_t offset)                                        \
    {                                                                                                                  \
        return *(type volatile *)object_at(o, offset);                                                                 \
    }                                                                                                                  \
    static inline void object_set_##name(struct object *o, size_t offset, type v)                                      \
    {                                                                                                                  \
        *(type volatile *)object_at(o, offset) = v;                                                                    \
    }
OBJECT_ACCESSORS(byte, int8_t)
OBJECT_ACCESSORS(int, int32_t)
OBJECT_ACCESSORS(long, int64_t)
#undef OBJECT_ACCESSORS

/* Boxing: type is a descriptor character; unboxing false when `o` is no box.  The type found is stored in *type. */
struct object *box(struct thread *t, char type, union slot value);
bool unbox(const struct object *o, char *type, union slot *value);

#endif
