// Loaded before everything else into the drcon of the fault matrix (LD_PRELOAD). It recognises a step of a change by
// the call that begins it, reports it to the harness, and holds the calling thread there until the harness lets it go
// on; and it makes calls fail, or shows another time, for as long as the harness says so.
//
// Both sides share one page of memory, the file that DRCON_FAULT_PAGE names: it outlives a drcon that is killed, and
// needs no thread and no descriptor here. `page` and tests/fault/control.py have the same layout.
//
// Thread rule: every thread of drcon calls these functions; what they share are the atomics of the page.
#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>

namespace {

enum fault : std::uint32_t { sync_fails = 1, read_only = 2, rename_lies = 4 };

struct page {
  std::atomic<std::uint32_t> armed;     // 1: the next call that matches is the step
  std::atomic<std::uint32_t> reached;   // 1: a thread is held there
  std::atomic<std::uint32_t> go_on;     // 1: it may go on
  std::atomic<std::uint32_t> faults;    // bits of `fault`
  std::atomic<std::uint32_t> injected;  // how many calls were made to fail
  std::atomic<std::uint32_t> skip;      // how many calls that match come before the step
  std::atomic<std::int64_t> shift;      // seconds that are added to the time of day
  char call[32];                        // which kind of call the step is
  char pattern[256];                    // what it is about, with * as in file names
  char root[256];                       // faults of the file system hit what is below this directory
  char redirected[128];                 // peer that connections are redirected from: a path, or a port of 127.0.0.1
  char proxy[128];                      // and to
};
static_assert(sizeof(std::atomic<std::uint32_t>) == 4 && offsetof(page, shift) == 24 && offsetof(page, call) == 32);

page* shared = nullptr;

template <class Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}
#define REAL(name)                                            \
  (*[] {                                                      \
    static const auto found = real<decltype(&::name)>(#name); \
    return found;                                             \
  }())

// What drcon starts is not to be held or to fail: neither variable is passed on.
__attribute__((constructor)) void begin() {
  const char* path = std::getenv("DRCON_FAULT_PAGE");
  if (path == nullptr) return;
  const int file = REAL(open)(path, O_RDWR | O_CLOEXEC);
  if (file < 0) std::abort();
  void* memory = ::mmap(nullptr, sizeof(page), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  if (memory == MAP_FAILED) std::abort();
  shared = static_cast<page*>(memory);
  ::unsetenv("DRCON_FAULT_PAGE");
  ::unsetenv("LD_PRELOAD");
}

bool looks_for(std::string_view call) { return shared != nullptr && shared->armed.load() == 1 && call == shared->call; }

void pass(std::string_view call, const std::string& subject) {
  if (!looks_for(call) || ::fnmatch(shared->pattern, subject.c_str(), 0) != 0) return;
  if (shared->skip.load() > 0) {
    --shared->skip;
    return;
  }
  if (std::uint32_t one = 1; !shared->armed.compare_exchange_strong(one, 0)) return;
  const int error = errno;
  shared->reached = 1;
  while (shared->go_on.load() == 0) {
    const timespec pause{.tv_sec = 0, .tv_nsec = 1'000'000};
    ::nanosleep(&pause, nullptr);
  }
  errno = error;
}

bool has(fault which) { return shared != nullptr && (shared->faults.load() & which) != 0; }

// Whether the call is to fail; then errno is set.
bool fails(fault which, const std::string& path, int error) {
  if (!has(which) || !path.starts_with(shared->root)) return false;
  ++shared->injected;
  errno = error;
  return true;
}

bool cares() { return shared != nullptr && (shared->armed.load() == 1 || shared->faults.load() != 0); }

std::string path_of(int descriptor) {
  std::array<char, PATH_MAX> text{};
  const auto link = "/proc/self/fd/" + std::to_string(descriptor);
  const auto length = ::readlink(link.c_str(), text.data(), text.size());
  return length > 0 ? std::string(text.data(), static_cast<std::size_t>(length)) : std::string();
}

std::string path_of(int directory, const char* name) {
  if (name[0] == '/') return name;
  return (directory == AT_FDCWD ? "." : path_of(directory)) + "/" + name;
}

bool refuses_to_open(const std::string& path, bool writes) {
  pass(writes ? "open to write" : "open to read", path);
  return writes && fails(read_only, path, EROFS);
}

bool writes(int flags) { return (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT) != 0; }

bool refuses_to_rename(const std::string& path) {
  pass("rename", path);
  return fails(read_only, path, EROFS);
}

bool refuses_to_sync(int file) {
  if (!cares()) return false;
  const auto path = path_of(file);
  pass("sync", path);
  return fails(sync_fails, path, EIO);
}

std::string name_of(const sockaddr* address, socklen_t length) {
  if (address->sa_family == AF_UNIX) {
    const auto* local = reinterpret_cast<const sockaddr_un*>(address);
    return {local->sun_path, ::strnlen(local->sun_path, length - offsetof(sockaddr_un, sun_path))};
  }
  if (address->sa_family != AF_INET) return {};
  return std::to_string(ntohs(reinterpret_cast<const sockaddr_in*>(address)->sin_port));
}

std::string peer_of(int socket) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  return ::getpeername(socket, any, &length) == 0 ? name_of(any, length) : std::string();
}

void pass_send(int socket, const void* data, std::size_t size) {
  if (!looks_for("send")) return;
  pass("send", peer_of(socket) + " " + std::string(static_cast<const char*>(data), std::min<std::size_t>(size, 4096)));
}

// The step is an answer that is there, not the question whether there is one.
void pass_answer(int socket) {
  if (!looks_for("answer")) return;
  pollfd one{.fd = socket, .events = POLLIN, .revents = 0};
  if (::poll(&one, 1, 0) == 1) pass("answer", peer_of(socket));
}

void pass_spawn(char* const* arguments) {
  if (!looks_for("spawn")) return;
  std::string all;
  for (; *arguments != nullptr; ++arguments) all += (all.empty() ? "" : " ") + std::string(*arguments);
  pass("spawn", all);
}

template <class Function>
int open_as(Function function, const char* name, int flags, mode_t mode) {
  if (cares() && refuses_to_open(path_of(AT_FDCWD, name), writes(flags))) return -1;
  return function(name, flags, mode);
}

template <class Function>
int open_at(Function function, int directory, const char* name, int flags, mode_t mode) {
  if (cares() && (flags & O_PATH) == 0 && refuses_to_open(path_of(directory, name), writes(flags))) return -1;
  return function(directory, name, flags, mode);
}

template <class Function>
FILE* open_stream(Function function, const char* name, const char* mode) {
  if (cares() && refuses_to_open(path_of(AT_FDCWD, name), std::strpbrk(mode, "wa+") != nullptr)) return nullptr;
  return function(name, mode);
}

mode_t mode_of(int flags, va_list rest) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : mode_t{0};
}

}  // namespace

#define DRCON_OPEN(name)                           \
  int name(const char* path, int flags, ...) {     \
    va_list rest;                                  \
    va_start(rest, flags);                         \
    const auto mode = mode_of(flags, rest);        \
    va_end(rest);                                  \
    return open_as(REAL(name), path, flags, mode); \
  }
#define DRCON_OPEN_AT(name)                                   \
  int name(int directory, const char* path, int flags, ...) { \
    va_list rest;                                             \
    va_start(rest, flags);                                    \
    const auto mode = mode_of(flags, rest);                   \
    va_end(rest);                                             \
    return open_at(REAL(name), directory, path, flags, mode); \
  }

// The C library's own declarations say noexcept and nonnull; these are the same symbols.
#pragma GCC diagnostic ignored "-Wnonnull-compare"
#pragma GCC visibility push(default)
extern "C" {

DRCON_OPEN(open)
DRCON_OPEN(open64)
DRCON_OPEN_AT(openat)
DRCON_OPEN_AT(openat64)

FILE* fopen(const char* path, const char* mode) { return open_stream(REAL(fopen), path, mode); }
FILE* fopen64(const char* path, const char* mode) { return open_stream(REAL(fopen64), path, mode); }

int rename(const char* old_path, const char* new_path) noexcept {
  if (cares() && refuses_to_rename(path_of(AT_FDCWD, new_path))) return -1;
  return REAL(rename)(old_path, new_path);
}

int renameat(int old_directory, const char* old_path, int new_directory, const char* new_path) noexcept {
  if (cares() && refuses_to_rename(path_of(new_directory, new_path))) return -1;
  if (has(rename_lies)) return ::unlinkat(old_directory, old_path, 0);
  return REAL(renameat)(old_directory, old_path, new_directory, new_path);
}

int linkat(int old_directory, const char* old_path, int new_directory, const char* new_path, int flags) noexcept {
  if (cares() && fails(read_only, path_of(new_directory, new_path), EROFS)) return -1;
  return REAL(linkat)(old_directory, old_path, new_directory, new_path, flags);
}

int fsync(int file) { return refuses_to_sync(file) ? -1 : REAL(fsync)(file); }
int fdatasync(int file) { return refuses_to_sync(file) ? -1 : REAL(fdatasync)(file); }

ssize_t write(int file, const void* data, size_t size) {
  if (has(read_only) && fails(read_only, path_of(file), EROFS)) return -1;
  return REAL(write)(file, data, size);
}

int connect(int socket, const sockaddr* address, socklen_t length) {
  if (shared == nullptr || address == nullptr) return REAL(connect)(socket, address, length);
  const auto peer = name_of(address, length);
  if (looks_for("connect")) pass("connect", peer);
  if (peer.empty() || peer != shared->redirected) return REAL(connect)(socket, address, length);
  if (address->sa_family == AF_UNIX) {
    sockaddr_un other{.sun_family = AF_UNIX, .sun_path = {}};
    std::string_view(shared->proxy).copy(other.sun_path, sizeof other.sun_path - 1);
    return REAL(connect)(socket, reinterpret_cast<const sockaddr*>(&other), sizeof other);
  }
  auto other = *reinterpret_cast<const sockaddr_in*>(address);
  other.sin_port = htons(static_cast<std::uint16_t>(std::strtoul(shared->proxy, nullptr, 10)));
  return REAL(connect)(socket, reinterpret_cast<const sockaddr*>(&other), sizeof other);
}

ssize_t send(int socket, const void* data, size_t size, int flags) {
  pass_send(socket, data, size);
  return REAL(send)(socket, data, size, flags);
}

ssize_t sendmsg(int socket, const msghdr* message, int flags) {
  if (looks_for("send")) {
    std::string all;
    for (std::size_t i = 0; i < message->msg_iovlen; ++i)
      all.append(static_cast<const char*>(message->msg_iov[i].iov_base), message->msg_iov[i].iov_len);
    pass_send(socket, all.data(), all.size());
  }
  return REAL(sendmsg)(socket, message, flags);
}

ssize_t recv(int socket, void* data, size_t size, int flags) {
  pass_answer(socket);
  return REAL(recv)(socket, data, size, flags);
}

ssize_t recvmsg(int socket, msghdr* message, int flags) {
  pass_answer(socket);
  return REAL(recvmsg)(socket, message, flags);
}

int posix_spawn(pid_t* pid, const char* path, const posix_spawn_file_actions_t* actions,
                const posix_spawnattr_t* attributes, char* const arguments[], char* const environment[]) {
  pass_spawn(arguments);
  return REAL(posix_spawn)(pid, path, actions, attributes, arguments, environment);
}

int posix_spawnp(pid_t* pid, const char* path, const posix_spawn_file_actions_t* actions,
                 const posix_spawnattr_t* attributes, char* const arguments[], char* const environment[]) {
  pass_spawn(arguments);
  return REAL(posix_spawnp)(pid, path, actions, attributes, arguments, environment);
}

int kill(pid_t pid, int signal) noexcept {
  if (signal != 0 && looks_for("signal")) pass("signal", std::to_string(pid) + " " + std::to_string(signal));
  return REAL(kill)(pid, signal);
}

int clock_gettime(clockid_t which, timespec* now) noexcept {
  const int result = REAL(clock_gettime)(which, now);
  if (result == 0 && which == CLOCK_REALTIME && shared != nullptr) now->tv_sec += shared->shift.load();
  return result;
}

int gettimeofday(timeval* now, void* zone) noexcept {
  const int result = REAL(gettimeofday)(now, zone);
  if (result == 0 && shared != nullptr) now->tv_sec += shared->shift.load();
  return result;
}

time_t time(time_t* result) noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  if (result != nullptr) *result = now.tv_sec;
  return now.tv_sec;
}

}  // extern "C"
#pragma GCC visibility pop
