/* lib/modules and the boot path: what is there is found, what is not is not, and damaged files are refused. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#include "classloader/bootpath.h"
#include "jdk_fixture.h"
#include "runner.h"

START_TEST(finding)
{
    struct jimage *image = jdk_modules();
    const char *why;
    size_t length;
    const uint8_t *bytes = jimage_find(image, "java.base", "java/lang", "Object", "class", &length, &why);
    ck_assert_ptr_nonnull(bytes);
    ck_assert_uint_gt(length, 500);
    ck_assert_mem_eq(bytes, "\xca\xfe\xba\xbe", 4);
    ck_assert_ptr_null(jimage_find(image, "java.base", "java/lang", "Objekt", "class", &length, &why));
    ck_assert_ptr_null(why);
    ck_assert_ptr_null(jimage_find(image, "java.desktop", "java/lang", "Object", "class", &length, &why));
    ck_assert_ptr_null(jimage_find(image, "", "", "", "", &length, &why));
    ck_assert_str_eq(jimage_package_module(image, "java/lang"), "java.base");
    ck_assert_str_eq(jimage_package_module(image, "java/lang/invoke"), "java.base");
    ck_assert_str_eq(jimage_package_module(image, "java/sql"), "java.sql");
    ck_assert_str_eq(jimage_package_module(image, "javax/swing"), "java.desktop");
    ck_assert_ptr_null(jimage_package_module(image, "no/such/package"));
    jimage_close(image);
}
END_TEST

struct counts { size_t resources, classes; };

static void count(const struct jdk_resource *r, void *arg)
{
    struct counts *c = arg;
    c->resources++;
    c->classes += strcmp(r->extension, "class") == 0;
    if (strcmp(r->extension, "class") == 0)
        ck_assert_mem_eq(r->bytes, "\xca\xfe\xba\xbe", 4);
}

/* What the JDK's own tool lists. */
START_TEST(everything_is_found)
{
    struct counts c = {0};
    struct jimage *image = jdk_modules();
    jdk_each_resource(image, count, &c);
    ck_assert_uint_gt(c.classes, 20000);
    printf("%zu resources, %zu classes\n", c.resources, c.classes);
    jimage_close(image);
}
END_TEST

/* A small image by hand: tables of one entry; then each of its bytes is changed. */
START_TEST(damaged)
{
    uint8_t file[256] = { 0 };
    uint32_t header[] = { 0xCAFEDADA, 1 << 16, 0, 1, 1, 16, 32 };
    int32_t redirect = -1;
    const uint8_t location[16] = { 1 << 3, 1, 2 << 3, 3, 3 << 3, 5, 4 << 3, 7, 5 << 3, 0, 7 << 3, 4, 0 };
    const char strings[32] = "\0m\0p\0B\0class";
    memcpy(file, header, 28);
    memcpy(file + 28, &redirect, 4);
    memcpy(file + 36, location, 16);
    memcpy(file + 52, strings, 32);
    memcpy(file + 84, "data", 4);
    char path[] = "/tmp/jimageXXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    for (int at = -1; at < 84; at++) {
        for (int change = 0; change < (at < 0 ? 1 : 3); change++) {
            uint8_t bytes[88];
            memcpy(bytes, file, 88);
            if (at >= 0)
                bytes[at] = change == 0 ? 0xff : change == 1 ? (uint8_t)(bytes[at] + 1) : 0x7f;
            ck_assert_int_eq(pwrite(fd, bytes, 88, 0), 88);
            const char *why = NULL;
            size_t length = 0;
            struct jimage *image = jimage_open(path, &why);
            if (!image) {
                ck_assert_ptr_nonnull(why);
                continue;
            }
            const uint8_t *found = jimage_find(image, "m", "p", "B", "class", &length, &why);
            if (at < 0) {
                ck_assert_ptr_nonnull(found);
                ck_assert_uint_eq(length, 4);
                ck_assert_mem_eq(found, "data", 4);
            }
            jimage_package_module(image, "p");
            jimage_close(image);
        }
    }
    for (off_t size = 0; size < 84; size++) { /* the tables must fit */
        const char *why = NULL;
        ck_assert_int_eq(ftruncate(fd, size), 0);
        ck_assert_ptr_null(jimage_open(path, &why));
        ck_assert_ptr_nonnull(why);
    }
    const char *why = NULL;
    ck_assert_ptr_null(jimage_open("/no/such/file", &why));
    ck_assert_ptr_nonnull(strstr(why, "No such file"));
    close(fd);
    unlink(path);
}
END_TEST

/* ---- Boot path */

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
}

static void write_zip(const char *path, const char *name, const char *text)
{
    int code;
    zip_t *zip = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &code);
    ck_assert_ptr_nonnull(zip);
    zip_source_t *source = zip_source_buffer(zip, text, strlen(text), 0);
    ck_assert_int_ge((int)zip_file_add(zip, name, source, 0), 0);
    ck_assert_int_eq(zip_close(zip), 0);
}

START_TEST(boot_path)
{
    char folder[] = "/tmp/bootpathXXXXXX", path[100], append[200], patch[100], command[100];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    const char *const made[] = { "java", "java/lang", "extra" };
    for (size_t i = 0; i < ARRAY_COUNT(made); i++) {
        snprintf(path, sizeof path, "%s/%s", folder, made[i]);
        ck_assert_int_eq(mkdir(path, 0700), 0);
    }
    snprintf(path, sizeof path, "%s/java/lang/Integer.class", folder);
    write_file(path, "patched");
    snprintf(path, sizeof path, "%s/extra/New.class", folder);
    write_file(path, "added");
    snprintf(path, sizeof path, "%s/more.jar", folder);
    write_zip(path, "jar/Inside.class", "zipped");
    snprintf(append, sizeof append, "/no/such.jar:%s", path);
    snprintf(patch, sizeof patch, "java.base=%s", folder);
    char *patches[] = { patch };
    struct options o = { .java_home = (char *)jdk_home(), .boot_append = append, .patch_modules = patches,
                         .patch_module_count = 1 };
    const char *why = NULL;
    struct bootpath *b = bootpath_open(&o, &why);
    ck_assert_msg(b != NULL, "%s", why);
    struct bootpath_class c;
    ck_assert_int_eq(bootpath_find(b, "java/lang/Object", &c, &why), 1);
    ck_assert(c.mapped && !c.patched_or_appended);
    ck_assert_str_eq(c.module, "java.base");
    ck_assert_str_eq(c.location, "jrt:/java.base");
    ck_assert_int_eq(bootpath_find(b, "java/lang/Integer", &c, &why), 1);
    ck_assert(!c.mapped && c.patched_or_appended);
    ck_assert_str_eq(c.module, "java.base");
    ck_assert_uint_eq(c.length, 7);
    ck_assert_mem_eq(c.bytes, "patched", 7);
    free((void *)c.bytes);
    ck_assert_int_eq(bootpath_find(b, "extra/New", &c, &why), 1);
    ck_assert_mem_eq(c.bytes, "added", 5);
    free((void *)c.bytes);
    ck_assert_int_eq(bootpath_find(b, "jar/Inside", &c, &why), 1);
    ck_assert_str_eq(c.module, "");
    ck_assert_uint_eq(c.length, 6);
    ck_assert_mem_eq(c.bytes, "zipped", 6);
    free((void *)c.bytes);
    ck_assert_int_eq(bootpath_find(b, "jar/Outside", &c, &why), 0);
    ck_assert_int_eq(bootpath_find(b, "Unnamed", &c, &why), 0);
    ck_assert_int_eq(bootpath_find(b, "../etc/passwd", &c, &why), 0);
    ck_assert_int_eq(bootpath_find(b, "/java/lang/Object", &c, &why), 0);
    bootpath_close(b);
    write_file(path, "this is no archive"); /* left out, with a warning */
    b = bootpath_open(&o, &why);
    ck_assert_msg(b != NULL, "%s", why);
    ck_assert_int_eq(bootpath_find(b, "jar/Inside", &c, &why), 0);
    bootpath_close(b);
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

TEST_MAIN("jimage", NULL, 60, TEST(finding), TEST(everything_is_found), TEST(damaged), TEST(boot_path))
