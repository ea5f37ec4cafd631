/* The short way of path.c's walk: one openat2 for the folder of a path's last name, where text alone says which mount
 * it lies in and the host finds no link on the way. */
#include "hostvirt/path_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* Collapses "//" and "." of base + "/" + text.  False when there is a ".." or the text is too long. */
static bool normalise(char to[PATH_MAX], const char *base, const char *text)
{
    size_t n = strcmp(base, "/") == 0 ? 0 : strlen(base);
    memcpy(to, base, n);
    for (const char *s = text; *(s += strspn(s, "/"));) {
        size_t length = strcspn(s, "/");
        if (length > NAME_MAX || n + length + 2 > PATH_MAX || (length == 2 && s[0] == '.' && s[1] == '.'))
            return false;
        if (!(length == 1 && s[0] == '.')) {
            to[n++] = '/';
            memcpy(to + n, s, length);
            n += length;
        }
        s += length;
    }
    if (n == 0)
        to[n++] = '/';
    to[n] = 0;
    return true;
}

/* True when the last name is "." (which stands for the folder itself, not for a name in it). */
static bool ends_in_dot(const char *text)
{
    size_t n = strlen(text);
    while (n > 0 && text[n - 1] == '/')
        n--;
    return n > 0 && text[n - 1] == '.' && (n == 1 || text[n - 2] == '/');
}

/* Opens the folder that holds the last name of base + text at once: then w stands there and w->rest is that name.
 * `folder`, a descriptor of `base` in `m`, is used when it is given.  0; 1: walk name by name; or an error. */
int walk_jump(struct walk *w, const char *base, int folder, const struct mount *m, const char *text)
{
    char whole[PATH_MAX];
    if (ends_in_dot(text) || !normalise(whole, base, text) || path_emulated(w->process, whole) ||
        mount_below(w->policy, whole))
        return 1;
    const struct mount *covering = mount_covering(w->policy, whole);
    if (!covering || covering->file || strcmp(covering->guest, whole) == 0 || strcmp(whole, base) == 0)
        return 1;
    char *slash = strrchr(whole, '/');
    char name[NAME_MAX + 2];
    bool trailing = text[0] && text[strlen(text) - 1] == '/';
    snprintf(name, sizeof name, "%s%s", slash + 1, trailing ? "/" : "");
    slash[slash == whole] = 0;
    const char *relative = mount_relative(covering, whole);
    if (folder >= 0 && covering == m) {
        size_t n = strcmp(base, "/") == 0 ? 0 : strlen(base);
        relative = whole[n] == '/' && whole[n + 1] ? whole + n + 1 : ".";
    } else {
        folder = covering->root;
    }
    int opened = host_open_beneath(folder, relative, O_PATH | O_DIRECTORY);
    if (opened < 0)
        return opened == -ELOOP || opened == -EXDEV || opened == -ENOTDIR ? 1 : opened;
    walk_leave(w);
    w->folder = opened;
    w->mount = covering;
    strcpy(w->at, whole);
    strcpy(w->rest, name);
    return 0;
}

/* A path such as /usr/lib/gcc/x/12/../../../y: below a mount without others below it the host walks ".." as well as
 * the monitor would.  Leaves w at the folder of the last name.  0 or 1 as above. */
int walk_jump_up(struct walk *w, const char *text)
{
    if (text[0] != '/' || !strstr(text, "/../") || strstr(text, "//") || strstr(text, "/./"))
        return 1;
    char head[PATH_MAX];
    size_t plain = (size_t)(strstr(text, "/../") - text);
    const char *last = strrchr(text, '/');
    if (!last[1] || !strcmp(last, "/..") || !strcmp(last, "/.") || plain >= sizeof head)
        return 1;
    memcpy(head, text, plain);
    head[plain] = 0;
    const struct mount *m = mount_covering(w->policy, head);
    if (!m || m->file || strcmp(m->guest, "/") == 0 || mount_below(w->policy, m->guest))
        return 1;
    char result[PATH_MAX];
    size_t root = strlen(m->guest), n = root;
    memcpy(result, m->guest, root);
    for (const char *s = text + root; s < last;) {
        size_t length = strcspn(++s, "/");
        if (length == 2 && s[0] == '.' && s[1] == '.') {
            if (n == root)
                return 1; /* leaves the mount */
            while (result[--n] != '/')
                ;
        } else {
            result[n++] = '/';
            memcpy(result + n, s, length);
            n += length;
        }
        s += length;
    }
    result[n] = 0;
    memcpy(head, text + root + 1, (size_t)(last - text) - root - 1);
    head[(size_t)(last - text) - root - 1] = 0;
    int opened = path_emulated(w->process, result) ? -1 : host_open_beneath(m->root, head, O_PATH | O_DIRECTORY);
    if (opened < 0)
        return 1;
    walk_leave(w);
    w->folder = opened;
    w->mount = m;
    strcpy(w->at, result);
    snprintf(w->rest, sizeof w->rest, "%s", last + 1);
    return 0;
}
