/* Lines of stack traces, written from C. */
#ifndef CLOISTER_VM_STACKPRINT_H
#define CLOISTER_VM_STACKPRINT_H

#include "vm/method.h"

/* "\tat java.base/java.lang.String.length(String.java:1)\n" */
void print_method_location(int fd, const struct method *m, int32_t bci);

#endif
