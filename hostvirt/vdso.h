/* The monitor's side of the vDSO (vdso(7)): what guests read of clocks without leaving the VM. */
#ifndef HOSTVIRT_VDSO_H
#define HOSTVIRT_VDSO_H

#include "hostvirt/process.h"

int vdso_map(struct process *p); /* the vDSO and its clock page into the address space; a negative errno */
/* Makes the vDSO's file when there is none: for vdso_map, and for a restore, which maps it where it was. */
int vdso_make(struct monitor *m);
void vdso_update(struct monitor *m);  /* writes the clock page: after a restore, and from time to time */
void vdso_refresh(struct monitor *m); /* the same when it is older than a second; cheap */
uint64_t vdso_monotonic(const struct monitor *m); /* CLOCK_MONOTONIC, ns, as the guest reads it */

#endif
