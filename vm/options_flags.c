/* -XX flags: the honoured ones from options.def, HotSpot's other names accepted and ignored, anything else refused in
 * HotSpot's words. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "vm/log.h"
#include "vm/options_private.h"

enum flag_kind { KIND_BOOL, KIND_NUMBER, KIND_DOUBLE, KIND_TEXT };

static const struct { const char *name; enum flag_kind kind; } hotspot_flags[] = {
#define BOOL KIND_BOOL
#define NUMBER KIND_NUMBER
#define DOUBLE KIND_DOUBLE
#define TEXT KIND_TEXT
#define HOTSPOT_FLAG(name, kind) {#name, kind},
#include "vm/release/hotspot_flags.def"
#undef HOTSPOT_FLAG
#undef BOOL
#undef NUMBER
#undef DOUBLE
#undef TEXT
};

enum honoured_kind { HONOURED_BOOL, HONOURED_SIZE, HONOURED_INT, HONOURED_TEXT };
static const struct honoured {
    const char *name;
    enum honoured_kind kind;
    size_t offset, width;
    int64_t minimum, maximum; /* SIZE: minimum is the unit */
} honoured_flags[] = {
#define MEMBER(member) offsetof(struct options, member), sizeof(((struct options *)0)->member)
#define FLAG_BOOL(name, member) {#name, HONOURED_BOOL, MEMBER(member), 0, 1},
#define FLAG_SIZE(name, member, unit) {#name, HONOURED_SIZE, MEMBER(member), unit, 0},
#define FLAG_INT(name, member, low, high) {#name, HONOURED_INT, MEMBER(member), low, high},
#define FLAG_TEXT(name, member) {#name, HONOURED_TEXT, MEMBER(member), 0, 0},
#include "vm/release/options.def"
#undef FLAG_BOOL
#undef FLAG_SIZE
#undef FLAG_INT
#undef FLAG_TEXT
#undef MEMBER
};

/* Only alive while options are parsed, before any second thread exists. */
static struct ram_percentages percentages = {25.0, 1.5625};

struct ram_percentages *options_percentages(void)
{
    return &percentages;
}

bool options_parse_size(const char *text, uint64_t *bytes)
{
    char *end;
    errno = 0;
    if (*text < '0' || *text > '9')
        return false;
    bool hexadecimal = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    unsigned long long value = strtoull(text, &end, hexadecimal ? 16 : 10); /* a leading 0 does not mean octal */
    int shift = 0;
    switch (*end) {
    case 't': case 'T': shift = 40; break;
    case 'g': case 'G': shift = 30; break;
    case 'm': case 'M': shift = 20; break;
    case 'k': case 'K': shift = 10; break;
    case '\0': break;
    default: return false;
    }
    if (errno != 0 || (*end != '\0' && end[1] != '\0') || (shift > 0 && value >> (64 - shift) != 0))
        return false;
    *bytes = value << shift;
    return true;
}

static bool improper(const struct options *o, const char *flag)
{
    fprintf(stderr, "Improperly specified VM option '%s'\n", flag);
    return false;
}

static bool unrecognized(const struct options *o, const char *flag, size_t name_length)
{
    if (o->ignore_unrecognized_options)
        return true;
    fprintf(stderr, "Unrecognized VM option '%s'\n", flag);
    return false;
}

static void store_number(struct options *o, const struct honoured *h, int64_t value)
{
    void *at = (char *)o + h->offset;
    if (h->width == 4)
        *(int32_t *)at = (int32_t)value;
    else
        *(int64_t *)at = value;
}

static bool set_honoured(struct options *o, const struct honoured *h, const char *flag, int sign, const char *value)
{
    uint64_t size;
    int64_t number;
    switch (h->kind) {
    case HONOURED_BOOL:
        *(bool *)((char *)o + h->offset) = sign == '+';
        return true;
    case HONOURED_SIZE:
        if (!options_parse_size(value, &size)) {
            if (strcmp(h->name, "MaxHeapSize") == 0)
                fprintf(stderr, "Invalid maximum heap size: -XX:%s\n", flag);
            else if (strcmp(h->name, "InitialHeapSize") == 0)
                fprintf(stderr, "Invalid initial heap size: -XX:%s\n", flag);
            else
                return improper(o, flag);
            return false;
        }
        if (size == 0 && strcmp(h->name, "MaxHeapSize") == 0) {
            fprintf(stderr, "Invalid maximum heap size: -XX:%s\n", flag);
            return false;
        }
        if (size == 0 && strstr(h->name, "StackSize") != NULL)
            return true; /* 0: the default */
        if (size > (uint64_t)(INT64_MAX / h->minimum))
            return improper(o, flag);
        store_number(o, h, (int64_t)(size * (uint64_t)h->minimum));
        return true;
    case HONOURED_INT:
        if (!options_parse_size(value + (*value == '-'), &size))
            return improper(o, flag);
        number = *value == '-' ? (int64_t)-size : (int64_t)size;
        if (number < h->minimum || number > h->maximum) {
            fprintf(stderr, "intx %s=%s is outside the allowed range [ %lld ... %lld ]\n", h->name, value,
                    (long long)h->minimum, (long long)h->maximum);
            return improper(o, flag);
        }
        store_number(o, h, number);
        return true;
    case HONOURED_TEXT:
        *(char **)((char *)o + h->offset) = options_copy(value);
        return true;
    }
    return false;
}

static bool set_percentage(const char *name, const char *value, const char *flag)
{
    char *end;
    double d = strtod(value, &end);
    if (end == value || *end != '\0' || isnan(d))
        return improper(NULL, flag);
    if (d < 0 || d > 100) {
        fprintf(stderr, "double %s=%f is outside the allowed range [ 0.000000 ... 100.000000 ]\n", name, d);
        return improper(NULL, flag);
    }
    if (strcmp(name, "MaxRAMPercentage") == 0)
        percentages.maximum = d;
    else if (strcmp(name, "InitialRAMPercentage") == 0)
        percentages.initial = d;
    return true;
}

static bool check_ignored(enum flag_kind kind, const char *flag, const char *value)
{
    uint64_t size;
    char *end;
    const char *digits = *value == '-' ? value + 1 : value;
    if (kind == KIND_NUMBER && !options_parse_size(digits, &size))
        return improper(NULL, flag);
    if (kind == KIND_DOUBLE && (strtod(value, &end), end == value || *end != '\0'))
        return improper(NULL, flag);
    return true;
}

bool options_flag(struct options *o, const char *flag)
{
    int sign = *flag == '+' || *flag == '-' ? *flag : 0;
    const char *name = sign != 0 ? flag + 1 : flag;
    size_t length = strcspn(name, "=:");
    const char *value = name[length] != '\0' ? name + length + 1 : NULL;
    char text[128];
    if (length == 0 || length >= sizeof text)
        return unrecognized(o, name, length);
    memcpy(text, name, length);
    text[length] = '\0';
    if (strcmp(text, "Flags") == 0 || strcmp(text, "VMOptionsFile") == 0) {
        fprintf(stderr, "-XX:%s is not supported; put the options into an @argfile or JAVA_TOOL_OPTIONS\n", text);
        return false;
    }
    size_t i;
    for (i = 0; i < ARRAY_COUNT(hotspot_flags) && strcmp(hotspot_flags[i].name, text) != 0; i++)
        ;
    if (i == ARRAY_COUNT(hotspot_flags))
        return unrecognized(o, name, length);
    enum flag_kind kind = hotspot_flags[i].kind;
    if (kind == KIND_BOOL && sign == 0) {
        fprintf(stderr, "Missing +/- setting for VM option '%s'\n", name);
        return false;
    }
    if (kind == KIND_BOOL && value != NULL)
        return improper(o, name);
    if (kind != KIND_BOOL && sign != 0) {
        fprintf(stderr, "Unexpected +/- setting in VM option '%s'\n", name);
        return false;
    }
    if (kind != KIND_BOOL && value == NULL)
        return kind == KIND_TEXT ? unrecognized(o, name, length) : improper(o, flag);
    if (strstr(text, "RAMPercentage") != NULL)
        return set_percentage(text, value, flag);
    for (i = 0; i < ARRAY_COUNT(honoured_flags); i++)
        if (strcmp(honoured_flags[i].name, text) == 0)
            return set_honoured(o, &honoured_flags[i], flag, sign, value);
    return kind == KIND_BOOL || check_ignored(kind, flag, value);
}

bool options_boolean_flag(const struct options *o, const char *name, bool *value)
{
    for (size_t i = 0; i < ARRAY_COUNT(honoured_flags); i++)
        if (honoured_flags[i].kind == HONOURED_BOOL && strcmp(honoured_flags[i].name, name) == 0) {
            *value = *(const bool *)((const char *)o + honoured_flags[i].offset);
            return true;
        }
    /* Accepted and ignored: what it turns on in HotSpot (compressed references, class unloading) is not here, but for
     * strings of bytes. */
    for (size_t i = 0; i < ARRAY_COUNT(hotspot_flags); i++)
        if (hotspot_flags[i].kind == KIND_BOOL && strcmp(hotspot_flags[i].name, name) == 0) {
            *value = strcmp(name, "CompactStrings") == 0;
            return true;
        }
    return false;
}

void options_print_flags(const struct options *o, FILE *out)
{
    fputs("[Global flags]\n", out);
    for (size_t i = 0; i < ARRAY_COUNT(honoured_flags); i++) {
        const struct honoured *h = &honoured_flags[i];
        const void *at = (const char *)o + h->offset;
        if (h->kind == HONOURED_BOOL)
            fprintf(out, "%9s %-40s = %-40s {product}\n", "bool", h->name, *(const bool *)at ? "true" : "false");
        else if (h->kind == HONOURED_TEXT)
            fprintf(out, "%9s %-40s = %-40s {product}\n", "ccstr", h->name,
                    *(char *const *)at != NULL ? *(char *const *)at : "");
        else
            fprintf(out, "%9s %-40s = %-40lld {product}\n", h->kind == HONOURED_SIZE ? "size_t" : "intx", h->name,
                    (long long)((h->width == 4 ? *(const int32_t *)at : *(const int64_t *)at) /
                                (h->kind == HONOURED_SIZE ? h->minimum : 1)));
    }
}
