/* The lock of class states, shared by linking and initialization. */
#ifndef CLOISTER_CLASSLOADER_INITIALIZATION_PRIVATE_H
#define CLOISTER_CLASSLOADER_INITIALIZATION_PRIVATE_H

#include "classloader/linking.h"

/* True: the caller is to link c and must release it.  False: it is linked (waits for another thread's attempt). */
bool class_claim_linking(struct thread *t, struct class *c);
void class_release_linking(struct class *c, bool linked);

/* initialization_error.c */
void throw_erroneous_class(struct thread *t, struct class *c); /* NoClassDefFoundError "Could not initialize class X" */
void record_initialization_error(struct thread *t, struct class *c);    /* the pending exception, for later attempts */
void wrap_initializer_exception(struct thread *t); /* ExceptionInInitializerError unless it is an Error */

#endif
