/* A file for each that something is known of, named by what would be another one if it had changed. */
#include "isolate/known.h"
#include "isolate/content.h"
#include "isolate/user_folder.h"

#define OPENSSL_SUPPRESS_DEPRECATED
#include <dirent.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FILES_MOST 2000 /* then all are forgotten: what is in use is soon known again */
#define SETTLED 2       /* s: no file system's times are coarser */
enum { NAME_TEXT = 2 * SHA256_DIGEST_LENGTH + 1 };

void known_words(const struct stat *s, uint64_t words[FILE_WORDS])
{
    const uint64_t all[FILE_WORDS] = {s->st_dev, s->st_ino, (uint64_t)s->st_size,
                                      (uint64_t)s->st_mtim.tv_sec, (uint64_t)s->st_mtim.tv_nsec,
                                      (uint64_t)s->st_ctim.tv_sec, (uint64_t)s->st_ctim.tv_nsec};

    memcpy(words, all, sizeof all);
}

bool known_same(const struct stat *a, const struct stat *b)
{
    uint64_t x[FILE_WORDS], y[FILE_WORDS];

    known_words(a, x);
    known_words(b, y);
    return memcmp(x, y, sizeof x) == 0;
}

bool known_settled(const struct stat *s)
{
    time_t now = time(NULL);

    return s->st_ctim.tv_sec + SETTLED < now && s->st_mtim.tv_sec + SETTLED < now;
}

static void name_of(const char *kind, const struct stat *s, char name[NAME_TEXT])
{
    uint64_t words[FILE_WORDS];
    uint8_t digest[SHA256_DIGEST_LENGTH];
    SHA256_CTX context;

    known_words(s, words);
    SHA256_Init(&context);
    SHA256_Update(&context, kind, strlen(kind) + 1);
    SHA256_Update(&context, words, sizeof words);
    SHA256_Final(digest, &context);
    digest_text(digest, name);
}

static int open_folder(void)
{
    char ignored[512], *path;
    int folder = user_folder_open("known", "what is known of files", &path, ignored, sizeof ignored);

    if (folder >= 0)
        free(path);
    return folder;
}

json_t *known_find(const char *kind, const struct stat *s)
{
    char name[NAME_TEXT];
    int folder = S_ISREG(s->st_mode) ? open_folder() : -1;

    if (folder < 0)
        return NULL;
    name_of(kind, s, name);
    json_t *what = user_folder_record(folder, name, NULL);
    close(folder);
    return what;
}

static void make_room(int folder)
{
    int list = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), files = 0;
    DIR *all = list >= 0 ? fdopendir(list) : NULL;

    while (all != NULL && readdir(all) != NULL)
        files++;
    if (all != NULL && files > FILES_MOST) {
        rewinddir(all);
        for (const struct dirent *e = readdir(all); e != NULL; e = readdir(all))
            unlinkat(folder, e->d_name, 0); /* "." and "..": refused */
    }
    if (all != NULL)
        closedir(all);
    else if (list >= 0)
        close(list);
}

void known_keep(const char *kind, const char *path, const struct stat *s, json_t *what)
{
    char name[NAME_TEXT];
    struct stat now;
    bool good = what != NULL && S_ISREG(s->st_mode) && known_settled(s) && stat(path, &now) == 0 && known_same(s, &now);
    int folder = good ? open_folder() : -1;

    if (folder >= 0) {
        make_room(folder);
        name_of(kind, s, name);
        user_folder_write_record(folder, name, what);
        close(folder);
    }
    json_decref(what);
}
