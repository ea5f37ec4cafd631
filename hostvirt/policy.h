/* What an isolate may do: deny by default.  Filled from the command line, a configuration file or a library call
 * (policy_parse.c, config.c), checked whole before anything starts, and read-only afterwards. */
#ifndef HOSTVIRT_POLICY_H
#define HOSTVIRT_POLICY_H

#include "hostvirt/platform.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum isolation { ISOLATION_VM, ISOLATION_PROCESS, ISOLATION_NONE };

enum mount_kind { MOUNT_READ_ONLY, MOUNT_WRITABLE, MOUNT_SCRATCH /* empty, in memory, gone with the isolate */ };

/* A host file or folder shown to the guest. */
struct mount {
    enum mount_kind kind;
    char *host;  /* absolute host path; NULL for scratch */
    char *guest; /* absolute guest path, normalised, no trailing slash except "/" itself */
    int root;    /* O_PATH descriptor of `host`, opened at start; for scratch a private folder; -1 before */
    bool file;   /* a single file, not a folder */
    bool base;   /* of the system's base, not asked for by the user */
};

struct endpoint {
    char *name;         /* host name or address as given */
    uint16_t port;      /* host byte order; of the host */
    uint16_t guest_port;/* --listen only */
    int type;           /* SOCK_STREAM or SOCK_DGRAM */
    struct sockaddr_storage addresses[8]; /* resolved by the monitor at start */
    unsigned address_count;
};

struct policy {
    enum isolation isolation;
    enum cpu_baseline baseline;
    char *name;              /* of the isolate; NULL: isolate-PID */
    char *hostname;          /* NULL: the name */
    char *title;             /* what listings call the program; NULL: by its file */
    uint64_t memory;         /* bytes that may be committed */
    unsigned cpus;           /* shown to the guest; threads run on at most as many at once */
    uint64_t cpu_time;       /* ns of processor time of the whole family; 0: no limit */
    unsigned cpu_weight;     /* share of busy processors, beside 100 of others; 0: not set (cgroup.h) */
    unsigned cpu_max;        /* percent of one processor's time; 0: no limit */
    char *cgroup;            /* folder of the control group below which the isolate's is made; NULL: the own one */
    uint64_t wall_time;      /* ns; 0: no limit */
    unsigned threads;        /* of the whole family */
    unsigned descriptors;    /* of one process */
    uint64_t disk_written;   /* bytes written below writable mounts; 0: no limit */
    unsigned syscall_rate;   /* per second, of the family; 0: no limit */
    bool fork;               /* new processes allowed */
    bool system_base;        /* the host's /usr and the few files of /etc that programs need, read-only */
    struct mount *mounts;
    size_t mount_count;
    struct endpoint *listens, *connects;
    size_t listen_count, connect_count;
    char **environment;      /* the guest's whole environment, "NAME=value", NULL-terminated */
    char *cache;             /* folder of the workload cache on this machine (cache.h); NULL: none */
    uint64_t cache_size;     /* bytes that it may hold */
    char *directory;         /* the guest's first working directory */
    bool trace_exits, statistics;
    int scratch;             /* descriptor of the memory file system that holds the scratch mounts; -1: none.  Open as
                              * long as the isolate runs: its lock tells others that the folder below is in use */
    int held;                /* a descriptor whose lock tells others that something mounted is in use; -1: none */
    char *scratch_folder;    /* where that could not be mounted: a folder of /dev/shm, removed by policy_free or, after
                              * a kill -9, by the next start; NULL otherwise */
};

void policy_init(struct policy *p);  /* the defaults: cloister.conf(5) lists them */
void policy_free(struct policy *p);
/* The part of it that the end of the process does not do: for those who end with threads that still read the policy. */
void policy_scratch_remove(struct policy *p);
/* The folder of scratch mounts is another process's from now on, which removes it. */
void policy_leave_scratch(struct policy *p);
/* Empty scratch mounts in the place of those that policy_prepare or this made, which stay another process's.  Negative
 * errno with a sentence. */
int policy_fresh_scratch(struct policy *p, char *reason, size_t bytes);

/* Each takes an option's value as the user wrote it and adds it.  0, or -EINVAL with a sentence in `reason` (256 bytes
 * are enough) that says what is wrong and shows the right form. */
int policy_add_mount(struct policy *p, enum mount_kind kind, const char *value, char *reason, size_t bytes);
int policy_add_listen(struct policy *p, const char *value, char *reason, size_t bytes);
/* The first `count` addresses to listen at came from a snapshot: those whose guest port a later one names are
 * dropped. */
void policy_replace_listens(struct policy *p, size_t count);
/* For copy number `index` of several: each host port is that much higher, so that all can listen.  After
 * policy_prepare.  -EINVAL with a sentence when the ports do not reach. */
int policy_shift_listens(struct policy *p, unsigned index, char *reason, size_t bytes);
int policy_set_cache(struct policy *p, const char *value, char *reason, size_t bytes); /* FOLDER[:SIZE] */
int policy_add_connect(struct policy *p, const char *value, char *reason, size_t bytes);
int policy_set_size(uint64_t *to, const char *value, char *reason, size_t bytes);     /* 64M, 2G, 1024K, bytes */
int policy_set_duration(uint64_t *ns, const char *value, char *reason, size_t bytes); /* 250ms, 10s, 5m, 1h */
/* The names of the addresses to connect to, as lines of hosts(5). */
void policy_write_names(const struct policy *p, FILE *to);
/* The guest path by which a host path is reached in the isolate, malloc'ed; NULL: by none. */
char *policy_guest_path(const struct policy *p, const char *host);
/* Makes a program, named by the user as a path of the isolate or of this machine, visible: *guest, malloc'ed, is its
 * path there.  What no mount shows gets one of its own.  Before policy_prepare. */
int policy_show_program(struct policy *p, const char *program, char **guest, char *reason, size_t bytes);
/* Checks what only the whole shows, opens the mounts' roots and resolves the names of endpoints. */
int policy_prepare(struct policy *p, char *reason, size_t bytes);

#endif
