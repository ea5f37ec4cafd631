/* From a class's reference fields to libgc's mark descriptors, and the mark procedure for what bitmaps cannot say. */
#include "gc/backend.h"

#include <stdlib.h>
#include <string.h>

enum {
    BITMAP_WORDS = 62,       /* bit 63 - i stands for word i; the two lowest bits are the tag */
    TABLE_LIMIT = 128,       /* references a mark procedure may push at once; more are scanned conservatively */
    TAG_MASK = GC_DS_TAGS,
};

static uintptr_t bitmap_descriptor(const uint32_t *ref_offsets, size_t nrefs)
{
    uintptr_t bits = 0;
    for (size_t i = 0; i < nrefs; i++)
        bits |= (uintptr_t)1 << (63 - ref_offsets[i] / sizeof(void *));
    return bits | GC_DS_BITMAP;
}

/* Tables live as long as their class: for ever.  0: out of memory. */
static uintptr_t table_descriptor(const uint32_t *ref_offsets, size_t nrefs, enum gc_reference_kind kind)
{
    struct gc_ref_table *table = malloc(sizeof *table + nrefs * sizeof table->offsets[0]);
    if (table == NULL)
        return 0;
    table->reference_kind = (uint8_t)kind;
    table->count = (uint32_t)nrefs;
    if (nrefs != 0)
        memcpy(table->offsets, ref_offsets, nrefs * sizeof table->offsets[0]);
    return GC_MAKE_PROC(GC_GCJ_RESERVED_MARK_PROC_INDEX, (uintptr_t)table);
}

bool gc_layout_object(struct gc_layout *layout, uint32_t instance_size, const uint32_t *ref_offsets, size_t nrefs,
                      enum gc_reference_kind kind)
{
    bool bits = nrefs != 0 && ref_offsets[nrefs - 1] / sizeof(void *) < BITMAP_WORDS;
    bool table = kind != GC_REF_NONE || (nrefs != 0 && !bits && nrefs <= TABLE_LIMIT);
    layout->instance_size = instance_size;
    layout->kind = GC_KIND_OBJECT;
    layout->element_shift = 0;
    layout->reference_kind = (uint8_t)kind;
    layout->alloc_slow = 0;
    layout->reserved = NULL;
    if (table)
        layout->descriptor = table_descriptor(ref_offsets, nrefs, kind);
    else if (nrefs == 0)
        layout->descriptor = 0; /* libgc: nothing to follow */
    else if (bits)
        layout->descriptor = bitmap_descriptor(ref_offsets, nrefs);
    else
        layout->descriptor = (ref_offsets[nrefs - 1] + sizeof(void *)) | GC_DS_LENGTH;
    return !table || layout->descriptor != 0;
}

/* Small reference arrays share the cells of objects and are marked by the procedure; large ones are of libgc's kind
 * NORMAL, whose blocks say themselves that every word is scanned (and are split among markers). */
void gc_layout_array(struct gc_layout *layout, bool elements_are_references, uint8_t element_shift)
{
    layout->instance_size = OBJECT_HEADER_SIZE;
    layout->kind = elements_are_references ? GC_KIND_REF_ARRAY : GC_KIND_PRIM_ARRAY;
    layout->element_shift = elements_are_references ? 3 : element_shift;
    layout->reference_kind = GC_REF_NONE;
    layout->alloc_slow = 1;
    layout->reserved = NULL;
    layout->descriptor =
        elements_are_references ? GC_MAKE_PROC(GC_GCJ_RESERVED_MARK_PROC_INDEX, (uintptr_t)GC_ENV_REF_ARRAY) : 0;
}

static inline struct GC_ms_entry *push(struct object *target, struct GC_ms_entry *top, struct GC_ms_entry *limit,
                                       void *source)
{
    if (target == NULL)
        return top;
    return GC_MARK_AND_PUSH(target, top, limit, source);
}

/* Runs on several marker threads at once, and perhaps more than once for an object.  libgc calls it only through a
 * class's descriptor, so the object has a class. */
struct GC_ms_entry *gc_mark_proc(GC_word *address, struct GC_ms_entry *top, struct GC_ms_entry *limit, GC_word env)
{
    struct object *o = (struct object *)address;
    if (env == GC_ENV_REF_ARRAY) {
        struct object **elements = array_data(o);
        uint32_t length = array_length(o);
        for (uint32_t i = 0; i < length; i++)
            top = push(elements[i], top, limit, &elements[i]);
        return top;
    }
    const struct gc_ref_table *table = (const struct gc_ref_table *)env;
    for (uint32_t i = 0; i < table->count; i++)
        top = push(gc_load_ref(o, table->offsets[i]), top, limit, address);
    if (table->reference_kind == GC_REF_NONE)
        return top;
    top = push(gc_reference_link(o), top, limit, address);
    if (gc_reference_met(o, (enum gc_reference_kind)table->reference_kind))
        top = push(gc_reference_referent(o), top, limit, address);
    return top;
}

static void each_in_bitmap(struct object *o, uintptr_t descriptor, void (*visit)(struct object *))
{
    uintptr_t bits = descriptor & ~(uintptr_t)TAG_MASK;
    while (bits != 0) {
        unsigned word = (unsigned)__builtin_clzl(bits);
        bits &= ~((uintptr_t)1 << (63 - word));
        visit(((struct object **)o)[word]);
    }
}

static void each_in_table(struct object *o, const struct gc_ref_table *table, void (*visit)(struct object *))
{
    for (uint32_t i = 0; i < table->count; i++)
        visit(gc_load_ref(o, table->offsets[i]));
}

/* As conservative as libgc is for these: a word counts when it is the address of an object. */
static void each_in_words(struct object *o, size_t bytes, void (*visit)(struct object *))
{
    for (size_t at = OBJECT_HEADER_SIZE; at < bytes; at += sizeof(void *)) {
        struct object *target = gc_load_ref(o, at);
        if (target != NULL && GC_base(target) == target && gc_cell_is_object(target))
            visit(target);
    }
}

void gc_each_reference(struct object *o, void (*visit)(struct object *target))
{
    const struct gc_layout *layout = o->layout;
    if (layout->kind == GC_KIND_PRIM_ARRAY || layout->descriptor == 0)
        return;
    if (layout->kind == GC_KIND_REF_ARRAY) {
        struct object **elements = array_data(o);
        for (uint32_t i = 0, length = array_length(o); i < length; i++)
            visit(elements[i]);
        return;
    }
    switch (layout->descriptor & TAG_MASK) {
    case GC_DS_BITMAP:
        each_in_bitmap(o, layout->descriptor, visit);
        break;
    case GC_DS_PROC:
        each_in_table(o, (const void *)(layout->descriptor >> (GC_DS_TAG_BITS + GC_LOG_MAX_MARK_PROCS)), visit);
        break;
    default:
        each_in_words(o, layout->descriptor, visit);
        break;
    }
}
