/* The VM's command line: sizes, the -XX grammar, module options as properties, assertion tables, environment. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "runner.h"
#include "vm/options_private.h"

static struct options o;
static char printed[8192]; /* what the last parse wrote to stdout and stderr */

static void setup(void)
{
    unsetenv("JAVA_TOOL_OPTIONS");
    unsetenv("_JAVA_OPTIONS");
}

static jint parse_list(const char *const *list, int count, bool ignore_unrecognized)
{
    JavaVMOption options[16] = {{0}};
    JavaVMInitArgs args = {.version = JNI_VERSION_10, .nOptions = count, .options = options,
                           .ignoreUnrecognized = ignore_unrecognized};
    for (int i = 0; i < count; i++)
        options[i].optionString = (char *)(uintptr_t)list[i];
    FILE *file = tmpfile();
    fflush(stdout);
    int out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO);
    dup2(fileno(file), STDOUT_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    jint result = options_parse(&o, &args);
    fflush(stdout);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    close(out);
    close(err);
    rewind(file);
    printed[fread(printed, 1, sizeof printed - 1, file)] = '\0';
    fclose(file);
    return result;
}
#define PARSE(...)                                                                                                     \
    parse_list((const char *const[]){__VA_ARGS__}, (int)ARRAY_COUNT(((const char *const[]){__VA_ARGS__})), false)

static void check_refused(const char *option, const char *message)
{
    ck_assert_msg(PARSE(option) != JNI_OK, "%s", option);
    ck_assert_msg(strstr(printed, message) != NULL, "%s: %s", option, printed);
}

static const char *property(const char *key)
{
    const char *value = options_property(&o, key);
    return value != NULL ? value : "(none)";
}

/* ---- sizes ---- */

START_TEST(sizes)
{
    static const struct { const char *text; uint64_t bytes; } good[] = {
        {"0", 0}, {"1", 1}, {"123456789", 123456789}, {"64k", 64 << 10}, {"64K", 64 << 10}, {"3m", 3 << 20},
        {"3M", 3 << 20}, {"2g", 2ull << 30}, {"2G", 2ull << 30}, {"1t", 1ull << 40}, {"1T", 1ull << 40},
        {"0x10", 16}, {"0x10k", 16 << 10},
        {"18446744073709551615", UINT64_MAX}, {"16777215t", 16777215ull << 40},
    };
    static const char *const bad[] = {"", "k", "-1", "+1", " 1", "1 ", "1kk", "1b", "1mb", "12x", "1.5g", "16777216t",
                                      "18446744073709551616", "x10"};
    uint64_t bytes;
    for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
        ck_assert_msg(options_parse_size(good[i].text, &bytes), "%s", good[i].text);
        ck_assert_msg(bytes == good[i].bytes, "%s", good[i].text);
    }
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
        ck_assert_msg(!options_parse_size(bad[i], &bytes), "%s", bad[i]);
}
END_TEST

START_TEST(heap_and_stack)
{
    ck_assert_int_eq(PARSE("-Xmx256m", "-Xms32m", "-Xss512k", "-Xmn8m"), JNI_OK);
    ck_assert_uint_eq(o.heap_maximum, 256 << 20);
    ck_assert_uint_eq(o.heap_initial, 32 << 20);
    ck_assert_uint_eq(o.java_stack_size, 512 << 10);
    ck_assert_int_eq(PARSE("-Xmx256m", "-XX:MaxHeapSize=128m"), JNI_OK); /* the later one */
    ck_assert_uint_eq(o.heap_maximum, 128 << 20);
    ck_assert_uint_le(o.heap_initial, o.heap_maximum);
    ck_assert_int_eq(PARSE("-XX:ThreadStackSize=2048"), JNI_OK); /* in KiB */
    ck_assert_uint_eq(o.java_stack_size, 2 << 20);
    ck_assert_int_eq(PARSE("-Xms64m"), JNI_OK);
    ck_assert_uint_ge(o.heap_maximum, 64 << 20);
    check_refused("-Xmxlots", "Invalid maximum heap size: -Xmxlots");
    check_refused("-Xms1.5g", "Invalid initial heap size: -Xms1.5g");
    check_refused("-XX:MaxHeapSize=lots", "Invalid maximum heap size: -XX:MaxHeapSize=lots");
    check_refused("-Xss1k", "stack size specified is too small");
    check_refused("-Xss2g", "Invalid thread stack size: -Xss2g");
    check_refused("-Xmx1m", "Too small maximum heap");
    ck_assert_int_eq(PARSE("-Xmx64m", "-Xms65m"), JNI_ERR);
    ck_assert_ptr_nonnull(strstr(printed, "Initial heap size set to a larger value than the maximum heap size"));
}
END_TEST

START_TEST(heap_by_share_of_memory)
{
    ck_assert_int_eq(PARSE("-XX:MaxRAMPercentage=100"), JNI_OK);
    uint64_t memory = o.heap_maximum;
    ck_assert_uint_gt(memory, 0);
    ck_assert_uint_le(memory, (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE));
    ck_assert_int_eq(PARSE("-XX:MaxRAMPercentage=50", "-XX:InitialRAMPercentage=10"), JNI_OK);
    ck_assert_uint_eq(o.heap_maximum, (size_t)((double)memory * 50 / 100));
    ck_assert_uint_eq(o.heap_initial, (size_t)((double)memory * 10 / 100));
    check_refused("-XX:MaxRAMPercentage=101", "is outside the allowed range");
    check_refused("-XX:MaxRAMPercentage=half", "Improperly specified VM option 'MaxRAMPercentage=half'");
}
END_TEST

/* ---- -XX ---- */

START_TEST(flags)
{
    bool value;
    ck_assert_int_eq(PARSE("-XX:+DisableExplicitGC", "-XX:-ShowCodeDetailsInExceptionMessages",
                           "-XX:ActiveProcessorCount=3", "-XX:MaxJavaStackTraceDepth=7", "-XX:ErrorFile=/x/y=z:1",
                           "-XX:MaxDirectMemorySize=5m", "-XX:MaxMetaspaceSize=48m"), JNI_OK);
    ck_assert(o.disable_explicit_gc);
    ck_assert(!o.show_code_details);
    ck_assert_int_eq(o.active_processors, 3);
    ck_assert_int_eq(options_processor_count(&o), 3);
    ck_assert_uint_eq(o.max_stack_trace_depth, 7);
    ck_assert_str_eq(o.error_file, "/x/y=z:1");
    ck_assert_uint_eq(o.max_direct_memory, 5 << 20);
    ck_assert_uint_eq(o.max_metaspace, 48 << 20);
    ck_assert(options_boolean_flag(&o, "DisableExplicitGC", &value) && value);
    ck_assert(options_boolean_flag(&o, "ShowCodeDetailsInExceptionMessages", &value) && !value);
    ck_assert(!options_boolean_flag(&o, "MaxHeapSize", &value));
    ck_assert(!options_boolean_flag(&o, "NoSuchFlag", &value));
}
END_TEST

/* HotSpot's other flags are accepted in HotSpot's grammar, and do nothing. */
START_TEST(flags_of_hotspot)
{
    ck_assert_int_eq(PARSE("-XX:+UseG1GC", "-XX:-TieredCompilation", "-XX:NewSize=8m", "-XX:MaxHeapFreeRatio=70",
                           "-XX:CompileCommand=quiet"), JNI_OK);
    check_refused("-XX:UseG1GC", "Missing +/- setting for VM option 'UseG1GC'");
    check_refused("-XX:+NewSize", "Unexpected +/- setting in VM option 'NewSize'");
    check_refused("-XX:NewSize", "Improperly specified VM option 'NewSize'");
    check_refused("-XX:NewSize=big", "Improperly specified VM option 'NewSize=big'");
    check_refused("-XX:ActiveProcessorCount=-2", "is outside the allowed range [ -1 ... 65536 ]");
    check_refused("-XX:ActiveProcessorCount=65537", "is outside the allowed range [ -1 ... 65536 ]");
    check_refused("-XX:Flags=x", "is not supported");
}
END_TEST

START_TEST(unknown_flags)
{
    check_refused("-XX:+NoSuchFlag", "Unrecognized VM option 'NoSuchFlag'");
    check_refused("-XX:NoSuchFlag=3", "Unrecognized VM option 'NoSuchFlag=3'");
    check_refused("-XX:", "Unrecognized VM option");
    ck_assert_int_eq(PARSE("-XX:+NoSuchFlag", "-XX:+IgnoreUnrecognizedVMOptions"), JNI_OK); /* in any order */
    ck_assert_int_ne(PARSE("-XX:+NoSuchFlag", "-XX:-IgnoreUnrecognizedVMOptions"), JNI_OK);
    check_refused("-nonsense", "Unrecognized option: -nonsense");
    check_refused("-Xnonsense", "Unrecognized option: -Xnonsense");
    const char *const extended[] = {"-Xnonsense", "_nonsense"}, *const plain[] = {"-nonsense"};
    ck_assert_int_eq(parse_list(extended, 2, true), JNI_OK); /* JNI: ignoreUnrecognized */
    ck_assert_int_ne(parse_list(plain, 1, true), JNI_OK);
}
END_TEST

START_TEST(switches)
{
    ck_assert_int_eq(PARSE("-Xint", "-Xrs", "-Xcheck:jni", "-Xbatch", "--enable-preview", "-Xverify:none", "-Xcomp",
                           "-Xshare:auto", "-server"), JNI_OK);
    ck_assert(o.reduced_signals && o.enable_preview);
    ck_assert(!o.verify_local && !o.verify_remote);
    ck_assert_int_eq(PARSE("-Xverify:all"), JNI_OK);
    ck_assert(o.verify_local && o.verify_remote);
    ck_assert_int_eq(PARSE("-Xbatch"), JNI_OK); /* nothing stays from the parse before */
    ck_assert(!o.verify_local && o.verify_remote);
    check_refused("-Xverify:some", "Unrecognized verification option: -Xverify:some");
    check_refused("-Xintx", "Unrecognized option: -Xintx");
    check_refused("-javaagent:x.jar", "agents are not supported");
    check_refused("-Xbootclasspath:/x", "no longer a supported option");
}
END_TEST

/* ---- properties ---- */

START_TEST(properties)
{
    ck_assert_int_eq(PARSE("-Da=1", "-Db=x=y", "-Dc", "-Dd=", "-Da=2", "-Djdk.module.path=/x", "-Djdk.module.main=m"),
                     JNI_OK);
    ck_assert_str_eq(property("a"), "2");
    ck_assert_str_eq(property("b"), "x=y");
    ck_assert_str_eq(property("c"), "");
    ck_assert_str_eq(property("d"), "");
    ck_assert_str_eq(property("jdk.module.path"), "(none)");
    ck_assert_str_eq(property("jdk.module.main"), "m");
    ck_assert_ptr_nonnull(strstr(printed, "reserved for internal use"));
    for (int i = 0; i < 100; i++) {
        char key[16];
        snprintf(key, sizeof key, "k%d", i);
        options_add_property(&o, key, key + 1);
    }
    ck_assert_str_eq(property("k99"), "99");
    ck_assert_str_eq(property("a"), "2");
}
END_TEST

START_TEST(module_options_are_properties)
{
    ck_assert_int_eq(PARSE("--module-path=/m", "--upgrade-module-path=/u", "--limit-modules=java.base",
                           "--add-modules=a,b", "--add-modules=c", "--add-reads=a=b", "--add-exports=a/p=b",
                           "--add-exports=a/q=ALL-UNNAMED",
                           "--add-opens=a/p=b", "--patch-module=m=/p1:/p2", "--patch-module=n=/p3",
                           "--enable-native-access=a"), JNI_OK);
    ck_assert_str_eq(property("jdk.module.path"), "/m");
    ck_assert_str_eq(property("jdk.module.upgrade.path"), "/u");
    ck_assert_str_eq(property("jdk.module.limitmods"), "java.base");
    ck_assert_str_eq(property("jdk.module.addmods.0"), "a,b");
    ck_assert_str_eq(property("jdk.module.addmods.1"), "c");
    ck_assert_str_eq(property("jdk.module.addmods.2"), "(none)");
    ck_assert_str_eq(property("jdk.module.addreads.0"), "a=b");
    ck_assert_str_eq(property("jdk.module.addexports.0"), "a/p=b");
    ck_assert_str_eq(property("jdk.module.addexports.1"), "a/q=ALL-UNNAMED");
    ck_assert_str_eq(property("jdk.module.addopens.0"), "a/p=b");
    ck_assert_str_eq(property("jdk.module.patch.0"), "m=/p1:/p2");
    ck_assert_str_eq(property("jdk.module.patch.1"), "n=/p3");
    ck_assert_str_eq(property("jdk.module.enable.native.access.0"), "a");
    ck_assert_uint_eq(o.patch_module_count, 2);
    ck_assert_str_eq(o.patch_modules[1], "n=/p3");
    check_refused("--patch-module=m", "Missing '=' in --patch-module specification");
}
END_TEST

START_TEST(boot_path_is_joined)
{
    ck_assert_int_eq(PARSE("-Xbootclasspath/a:/a.jar", "-Xbootclasspath/a:/b.jar:/c"), JNI_OK);
    ck_assert_str_eq(o.boot_append, "/a.jar:/b.jar:/c");
}
END_TEST

/* ---- assertions ---- */

#define ASSERTED(name) options_desired_assertion(&o, name, false)

START_TEST(assertions)
{
    ck_assert_int_eq(PARSE("-Xint"), JNI_OK);
    ck_assert(!ASSERTED("p/C") && !options_desired_assertion(&o, "java/lang/String", true));
    ck_assert_int_eq(PARSE("-ea"), JNI_OK);
    ck_assert(ASSERTED("p/C") && !options_desired_assertion(&o, "java/lang/String", true));
    ck_assert_int_eq(PARSE("-enablesystemassertions"), JNI_OK);
    ck_assert(!ASSERTED("p/C") && options_desired_assertion(&o, "java/lang/String", true));
    ck_assert_int_eq(PARSE("-esa", "-dsa"), JNI_OK);
    ck_assert(!options_desired_assertion(&o, "java/lang/String", true));
    /* The more special one wins, wherever it stands: class, longer package, shorter package, default. */
    ck_assert_int_eq(PARSE("-da:p.q.Off", "-ea:p...", "-da:p.q...", "-enableassertions:p.q.r.On"), JNI_OK);
    ck_assert(ASSERTED("p/C"));
    ck_assert(ASSERTED("p/other/C"));
    ck_assert(!ASSERTED("p/q/C"));
    ck_assert(!ASSERTED("p/q/r/C"));
    ck_assert(ASSERTED("p/q/r/On"));
    ck_assert(!ASSERTED("p/q/Off"));
    ck_assert(!ASSERTED("px/C")); /* no prefix of a name */
    ck_assert(!ASSERTED("x/C"));
    ck_assert_int_eq(PARSE("-da:p.Off", "-ea"), JNI_OK);
    ck_assert(ASSERTED("p/C") && !ASSERTED("p/Off"));
    ck_assert_int_eq(PARSE("-ea", "-da:p..."), JNI_OK);
    ck_assert(ASSERTED("x/C") && !ASSERTED("p/C"));
    ck_assert_int_eq(PARSE("-ea:..."), JNI_OK); /* the unnamed package */
    ck_assert(ASSERTED("C") && !ASSERTED("p/C"));
    ck_assert_int_eq(PARSE("-ea:p.C", "-da:p.C"), JNI_OK); /* of equals the last */
    ck_assert(!ASSERTED("p/C"));
    check_refused("-eax", "Unrecognized option: -eax");
}
END_TEST

/* ---- sources ---- */

START_TEST(environment_is_around_the_arguments)
{
    setenv("JAVA_TOOL_OPTIONS", " -Da=tool -Db=tool  '-Dc=with space' -D\"d=e f\"g ", 1);
    setenv("_JAVA_OPTIONS", "-Da=last", 1);
    ck_assert_int_eq(PARSE("-Da=argument", "-Db=argument"), JNI_OK);
    ck_assert_str_eq(property("a"), "last");
    ck_assert_str_eq(property("b"), "argument");
    ck_assert_str_eq(property("c"), "with space");
    ck_assert_str_eq(property("d"), "e fg");
    ck_assert_ptr_nonnull(strstr(printed, "Picked up JAVA_TOOL_OPTIONS: "));
    ck_assert_ptr_nonnull(strstr(printed, "Picked up _JAVA_OPTIONS: -Da=last"));
    ck_assert_uint_eq(o.argument_count, 7);
    setenv("JAVA_TOOL_OPTIONS", "-XX:+NoSuchFlag", 1);
    ck_assert_int_ne(PARSE("-Xint"), JNI_OK);
}
END_TEST

START_TEST(arguments_are_remembered)
{
    ck_assert_int_eq(PARSE("-Xint", "-Dsun.java.command=x", "-Djava.class.path=y", "-Dz=1"), JNI_OK);
    ck_assert_uint_eq(o.argument_count, 2); /* not those that the launcher makes up */
    ck_assert_str_eq(o.arguments[0], "-Xint");
    ck_assert_str_eq(o.arguments[1], "-Dz=1");
}
END_TEST

static void hook_exit(jint code)
{
}

START_TEST(hooks)
{
    JavaVMOption options[] = {{.optionString = "exit", .extraInfo = (void *)hook_exit}};
    JavaVMInitArgs args = {.version = JNI_VERSION_10, .nOptions = 1, .options = options};
    ck_assert_int_eq(options_parse(&o, &args), JNI_OK);
    ck_assert(o.exit_hook == hook_exit);
    ck_assert(o.abort_hook == NULL);
}
END_TEST

START_TEST(flags_are_printed)
{
    ck_assert_int_eq(PARSE("-XX:+PrintFlagsFinal", "-Xmx256m", "-XX:+DisableExplicitGC", "-XX:ThreadStackSize=2048"),
                     JNI_OK);
    ck_assert_ptr_nonnull(strstr(printed, "[Global flags]"));
    static const struct { const char *name, *value; } lines[] = {
        {" MaxHeapSize ", "268435456"}, {" DisableExplicitGC ", "true"}, {" ThreadStackSize ", "2048"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(lines); i++) {
        const char *line = strstr(printed, lines[i].name);
        ck_assert_msg(line != NULL, "%s", lines[i].name);
        const char *value = strstr(line, "= ") + 2;
        ck_assert_msg(strncmp(value, lines[i].value, strlen(lines[i].value)) == 0, "%s%.20s", lines[i].name, value);
    }
}
END_TEST

TEST_MAIN("options", setup, 20, TEST(sizes), TEST(heap_and_stack), TEST(heap_by_share_of_memory), TEST(flags),
          TEST(flags_of_hotspot), TEST(unknown_flags), TEST(switches), TEST(properties),
          TEST(module_options_are_properties), TEST(boot_path_is_joined), TEST(assertions),
          TEST(environment_is_around_the_arguments), TEST(arguments_are_remembered), TEST(hooks),
          TEST(flags_are_printed))
