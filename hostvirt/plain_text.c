#include "hostvirt/plain_text.h"

#include <string.h>

enum { DELETE = 0x7f, HIGH_LEAD = 0xc2, HIGH_FIRST = 0x80, HIGH_LAST = 0x9f };

bool plain_text(char *text, size_t length, const char *kept, unsigned char before)
{
    bool found = false;

    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        bool control = c < ' ' ? c == '\0' || strchr(kept, c) == NULL : c == DELETE;
        bool high = before == HIGH_LEAD && c >= HIGH_FIRST && c <= HIGH_LAST;
        control |= high;
        before = c;
        if (control)
            text[i] = '?';
        if (high && i > 0)
            text[i - 1] = '?';
        found |= control;
    }
    return found;
}
