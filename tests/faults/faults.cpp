// SPDX-License-Identifier: MIT
// Makes one call of a program fail, for LD_PRELOAD. The environment says which:
//   MOEBIUS_FAULT=write:3      the third write since main began; write:3- that one and all later
//   MOEBIUS_FAULT_MARK=FILE    made when it happened
// Programs that this one starts are left alone. Calls that glibc makes within itself are not seen,
// so stdio's own are counted as the calls that they are for.
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
}

namespace {

const char* call = nullptr;   ///< that fails; null: none yet
std::size_t call_length = 0;  ///< of its name
std::atomic<long> left{0};    ///< calls until then
bool lasts = false;
const char* mark = nullptr;

/// Counts a call; whether it is to fail, with that errno.
bool fails(const char* name, int code) {
    if (call == nullptr || std::strncmp(call, name, call_length) != 0 || name[call_length] != '\0')
        return false;
    const long before = left.fetch_sub(1);
    if (before != 1 && !(lasts && before < 1)) return false;
    if (mark != nullptr)
        ::syscall(SYS_close, ::syscall(SYS_open, mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
    errno = code;
    return true;
}

/// The function of that name behind this library.
template <typename Function>
Function* next(Function*, const char* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

void begin() {
    const char* const asked = std::getenv("MOEBIUS_FAULT");
    const char* const colon = asked == nullptr ? nullptr : std::strchr(asked, ':');
    mark = std::getenv("MOEBIUS_FAULT_MARK");
    ::unsetenv("LD_PRELOAD");
    if (colon == nullptr) return;
    left = std::atol(colon + 1);
    lasts = std::strchr(colon, '-') != nullptr;
    call_length = static_cast<std::size_t>(colon - asked);
    call = asked;
}

using main_function = int(int, char**, char**);
main_function* real_main = nullptr;

int main_with_faults(int argc, char** argv, char** environment) {
    begin();
    return real_main(argc, argv, environment);
}

}  // namespace

// The functions of the same names, each of which may fail: NAME(ARGUMENTS), called with (PASSED).
#define MAY_FAIL(kind, code, failure, type, name, arguments, passed) \
    extern "C" type name arguments {                                 \
        if (fails(kind, code)) return failure;                       \
        static auto* const real = next(&name, #name);                \
        return real passed;                                          \
    }

extern "C" int __libc_start_main(main_function* main, int argc, char** argv, void (*a)(),
                                 void (*b)(), void (*c)(), void* end) {
    real_main = main;
    return next(&__libc_start_main, "__libc_start_main")(&main_with_faults, argc, argv, a, b, c,
                                                         end);
}

#define OPEN(name, head, passed)                      \
    extern "C" int name head {                        \
        va_list rest;                                 \
        va_start(rest, flags);                        \
        const unsigned mode = va_arg(rest, unsigned); \
        va_end(rest);                                 \
        if (fails("open", EMFILE)) return -1;         \
        static auto* const real = next(&name, #name); \
        return real passed;                           \
    }
OPEN(open, (const char* path, int flags, ...), (path, flags, mode))
OPEN(open64, (const char* path, int flags, ...), (path, flags, mode))
OPEN(openat, (int at, const char* path, int flags, ...), (at, path, flags, mode))
OPEN(openat64, (int at, const char* path, int flags, ...), (at, path, flags, mode))

using bytes = std::size_t;
MAY_FAIL("open", EMFILE, nullptr, FILE*, fopen, (const char* p, const char* m), (p, m))
MAY_FAIL("open", EMFILE, nullptr, FILE*, fopen64, (const char* p, const char* m), (p, m))
MAY_FAIL("open", EMFILE, nullptr, FILE*, tmpfile, (), ())
MAY_FAIL("open", EMFILE, nullptr, FILE*, tmpfile64, (), ())
MAY_FAIL("open", EMFILE, -1, int, mkstemp, (char* p), (p))
MAY_FAIL("open", EMFILE, -1, int, mkostemp, (char* p, int f), (p, f))
MAY_FAIL("open", EMFILE, -1, int, memfd_create, (const char* p, unsigned f), (p, f))
MAY_FAIL("open", EMFILE, -1, int, pipe, (int* p), (p))
MAY_FAIL("open", EMFILE, -1, int, pipe2, (int* p, int f), (p, f))
MAY_FAIL("read", EIO, -1, ssize_t, read, (int f, void* p, bytes n), (f, p, n))
MAY_FAIL("read", EIO, -1, ssize_t, readv, (int f, const iovec* v, int n), (f, v, n))
MAY_FAIL("read", EIO, 0, bytes, fread, (void* p, bytes s, bytes n, FILE* f), (p, s, n, f))
MAY_FAIL("write", ENOSPC, -1, ssize_t, write, (int f, const void* p, bytes n), (f, p, n))
MAY_FAIL("write", ENOSPC, -1, ssize_t, writev, (int f, const iovec* v, int n), (f, v, n))
MAY_FAIL("write", ENOSPC, 0, bytes, fwrite, (const void* p, bytes s, bytes n, FILE* f),
         (p, s, n, f))
MAY_FAIL("write", ENOSPC, EOF, int, fflush, (FILE * f), (f))

// As Linux has it: a close that fails has closed all the same.
extern "C" int close(int f) {
    const auto done = ::syscall(SYS_close, f);
    return fails("close", EIO) ? -1 : static_cast<int>(done);
}

MAY_FAIL("sync", EIO, -1, int, fsync, (int f), (f))
MAY_FAIL("sync", EIO, -1, int, fdatasync, (int f), (f))
MAY_FAIL("rename", EXDEV, -1, int, rename, (const char* a, const char* b), (a, b))
MAY_FAIL("rename", EXDEV, -1, int, renameat, (int f, const char* a, int g, const char* b),
         (f, a, g, b))
MAY_FAIL("rename", EXDEV, -1, int, link, (const char* a, const char* b), (a, b))
MAY_FAIL("lock", EWOULDBLOCK, -1, int, flock, (int f, int how), (f, how))
MAY_FAIL("stat", EIO, -1, int, stat, (const char* p, struct stat* s), (p, s))
MAY_FAIL("stat", EIO, -1, int, lstat, (const char* p, struct stat* s), (p, s))
MAY_FAIL("stat", EIO, -1, int, fstat, (int f, struct stat* s), (f, s))
MAY_FAIL("stat", EIO, -1, int, fchmod, (int f, mode_t m), (f, m))
MAY_FAIL("map", ENOMEM, MAP_FAILED, void*, mmap, (void* p, bytes n, int a, int b, int f, off_t o),
         (p, n, a, b, f, o))
MAY_FAIL("thread", EAGAIN, EAGAIN, int, pthread_create,
         (pthread_t * t, const pthread_attr_t* a, void* (*run)(void*), void* p), (t, a, run, p))
MAY_FAIL("spawn", EAGAIN, EAGAIN, int, posix_spawnp,
         (pid_t * p, const char* f, const posix_spawn_file_actions_t* a, const posix_spawnattr_t* b,
          char* const* v, char* const* e),
         (p, f, a, b, v, e))
MAY_FAIL("spawn", EAGAIN, -1, pid_t, fork, (), ())

// What _FORTIFY_SOURCE makes of them.
MAY_FAIL("open", EMFILE, -1, int, __open_2, (const char* p, int f), (p, f))
MAY_FAIL("open", EMFILE, -1, int, __open64_2, (const char* p, int f), (p, f))
MAY_FAIL("read", EIO, -1, ssize_t, __read_chk, (int f, void* p, bytes n, bytes most),
         (f, p, n, most))
MAY_FAIL("read", EIO, 0, bytes, __fread_chk, (void* p, bytes most, bytes s, bytes n, FILE* f),
         (p, most, s, n, f))

extern "C" void* malloc(bytes n) { return fails("memory", ENOMEM) ? nullptr : __libc_malloc(n); }
extern "C" void* calloc(bytes n, bytes size) {
    return fails("memory", ENOMEM) ? nullptr : __libc_calloc(n, size);
}
extern "C" void* realloc(void* p, bytes n) {
    return fails("memory", ENOMEM) ? nullptr : __libc_realloc(p, n);
}
extern "C" void* aligned_alloc(bytes alignment, bytes n) {
    return fails("memory", ENOMEM) ? nullptr : __libc_memalign(alignment, n);
}
extern "C" int posix_memalign(void** p, bytes alignment, bytes n) {
    if (fails("memory", ENOMEM)) return ENOMEM;
    *p = __libc_memalign(alignment, n);
    return *p == nullptr ? ENOMEM : 0;
}
