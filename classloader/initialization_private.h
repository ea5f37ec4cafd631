/* The lock of class states, shared by linking and initialization. */
#ifndef CLOISTER_CLASSLOADER_INITIALIZATION_PRIVATE_H
#define CLOISTER_CLASSLOADER_INITIALIZATION_PRIVATE_H

#include "classloader/linking.h"

enum linking_claim {
    LINKING_DONE,                        /* the class is linked (the call waits for another thread's attempt) */
    LINKING_CLAIMED,                     /* the caller is to link it, and to release it unless that has happened */
    LINKING_NESTED,                      /* the same, and this thread is verifying it already */
};
enum linking_claim class_claim_linking(struct thread *t, struct class *c);
void class_release_linking(struct thread *t, struct class *c, bool linked, enum linking_claim claim);

/* initialization_error.c */
void throw_erroneous_class(struct thread *t, struct class *c); /* NoClassDefFoundError "Could not initialize class X" */
void record_initialization_error(struct thread *t, struct class *c);    /* the pending exception, for later attempts */
void wrap_initializer_exception(struct thread *t); /* ExceptionInInitializerError unless it is an Error */

#endif
