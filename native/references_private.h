/* What jvm_references.c knows about collections, for management. */
#ifndef CLOISTER_NATIVE_REFERENCES_PRIVATE_H
#define CLOISTER_NATIVE_REFERENCES_PRIVATE_H

#include <stdint.h>

int64_t references_last_collection_ns(void); /* CLOCK_MONOTONIC; the VM's start before the first collection */

#endif
