/* Contents of files: their SHA-256 as a text, and copies. */
#ifndef ISOLATE_CONTENT_H
#define ISOLATE_CONTENT_H

#include <stdint.h>

#define DIGEST_BYTES 32 /* SHA-256 */

/* In hexadecimal digits. */
void digest_text(const uint8_t digest[DIGEST_BYTES], char text[2 * DIGEST_BYTES + 1]);
/* The whole file at that path to a descriptor, by the file system itself where it can.  Negative errno. */
int content_copy(const char *from, int to);

#endif
