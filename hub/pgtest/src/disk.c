/* A server's disk as a test wants it: preloaded, it takes two 64-bit numbers from the file MELDEVERBUND_TEST_DISK, whether
 * the disk is full, and how many microseconds a write takes. What a file has on a full disk can be written again, as on a
 * real one; nothing grows. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct disk {
    int64_t is_full;
    int64_t write_us;
};

static volatile const struct disk *disk;
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_pwritev)(int, const struct iovec *, int, off_t);
static int (*real_fallocate)(int, off_t, off_t);

__attribute__((constructor)) static void load(void) {
    real_pwrite = dlsym(RTLD_NEXT, "pwrite");
    real_pwritev = dlsym(RTLD_NEXT, "pwritev");
    real_fallocate = dlsym(RTLD_NEXT, "posix_fallocate");
    const char *path = getenv("MELDEVERBUND_TEST_DISK");
    if (path == NULL) {
        return;
    }
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return;
    }
    void *page = mmap(NULL, sizeof(struct disk), PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (page != MAP_FAILED) {
        disk = page;
    }
}

static int has_room(int file, off_t end) {
    if (disk == NULL) {
        return 1;
    }
    int64_t write_us = disk->write_us;
    if (write_us > 0) {
        struct timespec pause = {write_us / 1000000, write_us % 1000000 * 1000};
        nanosleep(&pause, NULL);
    }
    struct stat status;
    return !disk->is_full || fstat(file, &status) != 0 || !S_ISREG(status.st_mode) || end <= status.st_size;
}

ssize_t pwrite(int file, const void *from, size_t bytes, off_t offset) {
    if (!has_room(file, offset + (off_t)bytes)) {
        errno = ENOSPC;
        return -1;
    }
    return real_pwrite(file, from, bytes, offset);
}

ssize_t pwritev(int file, const struct iovec *parts, int count, off_t offset) {
    off_t end = offset;
    for (int part = 0; part < count; part++) {
        end += (off_t)parts[part].iov_len;
    }
    if (!has_room(file, end)) {
        errno = ENOSPC;
        return -1;
    }
    return real_pwritev(file, parts, count, offset);
}

int posix_fallocate(int file, off_t offset, off_t bytes) {
    return has_room(file, offset + bytes) ? real_fallocate(file, offset, bytes) : ENOSPC;
}

/* As programs call them that were built for large files. */
ssize_t pwrite64(int, const void *, size_t, off64_t) __attribute__((alias("pwrite")));
ssize_t pwritev64(int, const struct iovec *, int, off64_t) __attribute__((alias("pwritev")));
int posix_fallocate64(int, off64_t, off64_t) __attribute__((alias("posix_fallocate")));
