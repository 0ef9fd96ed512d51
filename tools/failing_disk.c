/* A disk that fails at times: loaded before a program (LD_PRELOAD), it makes writes into a folder fail.

   FAILING_DISK_FOLDER  the folder; files elsewhere are left alone
   FAILING_DISK_SWITCH  a file; while it is there, it holds an error's number and a percentage,
                        such as "28 50": half of all writes then fail with ENOSPC
*/
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int fails(int descriptor) {
    const char *folder = getenv("FAILING_DISK_FOLDER"), *path = getenv("FAILING_DISK_SWITCH");
    if (!folder || !path || access(path, F_OK) != 0) return 0;
    char link[64], name[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, name, sizeof name - 1);
    if (length <= 0) return 0;
    name[length] = 0;
    if (strncmp(name, folder, strlen(folder)) != 0 || strstr(name, "server.log")) return 0;
    FILE *file = fopen(path, "r");
    int number = 0, percent = 0;
    if (!file) return 0;
    int read = fscanf(file, "%d %d", &number, &percent);
    fclose(file);
    if (read != 2 || rand() % 100 >= percent) return 0;
    errno = number;
    return 1;
}

#define REAL(name) dlsym(RTLD_NEXT, name)

ssize_t write(int fd, const void *bytes, size_t count) {
    static ssize_t (*real)(int, const void *, size_t);
    if (!real) real = REAL("write");
    return fails(fd) ? -1 : real(fd, bytes, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
    static ssize_t (*real)(int, const void *, size_t, off_t);
    if (!real) real = REAL("pwrite");
    return fails(fd) ? -1 : real(fd, bytes, count, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    static ssize_t (*real)(int, const void *, size_t, off64_t);
    if (!real) real = REAL("pwrite64");
    return fails(fd) ? -1 : real(fd, bytes, count, at);
}

int fsync(int fd) {
    static int (*real)(int);
    if (!real) real = REAL("fsync");
    return fails(fd) ? -1 : real(fd);
}

int fdatasync(int fd) {
    static int (*real)(int);
    if (!real) real = REAL("fdatasync");
    return fails(fd) ? -1 : real(fd);
}

int ftruncate64(int fd, off64_t length) {
    static int (*real)(int, off64_t);
    if (!real) real = REAL("ftruncate64");
    return fails(fd) ? -1 : real(fd, length);
}
