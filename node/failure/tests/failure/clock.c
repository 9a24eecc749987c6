/* The clock of one process, moved while it runs: preloaded, it adds what the file MELDEVERBUND_TEST_CLOCK says, seconds
 * as a 64-bit number, to the time of day. Other clocks go on as they are. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

typedef int (*clock_gettime_fn)(clockid_t, struct timespec *);

static clock_gettime_fn real;
static volatile const int64_t *offset_s;

__attribute__((constructor)) static void load(void) {
    real = (clock_gettime_fn)dlsym(RTLD_NEXT, "clock_gettime");
    const char *path = getenv("MELDEVERBUND_TEST_CLOCK");
    if (path == NULL) {
        return;
    }
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return;
    }
    void *page = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (page != MAP_FAILED) {
        offset_s = page;
    }
}

int clock_gettime(clockid_t id, struct timespec *now) {
    int result = real(id, now);
    if (result == 0 && offset_s != NULL && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) {
        now->tv_sec += *offset_s;
    }
    return result;
}
