/* The JDK's lib/modules, and what the JDK's own tool says is in it. */
#ifndef CLOISTER_TESTS_JDK_FIXTURE_H
#define CLOISTER_TESTS_JDK_FIXTURE_H

#include <check.h>

#include "classloader/jimage.h"

const char *jdk_home(void);
struct jimage *jdk_modules(void);

/* One resource that `jimage list` names, and where we find it. */
struct jdk_resource {
    const char *module, *parent, *base, *extension;
    const uint8_t *bytes;
    size_t length;
};
/* Fails the test when one of them is not found. */
void jdk_each_resource(struct jimage *image, void (*visit)(const struct jdk_resource *r, void *arg), void *arg);

#endif
