/* What the files of linking share among themselves. */
#ifndef CLOISTER_CLASSLOADER_LINKING_PRIVATE_H
#define CLOISTER_CLASSLOADER_LINKING_PRIVATE_H

#include "classloader/linking.h"

/* itable.c */
/* An instance method that other classes may see: dispatched on the receiver's class. */
static inline bool method_is_dispatched(const struct method *m)
{
    return (m->access_flags & (ACC_PRIVATE | ACC_STATIC)) == 0 && !method_is_initializer(m);
}
void number_interface_methods(struct class *interface);
bool build_itables(struct thread *t, struct class *c);

/* overpass.c: methods that exist only to throw when they are selected. */
struct method *overpass_method(struct class *c, const struct method *like, const char *exception, const char *message);

/* linking.c: LinkageError in HotSpot's words when the loaders disagree about a type of the descriptor. */
bool constrain_override(struct thread *t, struct class *c, const struct method *selected, const struct method *above,
                        bool interface);
#endif
