/* The JDK's lib/modules, and what the JDK's own tool says is in it. */
#include "jdk_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *jdk_home(void)
{
    const char *path = getenv("JDK");
    ck_assert_msg(path != NULL, "set JDK to an OpenJDK 17");
    return path;
}

struct jimage *jdk_modules(void)
{
    char path[1024];
    const char *why = NULL;
    snprintf(path, sizeof path, "%s/lib/modules", jdk_home());
    struct jimage *image = jimage_open(path, &why);
    ck_assert_msg(image != NULL, "%s", why);
    return image;
}

/* Cuts "java/lang/Object.class" into the parts of a location. */
static void split(char *name, struct jdk_resource *r)
{
    char *slash = strrchr(name, '/'), *base = slash != NULL ? slash + 1 : name, *dot = strrchr(base, '.');
    if (slash != NULL)
        *slash = '\0';
    if (dot != NULL)
        *dot = '\0';
    r->parent = slash != NULL ? name : "";
    r->base = base;
    r->extension = dot != NULL ? dot + 1 : "";
}

void jdk_each_resource(struct jimage *image, void (*visit)(const struct jdk_resource *r, void *arg), void *arg)
{
    char command[2100], module[256] = "", line[1024];
    snprintf(command, sizeof command, "%s/bin/jimage list %s/lib/modules", jdk_home(), jdk_home());
    FILE *list = popen(command, "r");
    ck_assert_ptr_nonnull(list);
    while (fgets(line, sizeof line, list) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (sscanf(line, "Module: %255s", module) == 1 || strncmp(line, "    ", 4) != 0)
            continue;
        struct jdk_resource r = {.module = module};
        const char *why;
        split(line + 4, &r);
        r.bytes = jimage_find(image, r.module, r.parent, r.base, r.extension, &r.length, &why);
        ck_assert_msg(r.bytes != NULL, "/%s/%s/%s.%s", r.module, r.parent, r.base, r.extension);
        visit(&r, arg);
    }
    ck_assert_int_eq(pclose(list), 0);
}
