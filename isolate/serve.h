/* A pool's calls over HTTP/1.1, through libmicrohttpd, which is loaded when it is needed.
 *
 * POST / calls the program's handler, POST /C.METHOD another one.  The body is the message; with a Content-Type of
 * application/json it is the arguments and the answer is the result.  200: the answer; 500: the handler's exception,
 * with its stack trace; 400: refused; 413: too large; 502: the program ended; 503: too many calls wait, or too many
 * bytes of messages are held; 504: no answer in time.  A call is admitted, or refused, before its body is read.  Where
 * the pool's answers have receipts, Cloister-Receipt is the answer's, as JSON. GET / gives the pool's figures as
 * JSON. */
#ifndef ISOLATE_SERVE_H
#define ISOLATE_SERVE_H

#include "isolate/pool.h"

#include <stdint.h>

struct server;

struct server_options {
    const char *address;     /* HOST:PORT, or unix:PATH */
    unsigned milliseconds;   /* for a call, waiting included */
    unsigned calls;          /* admitted at once, from their headers to their outcome */
    uint64_t held;           /* bytes of messages and answers on their way, of all admitted calls */
};

int server_open(struct server **out, struct pool *pool, const struct server_options *options, char *reason,
                size_t bytes);
/* Where it listens, as a client names it: http://HOST:PORT (port 0 resolved), or unix:PATH.  Valid as long as the
 * server. */
const char *server_address(const struct server *s);
/* Answers no more calls; those being answered are finished. */
void server_close(struct server *s);

#endif
