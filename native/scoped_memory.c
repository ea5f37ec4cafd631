/* jdk.internal.misc.ScopedMemoryAccess: closing a shared memory scope while other threads may be using it. */
#include "native/direct.h"
#include "native/natives.h"

/* Is a method annotated @Scoped running on this stopped thread with `scope` among its locals?  Locals may hold any
 * value, dead ones too: taking a dead one for a use only makes the caller try again. */
static bool uses_scope(struct thread *other, const struct object *scope)
{
    for (struct frame *f = thread_top_frame(other); f != NULL; f = frame_caller(f)) {
        if (!(f->method->vm_flags & METHOD_SCOPED) || (f->flags & FRAME_NATIVE))
            continue;
        for (uint32_t i = 0; i < frame_local_count(f); i++)
            if (f->locals[i].a == scope)
                return true;
    }
    return false;
}

/* closeScope0(Scope, ScopedAccessError) boolean: false when a thread is inside an access; the scope stays open then.
 * The caller has marked the scope as closing, so that accesses which begin behind the safepoint fail by themselves. */
static void scoped_close(struct thread *t, struct method *m, union slot *args)
{
    const struct object *scope = args[1].a;
    bool used = false;
    safepoint_begin(t, "closing a memory scope");
    for (struct thread *other = t->vm->threads; other != NULL && !used; other = other->next)
        used = other != t && uses_scope(other, scope);
    safepoint_end(t);
    args[0].i = !used;
}

static const struct vm_native scoped_methods[] = {
    {"registerNatives", "()V", NULL, direct_nothing},
    {"closeScope0",
     "(Ljdk/internal/misc/ScopedMemoryAccess$Scope;Ljdk/internal/misc/ScopedMemoryAccess$Scope$ScopedAccessError;)Z",
     NULL, scoped_close},
};

const struct vm_native_class natives_scoped_memory = {
    "jdk/internal/misc/ScopedMemoryAccess", scoped_methods, ARRAY_COUNT(scoped_methods),
};
