/* The JAVA_HOME-shaped tree links to an installed JDK.  When that JDK is updated in place, the copied launchers no
 * longer fit its libraries: notice it and say what to do. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "native/boot_private.h"

/* Value of KEY="value" in a release file.  false: no such file or key. */
static bool release_value(const char *path, const char *key, char *value, size_t size)
{
    FILE *f = fopen(path, "re");
    char line[8192];
    bool found = false;
    size_t n = strlen(key);
    if (f == NULL)
        return false;
    while (!found && fgets(line, sizeof line, f) != NULL) {
        if (strncmp(line, key, n) != 0 || line[n] != '=')
            continue;
        char *start = line + n + 1 + (line[n + 1] == '"');
        start[strcspn(start, "\"\n")] = '\0';
        snprintf(value, size, "%s", start);
        found = true;
    }
    fclose(f);
    return found;
}

bool boot_check_release(const char *java_home)
{
    char path[PATH_MAX], real[PATH_MAX], recorded[256], current[256];
    snprintf(path, sizeof path, "%.4000s/lib/modules", java_home);
    if (realpath(path, real) == NULL)
        return true; /* reading it will say more */
    char *end = strstr(real, "/lib/modules");
    if (end == NULL || (*end = '\0', strlen(real) + sizeof "/release" > sizeof path))
        return true;
    snprintf(path, sizeof path, "%.4000s/release", real);
    if (!release_value(path, "JAVA_VERSION", current, sizeof current))
        return true; /* a JDK without a release file is checked by its classes */
    if (strtol(current, NULL, 10) != 17) {
        fprintf(stderr, "Error occurred during initialization of VM\n"
                        "The JDK at %s is version %s; this VM supports OpenJDK 17\n", real, current);
        return false;
    }
    if (!release_value(path, "JAVA_RUNTIME_VERSION", current, sizeof current))
        return true;
    snprintf(path, sizeof path, "%.4000s/release", java_home);
    if (!release_value(path, "CLOISTER_JDK_BUILD", recorded, sizeof recorded) || strcmp(recorded, current) == 0)
        return true;
    fprintf(stderr, "Error occurred during initialization of VM\n"
                    "The JDK at %s is now %s, but %s was made for %s: run `%s/lib/cloister/link-jdk %s %s`\n",
            real, current, java_home, recorded, java_home, real, java_home);
    return false;
}
