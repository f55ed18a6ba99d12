/* Makes the C library fail on demand: loaded before it (LD_PRELOAD) into the process under test.
 *
 * While the file $FAULT_FOLDER/full is there, writes to database files fail with ENOSPC; with `fsync`,
 * fsync and fdatasync fail with EIO; with `net`, connections of the Internet families fail or break off.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

static int on(const char *fault) {
    const char *folder = getenv("FAULT_FOLDER");
    char path[4096];
    if (!folder) return 0;
    snprintf(path, sizeof path, "%s/%s", folder, fault);
    int before = errno, found = access(path, F_OK) == 0;
    errno = before;
    return found;
}

static int is_database(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return strstr(path, ".db") != NULL;
}

static int is_internet(int fd) {
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &length)) return 0;
    return address.ss_family == AF_INET || address.ss_family == AF_INET6;
}

#define FAIL(error) do { errno = (error); return -1; } while (0)
#define REAL(type, name, ...) static type (*real)(__VA_ARGS__); if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    REAL(ssize_t, "pwrite", int, const void *, size_t, off_t);
    if (on("full") && is_database(fd)) FAIL(ENOSPC);
    return real(fd, data, size, at);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
    if (on("full") && is_database(fd)) FAIL(ENOSPC);
    return real(fd, data, size, at);
}

int fsync(int fd) {
    REAL(int, "fsync", int);
    if (on("fsync")) FAIL(EIO);
    return real(fd);
}

int fdatasync(int fd) {
    REAL(int, "fdatasync", int);
    if (on("fsync")) FAIL(EIO);
    return real(fd);
}

int connect(int fd, const struct sockaddr *address, socklen_t length) {
    REAL(int, "connect", int, const struct sockaddr *, socklen_t);
    if (address->sa_family != AF_UNIX && on("net")) FAIL(ENETUNREACH);
    return real(fd, address, length);
}

ssize_t recv(int fd, void *data, size_t size, int flags) {
    REAL(ssize_t, "recv", int, void *, size_t, int);
    if (on("net") && is_internet(fd)) FAIL(ECONNRESET);
    return real(fd, data, size, flags);
}
