/* Fresh seeds in a clone.  Seeds of generators that make no secrets are drawn from one number of the kernel's, so that
 * it is asked once; the state of those that do comes from the kernel itself. */
#include "native/renewal.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "gc/gc.h"
#include "vm/object.h"

static bool random_bytes(void *to, size_t bytes)
{
    for (size_t done = 0; done < bytes;) {
        ssize_t n = getrandom((char *)to + done, bytes - done, 0);
        if (n < 0 && errno != EINTR)
            return false;
        done += n > 0 ? (size_t)n : 0;
    }
    return true;
}

/* SplitMix64: state and step, which is odd. */
struct source {
    uint64_t state, step;
};

static uint64_t next(struct source *s)
{
    uint64_t z = s->state += s->step;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static bool renew(struct source *s, struct object *owner, size_t offset, enum renewal_kind kind)
{
    char *place = (char *)owner + offset;

    switch (kind) {
    case RENEW_RANDOM_LONG:
        *(uint64_t *)place = next(s);
        break;
    case RENEW_RANDOM_BYTES:
        return random_bytes(array_data(owner), array_length(owner));
    case RENEW_ZERO_INT:
        *(int32_t *)place = 0;
        break;
    case RENEW_FALSE:
        *(int8_t *)place = 0;
        break;
    case RENEW_NULL:
        gc_store_ref(owner, offset, NULL);
        break;
    }
    return true;
}

bool renewal_apply(const struct object *owners, const struct object *offsets, const struct object *kinds)
{
    const int64_t *offset = array_data(offsets);
    const int8_t *kind = array_data(kinds);
    struct source s;

    if (!random_bytes(&s, sizeof s))
        return false;
    s.step |= 1;
    for (uint32_t i = 0; i < array_length(owners); i++)
        if (!renew(&s, gc_load_element(owners, i), (size_t)offset[i], (enum renewal_kind)kind[i]))
            return false;
    return true;
}
