/* Text that others have written, for a terminal. */
#ifndef HOSTVIRT_PLAIN_TEXT_H
#define HOSTVIRT_PLAIN_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Replaces by '?' what makes terminals do things: the control characters of ASCII but those in `kept`, and those that
 * UTF-8 writes with two bytes, the first of which may be `before`, the byte in front of the text.  Whether there were
 * some. */
bool plain_text(char *text, size_t length, const char *kept, unsigned char before);

#endif
