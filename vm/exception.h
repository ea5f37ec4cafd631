/* Exceptions are pending on the thread (t->exception); the function that raised one returns NULL or false and every
 * caller returns in turn.  No setjmp.  Throwing runs the constructor so that traces are right; when that fails for lack
 * of memory or stack a preallocated error is used. */
#ifndef CLOISTER_VM_EXCEPTION_H
#define CLOISTER_VM_EXCEPTION_H

#include "vm/thread.h"

static inline bool exception_pending(const struct thread *t) { return t->exception != NULL; }
static inline void exception_clear(struct thread *t) { t->exception = NULL; }

/* New exception of the boot class `class_name` ("java/lang/NullPointerException"); message fmt may be NULL.
 * Always leaves an exception pending (perhaps another one). */
void exception_throw(struct thread *t, const char *class_name, const char *fmt, ...) PRINTF(3, 4);
void exception_throw_class(struct thread *t, struct class *c, const char *fmt, ...) PRINTF(3, 4);
void exception_throw_object(struct thread *t, struct object *throwable);
/* As above, with the currently pending exception (cleared) as its cause. */
void exception_throw_with_cause(struct thread *t, const char *class_name, const char *fmt, ...) PRINTF(3, 4);
void exception_throw_out_of_memory(struct thread *t, const char *why); /* "Java heap space", ... */
void exception_throw_stack_overflow(struct thread *t);
bool exceptions_init(struct thread *t); /* preallocated instances; after phase 1 classes are initialized */

/* Throwable.fillInStackTrace: stores the backtrace and depth. */
void exception_fill_stack_trace(struct thread *t, struct object *throwable);
/* StackTraceElement[] filling for JVM_InitStackTraceElementArray. */
void exception_fill_elements(struct thread *t, struct object *elements, struct object *throwable);
void stack_trace_element_fill(struct thread *t, struct object *element, struct method *m, int32_t bci);
/* Helpful NullPointerException text for a throwable's top frame, or NULL. */
struct object *exception_npe_message(struct thread *t, struct object *throwable);
/* Description for method m at bytecode index bci: writes text, false if nothing helpful can be said. */
bool npe_describe(struct method *m, uint32_t bci, char *buffer, size_t size);

/* Print a throwable with its trace and causes from C, without running Java: for early boot and fatal reports. */
void exception_print(struct thread *t, struct object *throwable, int fd);
/* Prints Java frames of a stopped thread in thread-dump form. */
void thread_print_stack(struct thread *t, int fd);

#endif
