/* -Xlog: what is selected, outputs, decorations, refusals, and the lines that come out. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "runner.h"
#include "vm/log.h"

static bool configure(const char *specification)
{
    const char *error = NULL;
    bool ok = log_configure(specification, &error);
    ck_assert_msg(ok == (error == NULL), "%s", specification);
    return ok;
}

/* The level of every tag set, in the order of logtags.def, as one letter each: o e w i d t. */
static const char *levels(void)
{
    static char text[LOG_TAG_COUNT + 1];
    for (int i = 0; i < LOG_TAG_COUNT; i++)
        text[i] = "oewidt"[log_levels[i]];
    return text;
}

static int how_many(enum log_level level)
{
    int count = 0;
    for (int i = 0; i < LOG_TAG_COUNT; i++)
        count += log_levels[i] == level;
    return count;
}

START_TEST(nothing_is_on_by_itself)
{
    ck_assert_int_eq(how_many(LOG_OFF), LOG_TAG_COUNT);
    ck_assert(!log_on(LOG_GC, LOG_ERROR));
}
END_TEST

START_TEST(one_tag_set)
{
    ck_assert(configure("class+load"));
    ck_assert_int_eq(log_levels[LOG_CLASS_LOAD], LOG_INFO);
    ck_assert_int_eq(how_many(LOG_OFF), LOG_TAG_COUNT - 1);
    ck_assert(log_on(LOG_CLASS_LOAD, LOG_WARNING) && log_on(LOG_CLASS_LOAD, LOG_INFO));
    ck_assert(!log_on(LOG_CLASS_LOAD, LOG_DEBUG));
    ck_assert(configure("class+load=off"));
    ck_assert_int_eq(how_many(LOG_OFF), LOG_TAG_COUNT);
}
END_TEST

START_TEST(exact_sets_and_wildcards)
{
    ck_assert(configure("gc=debug")); /* that set alone */
    ck_assert_int_eq(log_levels[LOG_GC], LOG_DEBUG);
    ck_assert_int_eq(log_levels[LOG_GC_HEAP], LOG_OFF);
    ck_assert(configure("gc*=trace")); /* and all that contain it */
    ck_assert_int_eq(log_levels[LOG_GC], LOG_TRACE);
    ck_assert_int_eq(log_levels[LOG_GC_HEAP], LOG_TRACE);
    ck_assert_int_eq(log_levels[LOG_GC_START], LOG_TRACE);
    ck_assert_int_eq(log_levels[LOG_CLASS_LOAD], LOG_OFF);
    ck_assert_int_eq(how_many(LOG_TRACE), 4);
}
END_TEST

START_TEST(several_selections)
{
    ck_assert(configure("gc=debug,class+init,safepoint=error"));
    ck_assert_int_eq(log_levels[LOG_GC], LOG_DEBUG);
    ck_assert_int_eq(log_levels[LOG_CLASS_INIT], LOG_INFO);
    ck_assert_int_eq(log_levels[LOG_SAFEPOINT], LOG_ERROR);
    ck_assert_int_eq(how_many(LOG_OFF), LOG_TAG_COUNT - 3);
    char before[LOG_TAG_COUNT + 1];
    snprintf(before, sizeof before, "%s", levels());
    ck_assert(configure("exceptions=warning")); /* adds to what was chosen before */
    ck_assert_int_eq(log_levels[LOG_EXCEPTIONS], LOG_WARNING);
    log_levels[LOG_EXCEPTIONS] = LOG_OFF;
    ck_assert_str_eq(levels(), before);
}
END_TEST

START_TEST(everything)
{
    ck_assert(configure(""));
    ck_assert_int_eq(how_many(LOG_INFO), LOG_TAG_COUNT);
    ck_assert(configure("all=trace"));
    ck_assert_int_eq(how_many(LOG_TRACE), LOG_TAG_COUNT);
    ck_assert(configure("all=warning,gc=trace"));
    ck_assert_int_eq(log_levels[LOG_GC], LOG_TRACE);
    ck_assert_int_eq(how_many(LOG_WARNING), LOG_TAG_COUNT - 1);
    ck_assert(configure("debug")); /* a bare level is for all */
    ck_assert_int_eq(how_many(LOG_DEBUG), LOG_TAG_COUNT);
    ck_assert(configure("disable"));
    ck_assert_int_eq(how_many(LOG_OFF), LOG_TAG_COUNT);
}
END_TEST

START_TEST(hotspot_tags_are_accepted)
{
    ck_assert(configure("jit+compilation=debug,codecache"));
    ck_assert_int_eq(how_many(LOG_OFF), LOG_TAG_COUNT);
}
END_TEST

START_TEST(refusals)
{
    static const struct { const char *specification, *error; } bad[] = {
        {"gc=loud", "Invalid level 'loud' in log selection."},
        {"gc=", "Invalid level '' in log selection."},
        {"GC", "Invalid tag 'GC' in log selection."},
        {"class load", "Invalid tag 'class load' in log selection."},
        {"=info", "Invalid tag '' in log selection."},
        {"gc+nope", "Invalid tag 'nope' in log selection."},
        {"cla*", "Invalid tag 'cla' in log selection."},
        {"gc:stdout:nice", "Invalid decorator in -Xlog option."},
        {"gc::uptime,nice", "Invalid decorator in -Xlog option."},
        {"gc:file=/nonexistent/folder/x", "Initialization of output file in -Xlog option failed."},
    };
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        const char *error = "";
        ck_assert_msg(!log_configure(bad[i].specification, &error), "%s", bad[i].specification);
        ck_assert_str_eq(error, bad[i].error);
        ck_assert_int_eq(how_many(LOG_OFF), LOG_TAG_COUNT);
    }
}
END_TEST

/* ---- lines ---- */

/* Configures with a file as output, writes one line, and returns what is in the file. */
static char *logged(const char *what, const char *rest)
{
    static char text[8192];
    char path[] = "/tmp/cloister-log-XXXXXX", specification[256];
    close(mkstemp(path));
    snprintf(specification, sizeof specification, "%s:file=%s%s", what, path, rest);
    ck_assert(configure(specification));
    LOG(GC_HEAP, INFO, "number %d", 7);
    LOG(GC_HEAP, DEBUG, "too fine");
    LOG(CLASS_LOAD, ERROR, "another tag");
    int fd = open(path, O_RDONLY);
    ssize_t n = read(fd, text, sizeof text - 1);
    text[n < 0 ? 0 : n] = '\0';
    close(fd);
    unlink(path);
    return text;
}

START_TEST(plain_lines)
{
    ck_assert_str_eq(logged("gc+heap", ":none"), "number 7\n");
    ck_assert_str_eq(logged("gc+heap=debug", ":none"), "number 7\ntoo fine\n");
    ck_assert_str_eq(logged("gc+heap=off", ":none"), "");
}
END_TEST

START_TEST(decorated_lines)
{
    double seconds;
    char rest[128], expected[128];
    ck_assert_str_eq(logged("gc+heap", ":level,tags"), "[info   ][gc,heap   ] number 7\n");
    ck_assert_str_eq(logged("gc+heap", ":l,tg"), "[info   ][gc,heap   ] number 7\n");
    ck_assert_str_eq(logged("gc+heap", ":tags,level"), "[info   ][gc,heap   ] number 7\n"); /* in HotSpot's order */
    snprintf(expected, sizeof expected, "[%d] number 7\n", (int)getpid());
    ck_assert_str_eq(logged("gc+heap", ":pid"), expected);
    ck_assert_int_eq(sscanf(logged("gc+heap", ""), "[%lfs]%127[^\n]", &seconds, rest), 2); /* the default ones */
    ck_assert_str_eq(rest, "[info   ][gc,heap   ] number 7");
    ck_assert_double_lt(seconds, 60);
    int year;
    const char *line = logged("gc+heap", ":utctime");
    ck_assert_int_eq(sscanf(line, "[%d-%*d-%*dT%*d:%*d:%*d.%*3d+0000]%127[^\n]", &year, rest), 2);
    ck_assert_str_eq(rest, " number 7");
    ck_assert_int_ge(year, 2024);
}
END_TEST

START_TEST(quoted_file_names_may_have_colons)
{
    char path[] = "/tmp/cloister-log-XXXXXX", specification[128], name[64], text[64];
    close(mkstemp(path));
    snprintf(name, sizeof name, "%s:%d", path, (int)getpid());
    snprintf(specification, sizeof specification, "gc:file=\"%s:%%p\":none", path); /* %p: the process */
    ck_assert(configure(specification));
    LOG(GC, INFO, "here");
    FILE *file = fopen(name, "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_ptr_nonnull(fgets(text, sizeof text, file));
    ck_assert_str_eq(text, "here\n");
    fclose(file);
    unlink(name);
    unlink(path);
}
END_TEST

START_TEST(long_lines_are_cut)
{
    char path[] = "/tmp/cloister-log-XXXXXX", specification[128], *text = calloc(1, 10000);
    close(mkstemp(path));
    snprintf(specification, sizeof specification, "gc:file=%s", path);
    ck_assert(configure(specification));
    char *filler = malloc(9001);
    memset(filler, 'x', 9000);
    filler[9000] = '\0';
    LOG(GC, INFO, "%s", filler);
    int fd = open(path, O_RDONLY);
    ssize_t n = read(fd, text, 9999);
    ck_assert_int_gt(n, 3000);
    ck_assert_int_le(n, 4096);
    ck_assert_int_eq(text[n - 1], '\n');
    ck_assert_int_eq(text[n - 2], 'x');
    close(fd);
    unlink(path);
    free(filler);
    free(text);
}
END_TEST

TEST_MAIN("log", NULL, 20, TEST(nothing_is_on_by_itself), TEST(one_tag_set), TEST(exact_sets_and_wildcards),
          TEST(several_selections), TEST(everything), TEST(hotspot_tags_are_accepted), TEST(refusals),
          TEST(plain_lines), TEST(decorated_lines), TEST(quoted_file_names_may_have_colons), TEST(long_lines_are_cut))
