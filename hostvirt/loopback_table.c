/* Addresses inside an isolate, and the table of those that are bound. */
#include "hostvirt/loopback.h"

#include <arpa/inet.h>
#include <string.h>

static const uint8_t v4_prefix[12] = {[10] = 0xff, [11] = 0xff};
static const uint8_t zero[16];

bool loop_from_name(const struct sockaddr_storage *name, struct loop_address *out)
{
    *out = (struct loop_address){0};
    if (name->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)name;
        memcpy(out->ip, v4_prefix, sizeof v4_prefix);
        memcpy(out->ip + 12, &in->sin_addr, 4);
        out->port = ntohs(in->sin_port);
        return true;
    }
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)name;
    if (name->ss_family != AF_INET6)
        return false;
    memcpy(out->ip, &in6->sin6_addr, sizeof out->ip);
    out->port = ntohs(in6->sin6_port);
    return true;
}

socklen_t loop_to_name(const struct loop_address *a, int family, struct sockaddr_storage *out)
{
    memset(out, 0, sizeof *out);
    if (family == AF_INET) {
        struct sockaddr_in *in = (struct sockaddr_in *)out;
        in->sin_family = AF_INET;
        in->sin_port = htons(a->port);
        memcpy(&in->sin_addr, a->ip + 12, 4);
        return sizeof *in;
    }
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(a->port);
    memcpy(&in6->sin6_addr, a->ip, sizeof a->ip);
    return sizeof *in6;
}

bool loop_is_v4(const struct loop_address *a)
{
    return memcmp(a->ip, v4_prefix, sizeof v4_prefix) == 0;
}

bool loop_is_any(const struct loop_address *a)
{
    return memcmp(a->ip + 12, zero, 4) == 0 && (loop_is_v4(a) || memcmp(a->ip, zero, 12) == 0);
}

bool loop_is_inside(const struct loop_address *a)
{
    static const uint8_t v6_loopback[16] = {[15] = 1};

    return loop_is_any(a) || (loop_is_v4(a) && a->ip[12] == 127) || memcmp(a->ip, v6_loopback, 16) == 0;
}

bool loop_same(const struct loop_address *a, const struct loop_address *b)
{
    return a->port == b->port && memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

struct loop_address loop_concrete(const struct loop_address *a)
{
    struct loop_address concrete = *a;

    if (!loop_is_any(a))
        return concrete;
    if (loop_is_v4(a))
        concrete.ip[12] = 127;
    concrete.ip[15] = 1;
    return concrete;
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

/* Whether what is sent to b reaches a socket bound to a. */
static bool covers(const struct loop_row *a, const struct loop_address *b)
{
    if (memcmp(a->address.ip, b->ip, sizeof b->ip) == 0)
        return true;
    if (!loop_is_any(&a->address))
        return false;
    return loop_is_v4(&a->address) ? loop_is_v4(b) : !loop_is_v4(b) || (a->flags & LOOP_V6ONLY) == 0;
}

static bool conflicts(const struct loop_row *a, const struct loop_row *b)
{
    if (a->type != b->type || a->address.port != b->address.port ||
        (!covers(a, &b->address) && !covers(b, &a->address)))
        return false;
    uint8_t both = a->flags & b->flags, either = a->flags | b->flags;
    return (both & LOOP_SHARED) == 0 && ((both & LOOP_REUSE) == 0 || (either & LOOP_LISTENING) != 0);
}

struct loop_row *loop_table_conflict(struct loop_table *table, const struct loop_row *wanted, unsigned *from)
{
    while (*from < table->used) {
        struct loop_row *row = &table->rows[(*from)++];
        if (row->serial != 0 && row->serial != wanted->serial && conflicts(row, wanted))
            return row;
    }
    return NULL;
}

struct loop_row *loop_table_find(struct loop_table *table, int type, const struct loop_address *to)
{
    struct loop_row *best = NULL;
    int best_rank = 0;

    /* Each search starts behind the row that the last one found: listeners of one address take turns. */
    for (unsigned i = 0; i < table->used; i++) {
        struct loop_row *row = &table->rows[(table->turn + i) % table->used];
        if (row->serial == 0 || row->type != type || row->address.port != to->port || !covers(row, to) ||
            (type == SOCK_STREAM && (row->flags & LOOP_LISTENING) == 0))
            continue;
        int rank = !loop_is_any(&row->address) ? 3 : loop_is_v4(&row->address) == loop_is_v4(to) ? 2 : 1;
        if (rank > best_rank) {
            best = row;
            best_rank = rank;
        }
    }
    if (best != NULL)
        table->turn = (unsigned)(best - table->rows) + 1;
    return best;
}

struct loop_row *loop_table_serial(struct loop_table *table, uint32_t serial)
{
    for (unsigned i = 0; i < table->used && serial != 0; i++)
        if (table->rows[i].serial == serial)
            return &table->rows[i];
    return NULL;
}

struct loop_row *loop_table_free(struct loop_table *table)
{
    for (unsigned i = 0; i < table->used; i++)
        if (table->rows[i].serial == 0)
            return &table->rows[i];
    return table->used < LOOP_ROWS ? &table->rows[table->used++] : NULL;
}

uint16_t loop_table_port(struct loop_table *table, const struct loop_row *wanted)
{
    struct loop_row row = *wanted;

    row.flags &= (uint8_t)~(LOOP_REUSE | LOOP_SHARED); /* a port that nobody has, however willing to share */
    for (unsigned tries = 0; tries <= LOOP_LAST_PORT - LOOP_FIRST_PORT; tries++) {
        unsigned from = 0;
        if (table->next_port < LOOP_FIRST_PORT || table->next_port > LOOP_LAST_PORT)
            table->next_port = LOOP_FIRST_PORT;
        row.address.port = table->next_port++;
        if (loop_table_conflict(table, &row, &from) == NULL)
            return row.address.port;
    }
    return 0;
}
