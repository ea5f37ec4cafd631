/* java.lang.reflect.Array: arrays made and accessed by reflection, with HotSpot's checks in HotSpot's order. */
#include "native/jvm.h"

#include "classloader/loading.h"
#include "native/handles.h"
#include "native/reflection.h"
#include "vm/exception.h"
#include "vm/object.h"

static const char illegal_argument[] = "java/lang/IllegalArgumentException";

/* ---- making ---------------------------------------------------------------------------------------------- */

/* The class of arrays with component `mirror`, `extra` dimensions deeper; NULL: exception pending. */
static struct class *array_class_for(struct thread *t, struct object *mirror, uint32_t extra)
{
    if (mirror == NULL) {
        exception_throw(t, "java/lang/NullPointerException", NULL);
        return NULL;
    }
    struct class *c = class_from_mirror(mirror);
    if (c->primitive == 'V' || c->dimensions + extra > CLASS_MAX_DIMENSIONS) {
        exception_throw(t, illegal_argument, NULL);
        return NULL;
    }
    for (; c != NULL && extra > 0; extra--)
        c = array_class_of(t, c);
    return c;
}

static bool check_size(struct thread *t, int32_t length)
{
    if (length >= 0)
        return true;
    exception_throw(t, "java/lang/NegativeArraySizeException", "%d", length);
    return false;
}

static struct object *new_array(struct thread *t, struct object *component, int32_t length)
{
    if (component != NULL && !check_size(t, length))
        return NULL;
    struct class *c = array_class_for(t, component, 1);
    return c == NULL ? NULL : array_new(t, c, length);
}

static struct object *new_multi_array(struct thread *t, struct object *component, struct object *dimensions)
{
    if (component == NULL || dimensions == NULL) {
        exception_throw(t, "java/lang/NullPointerException", NULL);
        return NULL;
    }
    uint32_t count = array_length(dimensions);
    if (count == 0 || count > CLASS_MAX_DIMENSIONS) {
        exception_throw(t, illegal_argument, NULL);
        return NULL;
    }
    int32_t lengths[CLASS_MAX_DIMENSIONS];
    memcpy(lengths, array_data(dimensions), count * sizeof *lengths);
    for (uint32_t i = 0; i < count; i++)
        if (!check_size(t, lengths[i]))
            return NULL;
    struct class *c = array_class_for(t, component, count);
    return c == NULL ? NULL : array_new_multi(t, c, count, lengths);
}

/* ---- access ---------------------------------------------------------------------------------------------- */

/* false: exception pending. */
static bool check_array(struct thread *t, struct object *a, bool primitive_only)
{
    if (a == NULL)
        exception_throw(t, "java/lang/NullPointerException", NULL);
    else if (!class_is_array(object_class(a)))
        exception_throw(t, illegal_argument, "Argument is not an array");
    else if (primitive_only && !class_is_primitive(object_class(a)->element))
        exception_throw(t, illegal_argument, "Argument is not an array of primitive type");
    else
        return true;
    return false;
}

static bool check_index(struct thread *t, struct object *a, int32_t index)
{
    if ((uint32_t)index < array_length(a))
        return true;
    exception_throw(t, "java/lang/ArrayIndexOutOfBoundsException", NULL); /* HotSpot says no more here */
    return false;
}

/* Descriptor character of the elements; references give 'L'. */
static char element_type(const struct object *a)
{
    char type = object_class(a)->element->primitive;
    return type != 0 ? type : 'L';
}

static union slot load_element(const struct object *a, char type, uint32_t index)
{
    union slot v = {.j = 0};
    const void *data = array_data(a);
    switch (type) {
    case 'Z': case 'B': v.i = ((const int8_t *)data)[index]; break;
    case 'C': v.i = ((const uint16_t *)data)[index]; break;
    case 'S': v.i = ((const int16_t *)data)[index]; break;
    case 'I': v.i = ((const int32_t *)data)[index]; break;
    case 'J': v.j = ((const int64_t *)data)[index]; break;
    case 'F': v.f = ((const float *)data)[index]; break;
    case 'D': v.d = ((const double *)data)[index]; break;
    default: v.a = gc_load_element(a, index); break;
    }
    return v;
}

static void store_element(struct object *a, char type, uint32_t index, union slot v)
{
    void *data = array_data(a);
    switch (type) {
    case 'Z': ((int8_t *)data)[index] = (int8_t)(v.i & 1); break;
    case 'B': ((int8_t *)data)[index] = (int8_t)v.i; break;
    case 'C': case 'S': ((int16_t *)data)[index] = (int16_t)v.i; break;
    case 'I': ((int32_t *)data)[index] = v.i; break;
    case 'J': ((int64_t *)data)[index] = v.j; break;
    case 'F': ((float *)data)[index] = v.f; break;
    case 'D': ((double *)data)[index] = v.d; break;
    default: gc_store_element(a, index, v.a); break;
    }
}

static struct object *get_element(struct thread *t, struct object *a, int32_t index)
{
    if (!check_array(t, a, false) || !check_index(t, a, index))
        return NULL;
    char type = element_type(a);
    return reflect_box(t, type, load_element(a, type, (uint32_t)index));
}

/* `from` is 'L' for a reference, 0 for an object that is no box.  Bounds come before types, as in HotSpot. */
static void set_element(struct thread *t, struct object *a, int32_t index, char from, union slot value)
{
    if (!check_index(t, a, index))
        return;
    char type = element_type(a);
    if (type == 'L' && value.a != NULL && !class_is_subtype(object_class(value.a), object_class(a)->element))
        exception_throw(t, illegal_argument, "array element type mismatch");
    else if (type != 'L' && !reflect_widen(from, type, &value))
        exception_throw(t, illegal_argument, "argument type mismatch");
    else
        store_element(a, type, (uint32_t)index, value);
}

static void set_boxed_element(struct thread *t, struct object *a, int32_t index, struct object *value)
{
    if (!check_array(t, a, false))
        return;
    union slot v = {.a = value};
    char from = 'L';
    if (element_type(a) != 'L') {
        if (value == NULL) {
            exception_throw(t, illegal_argument, NULL);
            return;
        }
        if (!unbox(value, &from, &v))
            from = 0;
    }
    set_element(t, a, index, from, v);
}

/* ---- JVM's type codes (newarray's operands, JVMS 6.5) ----------------------------------------------------- */

static char type_of_code(uint32_t code)
{
    static const char types[] = {
        [4] = 'Z', [5] = 'C', [6] = 'F', [7] = 'D', [8] = 'B', [9] = 'S', [10] = 'I', [11] = 'J',
    };
    return code < sizeof types ? types[code] : 0;
}

static jvalue to_jvalue(char type, union slot v)
{
    jvalue result = {.j = 0};
    switch (type) {
    case 'Z': result.z = (jboolean)(v.i & 1); break;
    case 'B': result.b = (jbyte)v.i; break;
    case 'C': result.c = (jchar)v.i; break;
    case 'S': result.s = (jshort)v.i; break;
    case 'I': result.i = v.i; break;
    case 'J': result.j = v.j; break;
    case 'F': result.f = v.f; break;
    case 'D': result.d = v.d; break;
    default: break;
    }
    return result;
}

static union slot from_jvalue(char type, jvalue v)
{
    union slot result = {.j = 0};
    switch (type) {
    case 'Z': result.i = v.z; break;
    case 'B': result.i = v.b; break;
    case 'C': result.i = v.c; break;
    case 'S': result.i = v.s; break;
    case 'I': result.i = v.i; break;
    case 'J': result.j = v.j; break;
    case 'F': result.f = v.f; break;
    case 'D': result.d = v.d; break;
    default: break;
    }
    return result;
}

static jvalue get_primitive(struct thread *t, struct object *a, int32_t index, char wanted)
{
    if (check_array(t, a, true) && check_index(t, a, index)) {
        char type = element_type(a);
        union slot v = load_element(a, type, (uint32_t)index);
        if (reflect_widen(type, wanted, &v))
            return to_jvalue(wanted, v);
        exception_throw(t, illegal_argument, "argument type mismatch");
    }
    return (jvalue){.j = 0};
}

/* ---- exported -------------------------------------------------------------------------------------------- */

JNIEXPORT jobject JNICALL JVM_NewArray(JNIEnv *env, jclass elt, jint len)
{
    VM_RETURN(env, handle_local(t, new_array(t, handle_get(elt), len)));
}

JNIEXPORT jobject JNICALL JVM_NewMultiArray(JNIEnv *env, jclass elt, jintArray dims)
{
    VM_RETURN(env, handle_local(t, new_multi_array(t, handle_get(elt), handle_get(dims))));
}

JNIEXPORT jint JNICALL JVM_GetArrayLength(JNIEnv *env, jobject arr)
{
    VM_ENTRY(env);
    struct object *a = handle_get(arr);
    jint result = check_array(t, a, false) ? (jint)array_length(a) : 0;
    VM_LEAVE();
    return result;
}

JNIEXPORT jobject JNICALL JVM_GetArrayElement(JNIEnv *env, jobject arr, jint index)
{
    VM_RETURN(env, handle_local(t, get_element(t, handle_get(arr), index)));
}

JNIEXPORT jvalue JNICALL JVM_GetPrimitiveArrayElement(JNIEnv *env, jobject arr, jint index, jint wCode)
{
    VM_RETURN(env, get_primitive(t, handle_get(arr), index, type_of_code((uint32_t)wCode)));
}

JNIEXPORT void JNICALL JVM_SetArrayElement(JNIEnv *env, jobject arr, jint index, jobject val)
{
    VM_ENTRY(env);
    set_boxed_element(t, handle_get(arr), index, handle_get(val));
    VM_LEAVE();
}

JNIEXPORT void JNICALL JVM_SetPrimitiveArrayElement(JNIEnv *env, jobject arr, jint index, jvalue v, unsigned char vCode)
{
    VM_ENTRY(env);
    struct object *a = handle_get(arr);
    char type = type_of_code(vCode);
    if (check_array(t, a, true))
        set_element(t, a, index, type, from_jvalue(type, v));
    VM_LEAVE();
}
