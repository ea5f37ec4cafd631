/* Classes, fields and constant pools: what a class file becomes.  Lives in its loader's arena (vm/loader.h), outside
 * the collected heap; never freed while its loader lives.
 *
 * Life of a class (JVMS 5): LOADED (parsed, supers resolved, in the dictionary) -> LINKED (verified, laid out, vtable
 * and itable built) -> INITIALIZED | ERRONEOUS.  The state only grows; it is published with release order and read
 * with acquire by whoever relies on what it promises. */
#ifndef CLOISTER_VM_CLASS_H
#define CLOISTER_VM_CLASS_H

#include "vm/base.h"

enum { /* access flags, JVMS 4.1, 4.5, 4.6 */
    ACC_PUBLIC = 0x0001, ACC_PRIVATE = 0x0002, ACC_PROTECTED = 0x0004, ACC_STATIC = 0x0008, ACC_FINAL = 0x0010,
    ACC_SUPER = 0x0020, ACC_SYNCHRONIZED = 0x0020, ACC_VOLATILE = 0x0040, ACC_BRIDGE = 0x0040, ACC_TRANSIENT = 0x0080,
    ACC_VARARGS = 0x0080, ACC_NATIVE = 0x0100, ACC_INTERFACE = 0x0200, ACC_ABSTRACT = 0x0400, ACC_STRICT = 0x0800,
    ACC_SYNTHETIC = 0x1000, ACC_ANNOTATION = 0x2000, ACC_ENUM = 0x4000, ACC_MODULE = 0x8000, ACC_MANDATED = 0x8000,
};

enum cp_tag { /* JVMS 4.4 */
    CP_UNUSABLE = 0, /* index 0 and the upper half of long and double */
    CP_UTF8 = 1, CP_INTEGER = 3, CP_FLOAT = 4, CP_LONG = 5, CP_DOUBLE = 6, CP_CLASS = 7, CP_STRING = 8, CP_FIELDREF = 9,
    CP_METHODREF = 10, CP_INTERFACE_METHODREF = 11, CP_NAME_AND_TYPE = 12, CP_METHOD_HANDLE = 15, CP_METHOD_TYPE = 16,
    CP_DYNAMIC = 17, CP_INVOKE_DYNAMIC = 18, CP_MODULE = 19, CP_PACKAGE = 20,
};

/* Raw contents of an entry; which member is valid follows from the tag. */
union cp_value {
    struct symbol *utf8;                 /* CP_UTF8 */
    int32_t i;
    int64_t j;
    float f;
    double d;
    struct {
        uint16_t a;    /* first index (CLASS, NAME_AND_TYPE: name; *REF: class; METHOD_HANDLE: kind; DYNAMIC: bsm) */
        uint16_t b;    /* second index */
        uint16_t slot; /* index into constant_pool.slots for resolvable tags, else 0 */
    } ref;
};

/* What resolution left behind.  `a` is written last, with release order; NULL means unresolved, and
 * CP_SLOT_FAILED that the error in `b` (a root slot holding the Throwable) is to be thrown again (JVMS 5.4.3).
 *
 *   tag                     a                                     b
 *   CLASS                   struct class *                        -
 *   STRING, METHOD_HANDLE,
 *   METHOD_TYPE, DYNAMIC    root slot (struct object **)          DYNAMIC of primitive type: 1 (value is boxed)
 *   FIELDREF                struct field *                        byte offset (instance) or address (static)
 *   METHODREF, INTERFACE_   struct method * (declared)            enum call_kind << 32 | vtable / itable index
 *   signature-polymorphic   struct method * (adapter)             root slot of the appendix, or 0; see interpreter/ */
struct cp_slot {
    _Atomic(void *) a;
    _Atomic uint64_t b;
};
#define CP_SLOT_FAILED ((void *)1)

struct constant_pool {
    uint16_t count;       /* constant_pool_count: valid indexes are 1 .. count-1 */
    uint16_t slot_count;
    const uint8_t *tags;  /* [count], enum cp_tag */
    union cp_value *values;
    struct cp_slot *slots;
};

struct field {
    struct class *owner;
    struct symbol *name, *descriptor;
    uint16_t access_flags;
    uint8_t vm_flags;            /* FIELD_* below */
    char type;                   /* first character of the descriptor: B C D F I J S Z L [ */
    uint16_t constant_index;     /* ConstantValue, 0: none */
    uint16_t index;              /* in owner->fields; reflect.Field.slot */
    union {
        uint32_t offset;         /* instance: bytes from the object */
        void *address;           /* static: in the owner's statics blocks, set at link */
    };
    struct symbol *signature;    /* or NULL */
    const uint8_t *annotations, *type_annotations; /* payloads in the class file, their u4 length at p-4; or NULL */
};
enum { FIELD_STABLE = 1, FIELD_INJECTED = 2 /* unknown to Java */, FIELD_TRUSTED_FINAL = 4 };

enum class_state { CLASS_LOADED, CLASS_LINKED, CLASS_INITIALIZING, CLASS_INITIALIZED, CLASS_ERRONEOUS };

/* One implemented interface; methods are parallel to interface->methods that are virtual (itable_index). */
struct itable {
    struct class *interface;
    struct method **methods;
};

/* Attribute payloads (pointers into the class file just behind attribute_length; length is at p-4). */
struct class_attributes {
    const uint8_t *annotations, *type_annotations;
    const uint8_t *inner_classes;        /* u2 count first */
    const uint8_t *enclosing_method;
    const uint8_t *bootstrap_methods;
    const uint8_t *nest_members;
    const uint8_t *record;
    const uint8_t *permitted_subclasses;
    uint16_t nest_host_index;            /* cp index of CONSTANT_Class, 0: none */
    uint16_t outer_class_flags;          /* InnerClasses flags of this class when it is a member, else 0 */
    bool is_inner;                       /* has an InnerClasses entry for itself */
    struct symbol *signature, *source_file;
    const uint8_t *source_debug_extension;
};

#define CLASS_DISPLAY 8
enum { CLASS_MAX_DIMENSIONS = 255 }; /* of arrays: JVMS 4.3.2 */

struct class {
    struct gc_layout layout;             /* first: object word 0 points here */
    struct symbol *name;                 /* "java/lang/String", "[I", "int"; hidden: "pkg/Name+0x.." */
    struct object **mirror;              /* root slot of the java.lang.Class */
    struct class *super;                 /* NULL for Object and primitives; Object for interfaces */
    struct loader *loader;               /* defining loader; the boot loader has a struct too */
    struct module *module;               /* or NULL before java.base is defined */
    uint16_t access_flags;               /* class file's, ACC_SUPER kept; arrays: by the element, final abstract */
    uint16_t depth;                      /* number of superclasses */
    uint32_t vm_flags;                   /* CLASS_* below */
    struct class *display[CLASS_DISPLAY];/* superclasses from Object; display[depth] == self if depth < CLASS_DISPLAY */
    _Atomic uint8_t state;               /* enum class_state */
    char primitive;                      /* descriptor character of a primitive type's class, else 0 */
    uint8_t dimensions;                  /* arrays */
    struct class *element;               /* arrays: component type ("[[I" -> "[I") */
    struct class *innermost;             /* arrays: element type without dimensions */
    _Atomic(struct class *) array;       /* the class whose component this is, once made */

    uint16_t interface_count, field_count, method_count;
    uint16_t major_version, minor_version;
    struct class **interfaces;           /* direct */
    struct class **all_interfaces;       /* transitive, each once, supers' first; for subtype checks */
    uint32_t all_interface_count;
    struct field *fields;                /* [field_count] in class-file order, then injected ones */
    struct method **methods;             /* [method_count] in class-file order */
    uint32_t injected_field_count;       /* at the end of fields, not counted in field_count */
    struct constant_pool cp;

    uint32_t vtable_length, itable_length;
    struct method **vtable;
    struct itable *itables;
    struct class *_Atomic last_interface_hit; /* one-element cache of successful secondary subtype checks */

    struct object **static_refs;         /* root block, or NULL */
    uint32_t static_ref_count;
    void *static_data;                   /* primitives, or NULL */

    struct class *_Atomic nest_host;     /* resolved lazily; NULL: not yet */
    struct class_attributes attributes;
    const uint8_t *bytes;                /* the class file, alive as long as the class (jimage mapping or arena copy) */
    uint32_t length;
    struct symbol *source;               /* where it came from, for -Xlog:class+load ("jrt:/java.base") or NULL */

    struct thread *_Atomic init_thread;  /* the thread running <clinit>, JVMS 5.5 */
    struct object **init_error;          /* root slot: the first failure's, for later NoClassDefFoundErrors */
    struct object **protection_domain, **signers, **class_data; /* root slots or NULL; protection_domain may be NULL */
    struct class *next_in_loader;        /* list of classes of the defining loader, newest first */
    uint32_t fields_end;                 /* first byte behind the last instance field: a subclass's may begin there */
    uint16_t *_Atomic method_table;      /* lookup by name and descriptor, made on demand; private to vm/class.c */
};

enum { /* struct class vm_flags */
    CLASS_HIDDEN = 1 << 0,
    CLASS_HAS_FINALIZER = 1 << 1,        /* overrides Object.finalize with a non-empty body */
    CLASS_HAS_CLINIT = 1 << 2,
    CLASS_CLONEABLE = 1 << 3,            /* implements Cloneable and is not a Reference subclass */
    CLASS_MAGIC_ACCESSOR = 1 << 4,       /* subclass of jdk.internal.reflect.MagicAccessorImpl: no access checks */
    CLASS_HAS_DEFAULTS = 1 << 5,         /* interface with a non-abstract instance method */
    CLASS_IS_RECORD = 1 << 6,
    CLASS_IS_SEALED = 1 << 7,
    CLASS_TRUSTED = 1 << 8,              /* by the boot or platform loader, or hidden so: VM annotations honoured */
    CLASS_CHECK_CODE = 1 << 9,           /* not from lib/modules: linking checks its bytecode */
};

static inline bool class_is_array(const struct class *c) { return c->dimensions != 0; }
static inline bool class_is_primitive(const struct class *c) { return c->primitive != 0; }
/* Neither of these: a class or interface that comes from a class file. */
static inline bool class_is_instance_class(const struct class *c) { return c->dimensions == 0 && c->primitive == 0; }
static inline bool class_is_interface(const struct class *c) { return (c->access_flags & ACC_INTERFACE) != 0; }
static inline bool class_is_abstract(const struct class *c) { return (c->access_flags & ACC_ABSTRACT) != 0; }
static inline bool class_is_hidden(const struct class *c) { return (c->vm_flags & CLASS_HIDDEN) != 0; }
static inline struct object *class_mirror(const struct class *c) { return *c->mirror; }
static inline struct object *class_protection_domain(const struct class *c)
{
    return c->protection_domain != NULL ? *c->protection_domain : NULL;
}
static inline enum class_state class_state(const struct class *c)
{
    return (enum class_state)atomic_load_explicit(&c->state, memory_order_acquire);
}
static inline bool class_is_initialized(const struct class *c) { return class_state(c) == CLASS_INITIALIZED; }

/* The class of an object, and the class that a java.lang.Class mirror stands for. */
static inline struct class *object_class(const struct object *o) { return (struct class *)o->layout; }
struct class *class_from_mirror(const struct object *mirror); /* injected field of Class; mirror != NULL */

bool class_is_subtype_slow(const struct class *sub, const struct class *super);
/* JVMS 6.5 checkcast: is a value of class `sub` assignable to `super`?  Arrays and interfaces included. */
static inline bool class_is_subtype(const struct class *sub, const struct class *super)
{
    if (sub == super)
        return true;
    if (super->depth < CLASS_DISPLAY && !class_is_interface(super) && !class_is_array(super))
        return sub->display[super->depth] == super;
    return class_is_subtype_slow(sub, super);
}
static inline bool object_is_instance(const struct object *o, const struct class *c)
{
    return o != NULL && class_is_subtype(object_class(o), c);
}

/* Members declared in this very class (no superclasses). */
struct field *class_find_declared_field(const struct class *c, const struct symbol *name,
                                        const struct symbol *descriptor);
struct method *class_find_declared_method(const struct class *c, const struct symbol *name,
                                          const struct symbol *descriptor);
/* Through superclasses and superinterfaces, in JVMS 5.4.3.2 / 5.4.3.3 order, without access checks.  NULL: none. */
struct field *class_find_field(struct class *c, const struct symbol *name, const struct symbol *descriptor);
struct method *class_find_method(struct class *c, const struct symbol *name, const struct symbol *descriptor);
struct method *class_find_interface_method(struct class *c, const struct symbol *name, const struct symbol *descriptor);
/* JVMS 5.4.6: the method that runs when `declared` is invoked on an instance of `receiver`.  NULL: none (abstract). */
struct method *class_select_method(struct class *receiver, struct method *declared);

/* "java.lang.String", "[I" -> "[I"; hidden classes with '/'.  Writes at most size bytes, always terminated. */
char *class_external_name(const struct class *c, char *buffer, size_t size);
bool class_same_package(const struct class *a, const struct class *b);
/* The nest host (JVMS 5.4.4), loading it if needed; never NULL (self on failure); no exception left pending. */
struct class *class_nest_host(struct thread *t, struct class *c);

/* Bytes and strings of the constant pool. */
static inline struct symbol *cp_utf8(const struct constant_pool *cp, uint16_t index) { return cp->values[index].utf8; }
static inline struct symbol *cp_class_name(const struct constant_pool *cp, uint16_t index)
{
    return cp->values[cp->values[index].ref.a].utf8;
}
static inline struct cp_slot *cp_slot(const struct constant_pool *cp, uint16_t index)
{
    return &cp->slots[cp->values[index].ref.slot];
}
struct cp_member { struct symbol *class_name, *name, *descriptor; uint16_t class_index; };
struct cp_member cp_member(const struct constant_pool *cp, uint16_t index); /* Fieldref, *Methodref */

static inline uint16_t read_u2(const uint8_t *p) { return (uint16_t)(p[0] << 8 | p[1]); }
static inline uint32_t read_u4(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

#endif
