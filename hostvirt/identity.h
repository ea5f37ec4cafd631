/* Who and where a guest seems to be: the same figures for system calls, /proc and file owners. */
#ifndef HOSTVIRT_IDENTITY_H
#define HOSTVIRT_IDENTITY_H

#include "hostvirt/process.h"

#define GUEST_ID 1000 /* user and group: an ordinary user, whoever runs the monitor */
#define GUEST_KERNEL "5.15.0-cloister"
#define GUEST_KERNEL_VERSION "#1 SMP Cloister"

/* The host name that the guest sees: the policy's, else the isolate's own name, else one with the clone's number. */
#define GUEST_HOSTNAME_BYTES 65 /* of struct utsname */
const char *guest_hostname(const struct monitor *m, char name[GUEST_HOSTNAME_BYTES]);
/* Bytes of memory that the family may use and uses. */
uint64_t guest_memory_total(const struct monitor *m);
uint64_t guest_memory_used(const struct monitor *m);

#endif
