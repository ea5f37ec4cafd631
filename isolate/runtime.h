/* The Java VM that isolates run: the JAVA_HOME tree in which this command lies. */
#ifndef ISOLATE_RUNTIME_H
#define ISOLATE_RUNTIME_H

#include "hostvirt/policy.h"

#include <limits.h>

#define RUNTIME_PLACE "/opt/cloister" /* where isolates see the tree */

struct runtime {
    char home[PATH_MAX];
    unsigned java; /* feature release of its class library: 17 */
    char jdk[64];  /* the class library's own name: "17.0.9+9-Debian-1deb12u1" */
    char build[65]; /* of the VM, by content; "": the installation does not say */
};

/* -ENOTSUP with a sentence: the command lies in no such tree. */
int runtime_find(struct runtime *r, char *reason, size_t bytes);
/* What an image needs: a feature release and a version of the VM ("0.1") at least.  -ENOTSUP with a sentence. */
int runtime_suffices(const struct runtime *r, unsigned java, const char *vm, char *reason, size_t bytes);
/* Shows the isolate the tree, the JDK that its links lead to and, without the system's base, the libraries that both
 * need.  *place, malloc'ed, is the tree's path there.  With --isolation=none nothing is mounted.  Before
 * policy_prepare. */
int runtime_mount(const struct runtime *r, struct policy *p, char **place, char *reason, size_t bytes);

#endif
