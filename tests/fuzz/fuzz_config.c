/* libFuzzer target: configuration files.  Any text gives a policy or a sentence, and nothing is lost. */
#include "hostvirt/config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct policy p;
    char reason[256] = "", *text = malloc(bytes + 1);

    if (text == NULL || memchr(data, '\0', bytes) != NULL) {
        free(text);
        return -1;
    }
    memcpy(text, data, bytes);
    text[bytes] = '\0';
    policy_init(&p);
    if (config_load_text(&p, "fuzz.conf", text, bytes, reason, sizeof reason) != 0 && reason[0] == '\0')
        abort(); /* a refusal says why */
    policy_free(&p);
    free(text);
    return 0;
}
