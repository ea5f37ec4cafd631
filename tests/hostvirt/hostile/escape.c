/* Ways out of the mounts: escape WRITABLE HOST_FOLDER PORT SOCKET.  Outside, in HOST_FOLDER, lies a file `secret`
 * that begins with "SECRET"; nothing here may read it, write it or make a file beside it.  At PORT of the host's
 * 127.0.0.1 and ::1 somebody waits for connections and datagrams, and at SOCKET, too, and tells `run` when he hears
 * anything. */
#include "hostile.h"

#include <arpa/inet.h>
#include <limits.h>
#include <sched.h>
#include <stdarg.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static int bad;
static char writable[PATH_MAX / 2], outside[PATH_MAX / 2];

static bool read_secret(int fd)
{
    char text[6] = "";
    return fd >= 0 && pread(fd, text, 6, 0) == 6 && memcmp(text, "SECRET", 6) == 0;
}

static void expect_closed(const char *what, int fd)
{
    if (fd < 0)
        return;
    if (read_secret(fd)) {
        printf("%s read the secret\n", what);
        bad++;
    }
    close(fd);
}

static void try_path(const char *format, ...)
{
    char path[2 * PATH_MAX];
    va_list list;
    va_start(list, format);
    vsnprintf(path, sizeof path, format, list);
    va_end(list);
    expect_closed(path, open(path, O_RDONLY));
    expect_closed(path, open(path, O_RDWR));
    expect_closed(path, open(path, O_RDWR | O_CREAT, 0666));
    expect_closed(path, openat(open(writable, O_RDONLY | O_DIRECTORY), path[0] == '/' ? path + 1 : path, O_RDONLY));
}

static void plain_paths(void)
{
    static const char *const names[] = {"/dev/mem", "/dev/kmem", "/dev/kvm", "/dev/sda", "/dev/vda", "/proc/kcore",
                                        "/proc/sysrq-trigger", "/sys/kernel/debug", "/etc/shadow", "/root/.ssh/id_rsa",
                                        "/proc/1/root/etc/shadow", "/proc/self/root/etc/shadow", "/proc/self/mem"};
    char byte;
    try_path("%s/secret", outside);
    try_path("/../../../../../..%s/secret", outside);
    try_path("%s/../../../../../../../..%s/secret", writable, outside);
    try_path("%s/./.././..//../../%s/secret", writable, outside);
    try_path("/proc/self/root%s/secret", outside);
    try_path("/proc/1/root%s/secret", outside);
    try_path("/proc/self/cwd/../../../../..%s/secret", outside);
    try_path("/proc/thread-self/root%s/secret", outside);
    try_path("/usr/../../..%s/secret", outside);
    for (int fd = 0; fd < 300; fd++)
        try_path("/proc/self/fd/%d/../../../../../..%s/secret", fd, outside);
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        int fd = open(names[i], O_RDWR);
        if (fd >= 0 && strcmp(names[i], "/proc/self/mem") != 0 && read(fd, &byte, 1) == 1) {
            printf("%s can be read\n", names[i]);
            bad++;
        }
    }
}

static void links(void)
{
    char link[PATH_MAX], target[PATH_MAX];
    snprintf(link, sizeof link, "%s/link", writable);
    snprintf(target, sizeof target, "%s/secret", outside);
    unlink(link);
    if (symlink(target, link) == 0)
        try_path("%s", link);
    unlink(link);
    if (symlink("../../../../../../../../../../..", link) == 0)
        try_path("%s%s/secret", link, outside);
    unlink(link);
    if (symlink("/proc/self/root", link) == 0)
        try_path("%s%s/secret", link, outside);
    unlink(link);
    if (linkat(AT_FDCWD, target, AT_FDCWD, link, AT_SYMLINK_FOLLOW) == 0 || rename(target, link) == 0) {
        say("a file from outside was linked or moved\n");
        bad++;
    }
    snprintf(target, sizeof target, "%s/made", outside);
    if (mkdir(target, 0777) == 0 && access(target, F_OK) == 0 && rmdir(target) != 0)
        bad++;
    unlink(link);
}

static volatile bool over;
static char swapped[PATH_MAX], folder[PATH_MAX], other[PATH_MAX];

/* `swapped` is by turns a folder and a link to the outside. */
static void *swap(void *argument)
{
    while (!over) {
        renameat2(AT_FDCWD, folder, AT_FDCWD, swapped, RENAME_EXCHANGE);
        rename(swapped, other);
        if (symlink(outside, swapped) != 0)
            sched_yield();
        unlink(swapped);
        rename(other, swapped);
    }
    return argument;
}

static void race(void)
{
    char path[PATH_MAX + 16];
    pthread_t t[2];
    snprintf(swapped, sizeof swapped, "%s/swap", writable);
    snprintf(folder, sizeof folder, "%s/folder", writable);
    snprintf(other, sizeof other, "%s/other", writable);
    mkdir(swapped, 0777);
    mkdir(folder, 0777);
    snprintf(path, sizeof path, "%s/secret", swapped);
    for (int i = 0; i < 2; i++)
        pthread_create(&t[i], NULL, swap, NULL);
    double end = seconds() + 3;
    while (seconds() < end && bad == 0) {
        struct stat st;
        expect_closed("a race", open(path, O_RDONLY));
        if (stat(path, &st) == 0 && st.st_size == 23) { /* the secret's size, which the runner chose */
            say("a race saw the secret's size\n");
            bad++;
        }
        close(open(path, O_RDWR | O_CREAT | O_EXCL, 0666));
        unlink(path);
    }
    over = true;
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
}

static char name[PATH_MAX], link_to[PATH_MAX];

/* `name` is by turns the guest's own socket and a link to somebody's outside, each put there at once. */
static void *swap_sockets(void *argument)
{
    char own[PATH_MAX + 8], way[PATH_MAX + 8];
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int s = socket(AF_UNIX, SOCK_DGRAM, 0);

    snprintf(own, sizeof own, "%s.own", name);
    snprintf(way, sizeof way, "%s.link", name);
    snprintf(at.sun_path, sizeof at.sun_path, "%.100s", name);
    unlink(name);
    unlink(way);
    if (bind(s, (struct sockaddr *)&at, sizeof at) != 0 || symlink(link_to, way) != 0)
        return NULL;
    while (!over)
        renameat2(AT_FDCWD, way, AT_FDCWD, name, RENAME_EXCHANGE);
    close(s);
    return argument;
}

/* Who waits outside knows whether anything came. */
static void race_sockets(const char *outer)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    unsigned sent = 0;
    pthread_t t;

    over = false;
    snprintf(name, sizeof name, "%s/socket", writable);
    snprintf(link_to, sizeof link_to, "%s", outer);
    snprintf(at.sun_path, sizeof at.sun_path, "%.100s", name);
    pthread_create(&t, NULL, swap_sockets, name);
    double end = seconds() + 3;
    while (seconds() < end) {
        int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
        sent += sendto(s, "x", 1, 0, (struct sockaddr *)&at, sizeof at) == 1;
        sent += connect(s, (struct sockaddr *)&at, sizeof at) == 0 && send(s, "y", 1, 0) == 1;
        close(s);
    }
    over = true;
    void *bound;
    pthread_join(t, &bound);
    if (bound == NULL || sent == 0) {
        say("no race for a socket was run\n");
        bad++;
    }
}

/* In whatever order sockets are bound, connected and sent from. */
static void try_host(const char *ip, int port, bool bound)
{
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct sockaddr_storage any = {.ss_family = strchr(ip, ':') != NULL ? AF_INET6 : AF_INET};
    struct sockaddr *to = any.ss_family == AF_INET6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;
    socklen_t bytes = any.ss_family == AF_INET6 ? sizeof v6 : sizeof v4;
    int s = socket(any.ss_family, SOCK_STREAM, 0), u = socket(any.ss_family, SOCK_DGRAM, 0);
    inet_pton(any.ss_family, ip, any.ss_family == AF_INET6 ? (void *)&v6.sin6_addr : (void *)&v4.sin_addr);
    if (bound) {
        bind(s, (struct sockaddr *)&any, bytes);
        bind(u, (struct sockaddr *)&any, bytes);
    }
    if (connect(s, to, bytes) == 0) {
        printf("connected to %s, %d\n", ip, port);
        bad++;
    }
    /* Datagrams may be lost: who waits there knows better. */
    sendto(u, "x", 1, 0, to, bytes);
    connect(u, to, bytes);
    send(u, "y", 1, 0);
    close(s);
    close(u);
}

static void network(int known)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    static const char *const ips[] = {"127.0.0.1", "0.0.0.0", "127.0.0.53", "::1", "::", "::ffff:127.0.0.1"};
    const int ports[] = {22, 53, 80, 111, 443, 631, 3306, 5432, 6379, 8080, known};
    for (unsigned i = 0; i < sizeof ports / sizeof *ports; i++)
        for (unsigned k = 0; k < 2 * sizeof ips / sizeof *ips; k++)
            try_host(ips[k / 2], ports[i], k % 2 != 0);
    for (int family = 0; family < 46; family++) {
        int s = socket(family, SOCK_RAW, 0);
        /* Linux makes a datagram socket of it there; netlink's are all raw, and there is nothing in a namespace's. */
        if (s >= 0 && family != AF_UNIX && family != AF_NETLINK) {
            printf("a raw socket of family %d\n", family);
            bad++;
        }
    }
    snprintf(name.sun_path, sizeof name.sun_path, "%.90s/socket", outside);
    int s = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(s, (struct sockaddr *)&name, sizeof name) == 0) {
        say("connected to a socket outside\n");
        bad++;
    }
    strcpy(name.sun_path, "/run/dbus/system_bus_socket");
    if (connect(s, (struct sockaddr *)&name, sizeof name) == 0)
        bad++;
}

int main(int argc, char **argv)
{
    snprintf(writable, sizeof writable, "%s", argv[1]);
    snprintf(outside, sizeof outside, "%s", argv[2]);
    plain_paths();
    links();
    network(atoi(argv[3]));
    race();
    race_sockets(argv[4]);
    if (bad == 0)
        say("ok\n");
    return bad != 0;
}
