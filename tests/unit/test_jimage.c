/* lib/modules and the boot path: what is there is found, what is not is not, and damaged files are refused. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#include "classloader/bootpath.h"
#include "classloader/jimage.h"

static const char *jdk(void)
{
    const char *path = getenv("JDK");
    return path ? path : "/usr/lib/jvm/java-17-openjdk-amd64";
}

static struct jimage *open_modules(void)
{
    char path[1024];
    const char *why = NULL;
    snprintf(path, sizeof path, "%s/lib/modules", jdk());
    struct jimage *image = jimage_open(path, &why);
    ck_assert_msg(image != NULL, "%s", why);
    return image;
}

START_TEST(finding)
{
    struct jimage *image = open_modules();
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

struct found { struct jimage *image; size_t count, classes; };

static void find_again(const char *module, const char *parent, const char *base, const char *extension,
                       const uint8_t *bytes, size_t length, void *arg)
{
    struct found *f = arg;
    const char *why;
    size_t size;
    ck_assert_ptr_eq(jimage_find(f->image, module, parent, base, extension, &size, &why), bytes);
    ck_assert_uint_eq(size, length);
    f->count++;
    f->classes += strcmp(extension, "class") == 0;
}

START_TEST(everything_is_found_again)
{
    struct found f = { .image = open_modules() };
    jimage_each(f.image, find_again, &f);
    ck_assert_uint_gt(f.classes, 20000);
    printf("%zu resources, %zu classes\n", f.count, f.classes);
    jimage_close(f.image);
}
END_TEST

static void visit_nothing(const char *module, const char *parent, const char *base, const char *extension,
                          const uint8_t *bytes, size_t length, void *arg)
{
    (void)module, (void)parent, (void)base, (void)extension;
    size_t *sum = arg;
    if (length > 0)
        *sum += bytes[0] + bytes[length - 1];
}

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
            size_t length = 0, sum = 0;
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
            jimage_each(image, visit_nothing, &sum);
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
    struct options o = { .java_home = (char *)jdk(), .boot_append = append, .patch_modules = patches,
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
    ck_assert(!bootpath_append(b, "/no/such.jar", &why));
    ck_assert_ptr_nonnull(why);
    ck_assert(bootpath_append(b, folder, &why));
    ck_assert_str_eq(bootpath_package_module(b, "java/util"), "java.base");
    bootpath_close(b);
    write_file(path, "this is no archive");
    ck_assert_ptr_null(bootpath_open(&o, &why));
    ck_assert_ptr_nonnull(why);
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jimage");
    TCase *cases = tcase_create("jimage and boot path");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, finding);
    tcase_add_test(cases, everything_is_found_again);
    tcase_add_test(cases, damaged);
    tcase_add_test(cases, boot_path);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
