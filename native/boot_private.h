/* Parts of start-up that live in files of their own. */
#ifndef CLOISTER_NATIVE_BOOT_PRIVATE_H
#define CLOISTER_NATIVE_BOOT_PRIVATE_H

#include "vm/vm.h"

bool boot_check_release(const char *java_home);   /* release.c: the JDK below the tree is the one it was made for */
void boot_derive_properties(struct options *o);   /* properties.c: java.home and the other VM properties */
void gclog_init(struct vm *vm);                   /* gclog.c: -Xlog:gc */
void references_init(struct vm *vm);              /* jvm_references.c */
void signals_init(struct vm *vm);                 /* signals.c: handlers of faults; before any thread is attached */
bool signals_start_dispatcher(struct thread *t);  /* signals.c: handlers and the "Signal Dispatcher" thread */
/* signals.c: the java.lang.Thread of a service thread, a daemon in the system group.  NULL: exception pending. */
struct object *signals_new_system_thread(struct thread *t, const char *name);

#endif
