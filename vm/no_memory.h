/* The end of a process whose C memory is exhausted where no OutOfMemoryError can be thrown. */
#ifndef CLOISTER_VM_NO_MEMORY_H
#define CLOISTER_VM_NO_MEMORY_H

/* One sentence that names `what` on standard error, and exit status 1 as for every VM that cannot be created. */
_Noreturn void no_memory_for(const char *what);

#endif
