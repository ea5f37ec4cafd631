/* Visiting every live object, and finding the object around an address. */
#include "gc/backend.h"

/* One walk at a time: the request of the thread that holds the lock, read inside its own collection. */
static struct {
    pthread_mutex_t lock;
    void (*visit)(struct object *o, size_t cell_size, void *arg);
    void *arg;
} request = {.lock = PTHREAD_MUTEX_INITIALIZER};

static __thread bool walking __attribute__((tls_model("initial-exec")));

/* Marked cells are also free ones on threads' lists, those a thread was just filling, and libgc's own records: none of
 * them has an object's header and a class outside the heap.  A recycled primitive cell whose header is still the former
 * object's may name a larger size than it has. */
static bool is_whole_object(const struct object *o, size_t cell_size)
{
    return cell_size >= OBJECT_HEADER_SIZE && gc_cell_is_object(o) && GC_base(o->layout) == NULL &&
           gc_object_size(o) <= cell_size;
}

static void GC_CALLBACK visit_cell(void *cell, size_t size, void *unused)
{
    (void)unused;
    if (is_whole_object(cell, size))
        request.visit(cell, size, request.arg);
}

void gc_walk_marked(void)
{
    if (walking)
        GC_enumerate_reachable_objects_inner(visit_cell, NULL);
}

/* Marks say who is alive only at the end of marking, so a walk is a collection with an audience. */
void gc_walk_heap(void (*visit)(struct object *o, size_t cell_size, void *arg), void *arg)
{
    pthread_mutex_lock(&request.lock);
    request.visit = visit;
    request.arg = arg;
    walking = true;
    gc_collect(GC_CAUSE_DIAGNOSTIC);
    walking = false;
    pthread_mutex_unlock(&request.lock);
}

struct object *gc_object_base(const void *address)
{
    struct object *o = address != NULL ? GC_base((void *)address) : NULL;
    return o != NULL && gc_cell_is_object(o) && GC_base(o->layout) == NULL ? o : NULL;
}
