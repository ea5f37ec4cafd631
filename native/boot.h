/* Creation of the virtual machine: everything between JNI_CreateJavaVM's arguments and a thread that can run Java. */
#ifndef CLOISTER_NATIVE_BOOT_H
#define CLOISTER_NATIVE_BOOT_H

#include "vm/vm.h"

/* JNI_OK with *vm and the attached main thread *t (in THREAD_NATIVE); else a JNI error code after a message. */
jint boot_create_vm(const JavaVMInitArgs *args, struct vm **vm, struct thread **t);

#endif
