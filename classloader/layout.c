/* Field layout: instance fields by size behind the superclass's, references first, with the superclass's tail gap
 * filled; statics in a block of root slots and a block of primitive data. */
#include <stdlib.h>

#include "classloader/linking.h"
#include "vm/exception.h"
#include "vm/symbol.h"

static uint32_t size_of(char type)
{
    switch (type) {
    case 'Z': case 'B': return 1;
    case 'C': case 'S': return 2;
    case 'I': case 'F': return 4;
    default: return 8;
    }
}

static bool is_reference(const struct field *f)
{
    return f->type == 'L' || f->type == '[';
}

static uint32_t all_fields(const struct class *c)
{
    return c->field_count + c->injected_field_count;
}

static bool is_static(const struct field *f)
{
    return (f->access_flags & ACC_STATIC) != 0;
}

/* ---- instances ------------------------------------------------------------------------------------------- */

/* Groups in the order in which they are placed. */
enum group { REFERENCES, EIGHT, FOUR, TWO, ONE, GROUPS };

static enum group group_of(const struct field *f)
{
    if (is_reference(f))
        return REFERENCES;
    switch (size_of(f->type)) {
    case 8: return EIGHT;
    case 4: return FOUR;
    case 2: return TWO;
    default: return ONE;
    }
}

static const uint32_t group_size[GROUPS] = {8, 8, 4, 2, 1};

struct placing {
    struct class *c;
    uint32_t at;                /* next free byte behind everything */
    uint32_t gap, gap_end;      /* free bytes before the first aligned field */
    uint32_t left[GROUPS];
};

static uint32_t align_up(uint32_t n, uint32_t alignment)
{
    return (n + alignment - 1) & ~(alignment - 1);
}

/* From the gap when a small field fits there, else behind the others. */
static uint32_t place(struct placing *p, uint32_t size)
{
    uint32_t in_gap = align_up(p->gap, size);
    if (in_gap + size <= p->gap_end) {
        p->gap = in_gap + size;
        return in_gap;
    }
    uint32_t offset = align_up(p->at, size);
    p->at = offset + size;
    return offset;
}

static void place_group(struct placing *p, enum group g)
{
    struct class *c = p->c;
    for (uint32_t i = 0; i < all_fields(c) && p->left[g] != 0; i++) {
        struct field *f = &c->fields[i];
        if (is_static(f) || group_of(f) != g)
            continue;
        f->offset = place(p, group_size[g]);
        p->left[g]--;
    }
}

static void place_instance_fields(struct class *c)
{
    uint32_t start = c->super == NULL ? OBJECT_HEADER_SIZE : c->super->fields_end;
    struct placing p = {.c = c, .at = start, .gap = start, .gap_end = start};
    for (uint32_t i = 0; i < all_fields(c); i++)
        if (!is_static(&c->fields[i]))
            p.left[group_of(&c->fields[i])]++;
    if (p.left[REFERENCES] + p.left[EIGHT] != 0)
        p.gap_end = p.at = align_up(start, 8);
    for (enum group g = REFERENCES; g < GROUPS; g++)
        place_group(&p, g);
    c->fields_end = p.at;
    c->layout.instance_size = align_up(c->fields_end, 8);
}

/* The families of java.lang.ref: the collector treats `referent` and `discovered` itself. */
static enum gc_reference_kind reference_kind(const struct class *c)
{
    static const struct { const char *name; enum gc_reference_kind kind; } families[] = {
        {"java/lang/ref/SoftReference", GC_REF_SOFT},
        {"java/lang/ref/WeakReference", GC_REF_WEAK},
        {"java/lang/ref/FinalReference", GC_REF_FINAL},
        {"java/lang/ref/PhantomReference", GC_REF_PHANTOM},
    };
    if (c->super == NULL)
        return GC_REF_NONE;
    if (c->super->layout.reference_kind != GC_REF_NONE)
        return (enum gc_reference_kind)c->super->layout.reference_kind;
    if (!c->loader->is_boot || strcmp(c->super->name->bytes, "java/lang/ref/Reference") != 0)
        return GC_REF_NONE;
    for (size_t i = 0; i < ARRAY_COUNT(families); i++)
        if (strcmp(families[i].name, c->name->bytes) == 0)
            return families[i].kind;
    return GC_REF_NONE;
}

static bool is_hidden_from_marking(const struct field *f)
{
    return strcmp(f->owner->name->bytes, "java/lang/ref/Reference") == 0
           && (strcmp(f->name->bytes, "referent") == 0 || strcmp(f->name->bytes, "discovered") == 0);
}

static size_t collect_references(const struct class *c, enum gc_reference_kind kind, uint32_t *offsets)
{
    size_t count = 0;
    if (c->super != NULL)
        count = collect_references(c->super, kind, offsets);
    for (uint32_t i = 0; i < all_fields(c); i++) {
        const struct field *f = &c->fields[i];
        if (is_static(f) || !is_reference(f) || (kind != GC_REF_NONE && is_hidden_from_marking(f)))
            continue;
        if (offsets != NULL)
            offsets[count] = f->offset;
        count++;
    }
    return count;
}

static int compare_offsets(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static bool describe_to_collector(struct thread *t, struct class *c)
{
    enum gc_reference_kind kind = reference_kind(c);
    size_t count = collect_references(c, GC_REF_NONE, NULL);
    uint32_t few[64], *offsets = count <= ARRAY_COUNT(few) ? few : malloc(count * sizeof *offsets);
    if (offsets == NULL) {
        exception_throw_out_of_memory(t, "Metaspace");
        return false;
    }
    count = collect_references(c, kind, offsets);
    qsort(offsets, count, sizeof *offsets, compare_offsets);
    bool described = gc_layout_object(&c->layout, c->layout.instance_size, offsets, count, kind);
    if (offsets != few)
        free(offsets);
    if (!described) {
        exception_throw_out_of_memory(t, "Metaspace");
        return false;
    }
    bool is_class = c->loader->is_boot && c->name == sym_java_lang_Class;
    if (class_is_abstract(c) || kind != GC_REF_NONE || is_class) /* mirrors are pinned: only the loader makes them */
        c->layout.alloc_slow = 1;
    if (kind != GC_REF_NONE)
        c->vm_flags &= ~(uint32_t)CLASS_CLONEABLE;
    return true;
}

/* ---- statics --------------------------------------------------------------------------------------------- */

static void place_statics(struct class *c)
{
    uint32_t references = 0, bytes = 0;
    for (uint32_t i = 0; i < c->field_count; i++) {
        const struct field *f = &c->fields[i];
        if (is_static(f) && is_reference(f))
            references++;
        else if (is_static(f))
            bytes += size_of(f->type);
    }
    if (references != 0)
        c->static_refs = gc_roots_new(references);
    c->static_ref_count = references;
    if (bytes != 0) /* whole words: Unsafe reads the word around a byte */
        c->static_data = arena_alloc(c->loader->arena, align_up(bytes, 8));
    char *data = c->static_data;
    uint32_t reference = 0;
    for (uint32_t size = 8; size != 0; size /= 2) {
        for (uint32_t i = 0; i < c->field_count; i++) {
            struct field *f = &c->fields[i];
            if (!is_static(f) || size_of(f->type) != size)
                continue;
            if (is_reference(f)) {
                f->address = &c->static_refs[reference++];
            } else {
                f->address = data;
                data += size;
            }
        }
    }
}

/* Tells the VM where the fields lie that it added to this class. */
static void record_injected(struct vm *vm, const struct class *c)
{
    for (uint32_t i = c->field_count; i < all_fields(c); i++)
        for (const struct injected_field *f = injected_fields; f->class_name != NULL; f++)
            if (strcmp(f->class_name, c->name->bytes) == 0 && strcmp(f->name, c->fields[i].name->bytes) == 0)
                *(uint32_t *)((char *)&vm->known + f->known_offset) = c->fields[i].offset;
}

bool layout_class(struct thread *t, struct class *c)
{
    place_statics(c);
    if (class_is_interface(c)) { /* has no instances */
        c->layout.instance_size = OBJECT_HEADER_SIZE;
        c->layout.alloc_slow = 1;
        c->fields_end = OBJECT_HEADER_SIZE;
        return true;
    }
    place_instance_fields(c);
    record_injected(t->vm, c);
    return describe_to_collector(t, c);
}
