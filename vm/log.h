/* -Xlog: one table of tags (vm/release/logtags.def), levels off < error < warning < info < debug < trace.
 * log_on is a plain load, so that disabled logging costs nothing.  Lines go out with one write(2), and in an isolate
 * also to its events. */
#ifndef CLOISTER_VM_LOG_H
#define CLOISTER_VM_LOG_H

#include "vm/base.h"

enum log_level { LOG_OFF, LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG, LOG_TRACE };
enum log_tag {
#define LOG_TAG(name, text) LOG_##name,
#include "vm/release/logtags.def"
#undef LOG_TAG
    LOG_TAG_COUNT
};
extern uint8_t log_levels[LOG_TAG_COUNT]; /* written at start-up only */
static inline bool log_on(enum log_tag tag, enum log_level level) { return UNLIKELY(log_levels[tag] >= level); }
void log_line(enum log_tag tag, enum log_level level, const char *fmt, ...) PRINTF(3, 4);
#define LOG(tag, level, ...)                                                                                           \
    do {                                                                                                               \
        if (log_on(LOG_##tag, LOG_##level))                                                                            \
            log_line(LOG_##tag, LOG_##level, __VA_ARGS__);                                                             \
    } while (0)
/* "-Xlog:class+load=info:file=x:time,level" grammar.  false: *error is a sentence (static or malloc'ed, not freed). */
bool log_configure(const char *specification, const char **error);
/* "OpenJDK 64-Bit Server VM warning: ..." in our name, to stdout as HotSpot does. */
void log_warning(const char *fmt, ...) PRINTF(1, 2);

#endif
