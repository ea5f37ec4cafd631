/* What the files of resolution share among themselves. */
#ifndef CLOISTER_CLASSLOADER_RESOLUTION_PRIVATE_H
#define CLOISTER_CLASSLOADER_RESOLUTION_PRIVATE_H

#include "classloader/resolution.h"

/* The module-specific explanation of an inaccessible class; false: none (not public, other package). */
bool class_access_message(struct thread *t, struct class *from, struct class *target, char *buffer, size_t size);
void throw_method_access(struct thread *t, struct class *from, const struct method *m);
void throw_field_access(struct thread *t, struct class *from, const struct field *f);

/* Failures (JVMS 5.4.3): a LinkageError is kept in the slot and thrown again; anything else is not. */
bool slot_failed(struct thread *t, struct cp_slot *slot); /* true: the recorded failure is pending again */
void slot_record_failure(struct thread *t, struct cp_slot *slot);
void slot_publish(struct cp_slot *slot, void *a, uint64_t b);

/* Both loaders must agree on the types of a descriptor (JVMS 5.4.3.2, 5.4.3.3).  false: *type is the culprit. */
bool constrain_descriptor(struct thread *t, const struct symbol *descriptor, struct loader *a, struct loader *b,
                          struct symbol **type);
#endif
