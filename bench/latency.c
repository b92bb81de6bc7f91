/* fdatasync, and then a pause of BENCH_COMMIT_LATENCY_US: the disk, or the replica, that answers a commit later.
   PostgreSQL calls it for its write-ahead log only (wal_sync_method = fdatasync), once for all who commit together. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

int fdatasync(int fd) {
    static int (*real)(int);
    if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    const char *set = getenv("BENCH_COMMIT_LATENCY_US");
    long us = set ? atol(set) : 0;
    int result = real(fd);
    struct timespec pause = {us / 1000000, us % 1000000 * 1000};
    nanosleep(&pause, 0);
    return result;
}
