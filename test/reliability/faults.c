// Lets chosen calls on files below a folder fail, in a process that it is preloaded into.
//
// FAULTS_BELOW names the folder, FAULTS_FILE a file that both sides map. A call that fails does nothing, so
// a failed fsync saves nothing; a short write takes half of what it is given.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OPEN = 1, WRITE = 2, SYNC = 4, NAME = 8, SIZE = 16 };
enum { SHORT = -1 };

// A call of one of `kinds` is counted; the one that makes `count` reach `at` fails with `error`.
struct plan {
  _Atomic int kinds, at, error, count, hit;
};

static struct { struct plan plans[2]; } *faults;
static const char *below;
static size_t below_length;
static _Atomic char ours[65536];

__attribute__((constructor)) static void load(void) {
  const char *path = getenv("FAULTS_FILE");
  below = getenv("FAULTS_BELOW");
  if (!path || !below) return;
  below_length = strlen(below);
  int fd = open(path, O_RDWR | O_CLOEXEC);
  void *map = mmap(NULL, sizeof *faults, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (map != MAP_FAILED) faults = map;
}

static int is_ours(const char *path) {
  size_t length = strlen(path);
  if (!faults || strncmp(path, below, below_length) != 0) return 0;
  // The index of the write-ahead log is memory.
  return length < 4 || strcmp(path + length - 4, "-shm") != 0;
}

// The error that the call is to fail with; 0 for none.
static int fault(int kind) {
  if (!faults) return 0;
  int error = 0;
  for (int n = 0; n < 2; n++) {
    struct plan *plan = &faults->plans[n];
    if (!(plan->kinds & kind)) continue;
    if (atomic_fetch_add(&plan->count, 1) + 1 != plan->at) continue;
    plan->hit = kind;
    error = plan->error;
  }
  return error;
}

#define REAL(name) \
  static __typeof__(name) *real; \
  if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)
#define FAIL(error) return (errno = (error), -1)

static int fails(int is, int kind) {
  int error = is ? fault(kind) : 0;
  if (error <= 0) return 0;
  errno = error;
  return 1;
}

static int opened(int fd, int is) {
  if (fd >= 0 && fd < (int)sizeof ours) ours[fd] = is;
  return fd;
}

static int of_ours(int fd) { return fd >= 0 && fd < (int)sizeof ours && ours[fd]; }

#define OPENS(name) \
  int name(const char *path, int flags, ...) { \
    REAL(name); \
    va_list rest; \
    va_start(rest, flags); \
    mode_t mode = va_arg(rest, mode_t); \
    va_end(rest); \
    int is = is_ours(path); \
    if (fails(is, OPEN)) return -1; \
    return opened(real(path, flags, mode), is); \
  }
OPENS(open)
OPENS(open64)

int close(int fd) {
  REAL(close);
  opened(fd, 0);
  return real(fd);
}

// What is left of a write of that many bytes; less than none for one that fails.
static ssize_t left(int fd, size_t size) {
  int error = of_ours(fd) ? fault(WRITE) : 0;
  if (error == SHORT) return size > 1 ? size / 2 : size;
  if (error) FAIL(error);
  return size;
}

ssize_t write(int fd, const void *data, size_t size) {
  REAL(write);
  ssize_t part = left(fd, size);
  return part < 0 ? -1 : real(fd, data, part);
}

#define PWRITES(name, offset_type) \
  ssize_t name(int fd, const void *data, size_t size, offset_type offset) { \
    REAL(name); \
    ssize_t part = left(fd, size); \
    return part < 0 ? -1 : real(fd, data, part, offset); \
  }
PWRITES(pwrite, off_t)
PWRITES(pwrite64, off64_t)

#define SYNCS(name) \
  int name(int fd) { \
    REAL(name); \
    return fails(of_ours(fd), SYNC) ? -1 : real(fd); \
  }
SYNCS(fsync)
SYNCS(fdatasync)

#define SIZES(name, size_type) \
  int name(int fd, size_type size) { \
    REAL(name); \
    return fails(of_ours(fd), SIZE) ? -1 : real(fd, size); \
  }
SIZES(ftruncate, off_t)
SIZES(ftruncate64, off64_t)

int link(const char *from, const char *to) {
  REAL(link);
  return fails(is_ours(to), NAME) ? -1 : real(from, to);
}

int rename(const char *from, const char *to) {
  REAL(rename);
  return fails(is_ours(to), NAME) ? -1 : real(from, to);
}

int unlink(const char *path) {
  REAL(unlink);
  return fails(is_ours(path), NAME) ? -1 : real(path);
}

int mkdir(const char *path, mode_t mode) {
  REAL(mkdir);
  return fails(is_ours(path), NAME) ? -1 : real(path, mode);
}
