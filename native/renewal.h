/* What must differ between clones, written in a clone before any thread of it goes on.
 * cloister.isolate.internal.Renewal knows the places; it finds them before the checkpoint. */
#ifndef CLOISTER_NATIVE_RENEWAL_H
#define CLOISTER_NATIVE_RENEWAL_H

#include <stdbool.h>

struct object;

/* What a place gets: the constants of Renewal. */
enum renewal_kind { RENEW_RANDOM_LONG, RENEW_RANDOM_BYTES, RENEW_ZERO_INT, RENEW_FALSE, RENEW_NULL };

/* Places as arrays of one length: Object[], long[] and byte[].  RENEW_RANDOM_BYTES is for owners that are byte[]s: all
 * of their elements; the others lie at the offset in their owner.  In Java state or at a safepoint.  False: the kernel
 * gave no random bytes, and the clone must not go on with what is everybody's. */
bool renewal_apply(const struct object *owners, const struct object *offsets, const struct object *kinds);

#endif
