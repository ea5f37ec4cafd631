/* The VM's one instance and the ways a process ends. */
#include "vm/vm.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* One per process: OpenJDK's native libraries allow a single VM, and signal handlers have no other way to find it. */
static struct vm *_Atomic the_vm;

void vm_set_instance(struct vm *vm)
{
    atomic_store(&the_vm, vm);
}

struct vm *vm_instance(void)
{
    return atomic_load(&the_vm);
}

void vm_before_exit(struct vm *vm)
{
    if (vm->hooks.before_exit != NULL)
        vm->hooks.before_exit(vm);
    if (vm->hooks.withdraw != NULL)
        vm->hooks.withdraw(vm);
}

_Noreturn void vm_exit(struct vm *vm, int code)
{
    fflush(NULL);
    if (vm != NULL)
        vm_before_exit(vm);
    if (vm != NULL && vm->options.exit_hook != NULL)
        vm->options.exit_hook(code);
    _exit(code);
}

_Noreturn void vm_fatal(const char *fmt, ...)
{
    va_list args;
    fflush(stdout);
    fputs("#\n# A fatal error has been detected by the Cloister Runtime Environment:\n#\n#  Internal Error: ", stderr);
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputs("\n#\n", stderr);
    abort();
}

struct class *vm_primitive_class(struct vm *vm, char type)
{
    static const char order[] = "ZCFDBSIJV";
    const char *found = type != '\0' ? strchr(order, type) : NULL;
    return found != NULL ? vm->primitive_classes[found - order] : NULL;
}
