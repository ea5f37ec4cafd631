/* The VM's command line: JAVA_TOOL_OPTIONS, the launcher's arguments and _JAVA_OPTIONS, in that order. */
#include "vm/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vm/log.h"
#include "vm/options_private.h"

/* How an option's name is recognised and what follows it. */
enum match { EXACT, PREFIX };
typedef bool (*option_handler)(struct options *o, const char *option, const char *rest);

static void *must(void *p)
{
    if (p == NULL) {
        fputs("Error occurred during initialization of VM\nOut of memory while parsing options\n", stderr);
        exit(1);
    }
    return p;
}

static char *copy(const char *text)
{
    return must(strdup(text));
}

char *options_copy(const char *text)
{
    return copy(text);
}

void options_add_property(struct options *o, const char *key, const char *value)
{
    if (o->property_count == o->property_capacity) {
        o->property_capacity = o->property_capacity == 0 ? 32 : o->property_capacity * 2;
        o->properties = must(realloc(o->properties, o->property_capacity * sizeof *o->properties));
    }
    o->properties[o->property_count++] = (struct property){copy(key), copy(value)};
}

const char *options_property(const struct options *o, const char *key)
{
    for (size_t i = o->property_count; i-- > 0;)
        if (strcmp(o->properties[i].key, key) == 0)
            return o->properties[i].value;
    return NULL;
}

/* jdk.module.addexports.0, .1, ...: the first free index. */
static void add_numbered_property(struct options *o, const char *prefix, const char *value)
{
    char key[128];
    for (int i = 0;; i++) {
        snprintf(key, sizeof key, "%s.%d", prefix, i);
        if (options_property(o, key) == NULL)
            break;
    }
    options_add_property(o, key, value);
}

/* ---- handlers -------------------------------------------------------------------------------------------- */

static bool refuse(const char *option)
{
    fprintf(stderr, "Unrecognized option: %s\n", option);
    return false;
}

/* Mechanisms that JDK 9 removed: ignoring them would hide that a program's classes are not found. */
static bool supported_property(const char *key, const char *value)
{
    bool endorsed = strcmp(key, "java.endorsed.dirs") == 0;
    bool empty = *value == '\0' || strcmp(value, "\"\"") == 0; /* as some scripts write it */
    if (empty || (!endorsed && strcmp(key, "java.ext.dirs") != 0))
        return true;
    printf(endorsed ? "-D%s=%s is not supported. Endorsed standards and standalone APIs\n"
                      "in modular form will be supported via the concept of upgradeable modules.\n"
                    : "-D%s=%s is not supported.  Use -classpath instead.\n", key, value);
    return false;
}

/* Those that an option of their own sets; the launcher itself passes others, such as jdk.module.validation. */
static bool is_module_property(const char *key)
{
    static const char prefix[] = "jdk.module.";
    static const char *const reserved[] = {"addexports", "addmods", "addopens", "addreads", "limitmods", "patch",
                                           "path", "upgrade.path", "enable.native.access"};
    if (strncmp(key, prefix, sizeof prefix - 1) != 0)
        return false;
    key += sizeof prefix - 1;
    for (size_t i = 0; i < ARRAY_COUNT(reserved); i++) {
        size_t n = strlen(reserved[i]);
        if (strncmp(key, reserved[i], n) == 0 && (key[n] == '\0' || key[n] == '.'))
            return true;
    }
    return false;
}

static bool on_property(struct options *o, const char *option, const char *rest)
{
    char *key = copy(rest);
    char *equals = strchr(key, '=');
    if (equals != NULL)
        *equals = '\0';
    if (!supported_property(key, equals != NULL ? equals + 1 : "")) {
        free(key);
        return false;
    }
    if (is_module_property(key))
        log_warning("Ignoring system property options whose names match the '-Djdk.module.*'. names that are reserved "
                    "for internal use.");
    else
        options_add_property(o, key, equals != NULL ? equals + 1 : "");
    free(key);
    return true;
}

static bool size_option(const char *option, const char *rest, const char *what, size_t *out)
{
    uint64_t bytes;
    if (!options_parse_size(rest, &bytes)) {
        fprintf(stderr, "Invalid %s: %s\n", what, option);
        return false;
    }
    *out = (size_t)bytes;
    return true;
}

static bool on_xmx(struct options *o, const char *option, const char *rest)
{
    if (!size_option(option, rest, "maximum heap size", &o->heap_maximum))
        return false;
    if (o->heap_maximum == 0) /* which would mean "by the machine's memory" */
        fprintf(stderr, "Invalid maximum heap size: %s\n", option);
    return o->heap_maximum != 0;
}

static bool on_xms(struct options *o, const char *option, const char *rest)
{
    return size_option(option, rest, "initial heap size", &o->heap_initial);
}

static bool on_xmn(struct options *o, const char *option, const char *rest)
{
    size_t ignored; /* there is no young generation to size */
    return size_option(option, rest, "initial young generation size", &ignored);
}

static bool on_xss(struct options *o, const char *option, const char *rest)
{
    size_t size;
    if (!size_option(option, rest, "thread stack size", &size))
        return false;
    if (size > (size_t)1 << 30) {
        fprintf(stderr, "Invalid thread stack size: %s\nThe specified size exceeds the maximum representable size.\n",
                option);
        return false;
    }
    if (size != 0) /* 0: the default */
        o->java_stack_size = size;
    return true;
}

static bool on_xx(struct options *o, const char *option, const char *rest)
{
    return options_flag(o, rest);
}

static bool on_log(struct options *o, const char *option, const char *rest)
{
    const char *error = NULL;
    if (*rest == ':')
        rest++;
    else if (*rest != '\0') {
        fprintf(stderr, "Invalid -Xlog option '%s', see error log for details.\n", option);
        return false;
    }
    if (log_configure(rest, &error))
        return true;
    printf("[0.000s][error][logging] %s\n", error);
    fprintf(stderr, "Invalid -Xlog option '%s', see error log for details.\n", option);
    return false;
}

/* What -Xlog:gc:FILE replaced. */
static bool on_loggc(struct options *o, const char *option, const char *rest)
{
    char *log = must(malloc(sizeof ":gc:" + strlen(rest)));
    sprintf(log, ":gc:%s", rest);
    printf("[0.000s][warning][gc] -Xloggc is deprecated. Will use -Xlog%s instead.\n", log);
    fflush(stdout); /* before lines of the log */
    bool ok = on_log(o, option, log);
    free(log);
    return ok;
}

static bool on_verbose(struct options *o, const char *option, const char *rest)
{
    const char *error;
    if (*rest == '\0' || strcmp(rest, ":class") == 0)
        return log_configure("class+load,class+unload", &error);
    if (strcmp(rest, ":module") == 0)
        return log_configure("module=info", &error);
    if (strcmp(rest, ":gc") == 0)
        return log_configure("gc", &error);
    if (strcmp(rest, ":jni") == 0)
        return log_configure("jni+resolve=debug", &error);
    return refuse(option);
}

static void add_assertion(struct options *o, const char *name, bool enable)
{
    struct assertion_option a = {NULL, ASSERT_DEFAULT, enable};
    if (*name != '\0') {
        size_t n = strlen(name);
        a.name = copy(name);
        a.kind = ASSERT_CLASS;
        if (n >= 3 && strcmp(name + n - 3, "...") == 0) {
            a.kind = ASSERT_PACKAGE;
            a.name[n - 3] = '\0';
        }
        for (char *p = a.name; *p != '\0'; p++)
            if (*p == '.')
                *p = '/';
    }
    o->assertions = must(realloc(o->assertions, (o->assertion_count + 1) * sizeof *o->assertions));
    o->assertions[o->assertion_count++] = a;
}

static bool assertion_option(struct options *o, const char *option, const char *rest, bool enable)
{
    if (*rest != '\0' && *rest != ':')
        return refuse(option);
    add_assertion(o, *rest == ':' ? rest + 1 : "", enable);
    return true;
}

static bool on_ea(struct options *o, const char *option, const char *rest)
{
    return assertion_option(o, option, rest, true);
}

static bool on_da(struct options *o, const char *option, const char *rest)
{
    return assertion_option(o, option, rest, false);
}

static bool on_esa(struct options *o, const char *option, const char *rest)
{
    o->system_assertions = true;
    return true;
}

static bool on_dsa(struct options *o, const char *option, const char *rest)
{
    o->system_assertions = false;
    return true;
}

static bool on_boot_append(struct options *o, const char *option, const char *rest)
{
    size_t old = o->boot_append != NULL ? strlen(o->boot_append) : 0;
    char *joined = must(malloc(old + strlen(rest) + 2));
    sprintf(joined, "%s%s%s", old > 0 ? o->boot_append : "", old > 0 ? ":" : "", rest);
    free(o->boot_append);
    o->boot_append = joined;
    return true;
}

static bool on_boot_replace(struct options *o, const char *option, const char *rest)
{
    fprintf(stderr, "-Xbootclasspath is no longer a supported option.\n");
    return false;
}

static bool on_add_modules(struct options *o, const char *option, const char *rest)
{
    add_numbered_property(o, "jdk.module.addmods", rest);
    return true;
}

static bool on_patch_module(struct options *o, const char *option, const char *rest)
{
    if (strchr(rest, '=') == NULL) {
        fprintf(stderr, "Missing '=' in --patch-module specification\n");
        return false;
    }
    add_numbered_property(o, "jdk.module.patch", rest);
    o->patch_modules = must(realloc(o->patch_modules, (o->patch_module_count + 1) * sizeof *o->patch_modules));
    o->patch_modules[o->patch_module_count++] = copy(rest);
    return true;
}

#define MODULE_PROPERTY(handler, key)                                                                                  \
    static bool handler(struct options *o, const char *option, const char *rest)                                       \
    {                                                                                                                  \
        options_add_property(o, key, rest);                                                                            \
        return true;                                                                                                   \
    }
#define MODULE_NUMBERED(handler, key)                                                                                  \
    static bool handler(struct options *o, const char *option, const char *rest)                                       \
    {                                                                                                                  \
        add_numbered_property(o, key, rest);                                                                           \
        return true;                                                                                                   \
    }
MODULE_PROPERTY(on_module_path, "jdk.module.path")
MODULE_PROPERTY(on_upgrade_path, "jdk.module.upgrade.path")
MODULE_PROPERTY(on_limit_modules, "jdk.module.limitmods")
MODULE_NUMBERED(on_add_reads, "jdk.module.addreads")
MODULE_NUMBERED(on_add_exports, "jdk.module.addexports")
MODULE_NUMBERED(on_add_opens, "jdk.module.addopens")
MODULE_NUMBERED(on_native_access, "jdk.module.enable.native.access")

static bool on_illegal_access(struct options *o, const char *option, const char *rest)
{
    log_warning("Ignoring option %s; support was removed in 17.0", option);
    return true;
}

static bool on_agent(struct options *o, const char *option, const char *rest)
{
    fprintf(stderr, "%s: agents are not supported: this VM has no JVM Tool Interface\n", option);
    return false;
}

static bool on_verify(struct options *o, const char *option, const char *rest)
{
    if (strcmp(rest, ":all") == 0 || *rest == '\0')
        o->verify_local = o->verify_remote = true;
    else if (strcmp(rest, ":remote") == 0)
        o->verify_local = false, o->verify_remote = true;
    else if (strcmp(rest, ":none") == 0)
        o->verify_local = o->verify_remote = false;
    else {
        fprintf(stderr, "Unrecognized verification option: %s\n", option);
        return false;
    }
    return true;
}

#define SET(handler, member)                                                                                           \
    static bool handler(struct options *o, const char *option, const char *rest)                                       \
    {                                                                                                                  \
        o->member = true;                                                                                              \
        return true;                                                                                                   \
    }
SET(on_xrs, reduced_signals)
SET(on_preview, enable_preview)

static bool on_ignored(struct options *o, const char *option, const char *rest)
{
    return true;
}

static bool on_removed(struct options *o, const char *option, const char *rest)
{
    log_warning("Ignoring option %s; support was removed in 10.0", option);
    return true;
}

static bool on_share(struct options *o, const char *option, const char *rest)
{
    static const char *const modes[] = {"auto", "on", "off", "dump"}; /* of an archive of classes, which there is not */
    for (size_t i = 0; i < ARRAY_COUNT(modes); i++)
        if (strcmp(rest, modes[i]) == 0)
            return true;
    return refuse(option);
}

static bool on_version_banner(struct options *o, const char *option, const char *rest)
{
    printf("OpenJDK 64-Bit Cloister VM (interpreter), class library OpenJDK 17, linux-amd64\n");
    exit(0);
}

/* Longest names first where one is a prefix of another. */
static const struct { const char *name; enum match match; option_handler handle; } option_table[] = {
    {"-D", PREFIX, on_property},
    {"-Xmx", PREFIX, on_xmx}, {"-Xms", PREFIX, on_xms}, {"-Xmn", PREFIX, on_xmn}, {"-Xss", PREFIX, on_xss},
    {"-XX:", PREFIX, on_xx}, {"-Xloggc:", PREFIX, on_loggc}, {"-Xlog", PREFIX, on_log},
    {"-verbose", PREFIX, on_verbose},
    {"-esa", EXACT, on_esa}, {"-enablesystemassertions", EXACT, on_esa},
    {"-dsa", EXACT, on_dsa}, {"-disablesystemassertions", EXACT, on_dsa},
    {"-enableassertions", PREFIX, on_ea}, {"-ea", PREFIX, on_ea},
    {"-disableassertions", PREFIX, on_da}, {"-da", PREFIX, on_da},
    {"-Xbootclasspath/a:", PREFIX, on_boot_append}, {"-Xbootclasspath", PREFIX, on_boot_replace},
    {"--module-path=", PREFIX, on_module_path}, {"--upgrade-module-path=", PREFIX, on_upgrade_path},
    {"--limit-modules=", PREFIX, on_limit_modules}, {"--add-modules=", PREFIX, on_add_modules},
    {"--add-reads=", PREFIX, on_add_reads}, {"--add-exports=", PREFIX, on_add_exports},
    {"--add-opens=", PREFIX, on_add_opens}, {"--patch-module=", PREFIX, on_patch_module},
    {"--enable-native-access=", PREFIX, on_native_access}, {"--illegal-access=", PREFIX, on_illegal_access},
    {"--enable-preview", EXACT, on_preview},
    {"-javaagent:", PREFIX, on_agent}, {"-agentlib:", PREFIX, on_agent}, {"-agentpath:", PREFIX, on_agent},
    {"-Xrun", PREFIX, on_agent},
    {"-Xverify", PREFIX, on_verify},
    {"-Xint", EXACT, on_ignored}, {"-Xcomp", EXACT, on_ignored}, {"-Xmixed", EXACT, on_ignored},
    {"-Xrs", EXACT, on_xrs}, {"-Xcheck:jni", EXACT, on_ignored}, {"-Xbatch", EXACT, on_ignored},
    {"-Xshare:", PREFIX, on_share}, {"-Xnoclassgc", EXACT, on_ignored}, {"-Xfuture", EXACT, on_ignored},
    {"-Xdebug", EXACT, on_ignored}, {"-Xnoagent", EXACT, on_ignored}, {"-Xprof", EXACT, on_removed},
    {"-Xoss", PREFIX, on_ignored}, {"-Xinternalversion", EXACT, on_version_banner},
    {"-client", EXACT, on_ignored}, {"-server", EXACT, on_ignored},
};

static bool parse_one(struct options *o, const char *option, bool ignore_unrecognized)
{
    for (size_t i = 0; i < ARRAY_COUNT(option_table); i++) {
        size_t n = strlen(option_table[i].name);
        if (strncmp(option, option_table[i].name, n) == 0 && (option_table[i].match == PREFIX || option[n] == '\0'))
            return option_table[i].handle(o, option, option + n);
    }
    if ((ignore_unrecognized || o->ignore_unrecognized_options) && (option[0] == '_' || strncmp(option, "-X", 2) == 0))
        return true;
    return refuse(option);
}

/* ---- sources of options ---------------------------------------------------------------------------------- */

static void remember(struct options *o, const char *option)
{
    o->arguments = must(realloc(o->arguments, (o->argument_count + 1) * sizeof *o->arguments));
    o->arguments[o->argument_count++] = copy(option);
}

/* Splits an environment variable at white space; quotes group. */
static bool parse_environment(struct options *o, const char *variable)
{
    const char *value = getenv(variable);
    if (value == NULL)
        return true;
    fprintf(stderr, "Picked up %s: %s\n", variable, value);
    char *word = must(malloc(strlen(value) + 1));
    bool ok = true;
    char quote = '\0';
    for (const char *p = value; ok && *p != '\0';) {
        size_t n = 0;
        while (isspace((unsigned char)*p))
            p++;
        if (*p == '\0')
            break;
        for (; *p != '\0' && (quote != '\0' || !isspace((unsigned char)*p)); p++) {
            if (quote == '\0' && (*p == '"' || *p == '\''))
                quote = *p;
            else if (*p == quote)
                quote = '\0';
            else
                word[n++] = *p;
        }
        word[n] = '\0';
        if (quote != '\0') {
            fprintf(stderr, "Unmatched quote in %s\n", variable);
            ok = false;
            break;
        }
        remember(o, word);
        ok = parse_one(o, word, false);
    }
    free(word);
    return ok;
}

static bool parse_arguments(struct options *o, const JavaVMInitArgs *args)
{
    for (jint i = 0; i < args->nOptions; i++) {
        const JavaVMOption *option = &args->options[i];
        if (strcmp(option->optionString, "exit") == 0)
            o->exit_hook = (void (*)(jint))option->extraInfo;
        else if (strcmp(option->optionString, "abort") == 0)
            o->abort_hook = (void (*)(void))option->extraInfo;
        else if (strcmp(option->optionString, "vfprintf") == 0)
            o->vfprintf_hook = (jint(*)(FILE *, const char *, va_list))option->extraInfo;
        else {
            bool launcher = strncmp(option->optionString, "-Dsun.java.", 11) == 0 ||
                            strncmp(option->optionString, "-Djava.class.path=", 18) == 0;
            if (!launcher)
                remember(o, option->optionString);
            if (!parse_one(o, option->optionString, args->ignoreUnrecognized))
                return false;
        }
    }
    return true;
}

static void set_defaults(struct options *o)
{
    memset(o, 0, sizeof *o);
    o->java_stack_size = 1 << 20;
    o->c_stack_size = 1 << 20;
    o->soft_ms_per_mb = 1000;
    o->max_stack_trace_depth = 1024;
    o->show_code_details = o->omit_stack_trace = o->use_container_support = o->display_vm_output = true;
    o->verify_remote = true;
#ifdef CLOISTER_TORTURE
    o->torture = true;
#endif
}

static bool check_heap(const struct options *o)
{
    const char *problem = NULL;
    char text[128];
    if (o->heap_maximum < (size_t)2 << 20)
        problem = "Too small maximum heap";
    else if (o->heap_initial > o->heap_maximum)
        problem = "Initial heap size set to a larger value than the maximum heap size";
    else if (o->heap_maximum > (size_t)1 << 46) {
        snprintf(text, sizeof text, "Could not reserve enough space for %zuKB object heap", o->heap_maximum >> 10);
        problem = text;
    }
    if (problem != NULL)
        printf("Error occurred during initialization of VM\n%s\n", problem);
    return problem == NULL;
}

/* However it was said: -Xss or -XX:ThreadStackSize. */
static bool check_stack(const struct options *o)
{
    if (o->java_stack_size >= 136 * 1024 && o->java_stack_size <= (size_t)1 << 30)
        return true;
    if (o->java_stack_size < 136 * 1024)
        printf("\nThe Java thread stack size specified is too small. Specify at least 136k\n");
    else
        fprintf(stderr, "intx ThreadStackSize=%zu is outside the allowed range [ 0 ... 1048576 ]\n",
                o->java_stack_size >> 10);
    return false;
}

/* To standard output and, under -XX:+LogVMOutput, to -XX:LogFile. */
static bool print_flags(const struct options *o)
{
    if (o->display_vm_output)
        options_print_flags(o, options_output(o));
    if (!o->log_vm_output || o->vm_log_file == NULL)
        return true;
    FILE *log = fopen(o->vm_log_file, "we");
    if (log == NULL) {
        fprintf(stderr, "Cannot write -XX:LogFile=%s: %s\n", o->vm_log_file, strerror(errno));
        return false;
    }
    options_print_flags(o, log);
    fclose(log);
    return true;
}

jint options_parse(struct options *o, const JavaVMInitArgs *args)
{
    set_defaults(o);
    /* Must be known before the first unknown flag is met. */
    for (jint i = 0; i < args->nOptions; i++)
        if (strcmp(args->options[i].optionString, "-XX:+IgnoreUnrecognizedVMOptions") == 0)
            o->ignore_unrecognized_options = true;
    if (!parse_environment(o, "JAVA_TOOL_OPTIONS") || !parse_arguments(o, args) ||
        !parse_environment(o, "_JAVA_OPTIONS"))
        return JNI_ERR; /* as HotSpot; the launcher says that the VM could not be created */
    options_ergonomics(o, options_percentages()->maximum, options_percentages()->initial);
    if (!check_heap(o) || !check_stack(o))
        return JNI_ERR;
    if (o->heap_dump_on_oom)
        log_warning("-XX:+HeapDumpOnOutOfMemoryError has no effect: this VM cannot write heap dumps");
    return o->print_flags_final && !print_flags(o) ? JNI_ERR : JNI_OK;
}

bool options_desired_assertion(const struct options *o, const char *class_name, bool system)
{
    bool enabled = system ? o->system_assertions : false;
    size_t length = strlen(class_name), best = 0;
    bool found_package = false;
    for (size_t i = 0; i < o->assertion_count; i++) {
        const struct assertion_option *a = &o->assertions[i];
        if (a->kind == ASSERT_CLASS && strcmp(a->name, class_name) == 0)
            found_package = true, best = SIZE_MAX, enabled = a->enable;
        if (a->kind == ASSERT_DEFAULT && !system && !found_package)
            enabled = a->enable;
        if (a->kind != ASSERT_PACKAGE || best == SIZE_MAX)
            continue;
        size_t n = strlen(a->name);
        bool inside = n == 0 ? strchr(class_name, '/') == NULL
                             : n < length && strncmp(class_name, a->name, n) == 0 && class_name[n] == '/';
        if (inside && (!found_package || n >= best))
            found_package = true, best = n, enabled = a->enable;
    }
    return enabled;
}
