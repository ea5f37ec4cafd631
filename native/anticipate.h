/* What a class does at its first executions, done before a snapshot where nobody can see that it was. */
#ifndef CLOISTER_NATIVE_ANTICIPATE_H
#define CLOISTER_NATIVE_ANTICIPATE_H

#include "vm/vm.h"

/* Of a linked class of the system class loader's: its strings, its uses of classes of the class library that have been
 * initialized anyway, and the code of its main method.  In Java state; leaves no exception. */
void anticipate(struct thread *t, struct class *c);

#endif
