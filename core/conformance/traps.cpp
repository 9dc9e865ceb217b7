#include "conformance/traps.hpp"

#include "conformance/case_record.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>
#include <system_error>
#include <vector>

namespace drcon::conformance {
namespace {

struct region {
  const std::byte* begin;
  const std::byte* end;
  const char* seen;
};
// Read in a signal handler: never moves.
std::array<region, 1024> regions{};
std::atomic<std::size_t> region_count{0};

void on_touch(int, siginfo_t* info, void*) {
  const auto* at = static_cast<const std::byte*>(info->si_addr);
  for (std::size_t i = 0; i < region_count.load(); ++i)
    if (at >= regions[i].begin && at < regions[i].end) conclude(outcome::failed, regions[i].seen);
  std::signal(SIGSEGV, SIG_DFL);  // on return the access is made again, and ends the process
}

struct call {
  unsigned number;
  const char* name;
};
constexpr std::array<call, 5> starting{{{SYS_socket, "socket()"},
                                        {SYS_connect, "connect()"},
                                        {SYS_clone, "a thread or process started"},
                                        {SYS_clone3, "a thread or process started"},
                                        {SYS_execve, "execve()"}}};
constexpr call opening{SYS_openat, "a file opened for writing"};
constexpr std::array writing{
#ifdef SYS_mkdir
    call{SYS_mkdir, "mkdir()"},       call{SYS_unlink, "unlink()"},     call{SYS_rename, "rename()"},
    call{SYS_symlink, "symlink()"},   call{SYS_link, "link()"},         call{SYS_chmod, "chmod()"},
    call{SYS_rmdir, "rmdir()"},       call{SYS_fork, "fork()"},         call{SYS_vfork, "vfork()"},
#endif
    call{SYS_mkdirat, "mkdirat()"},   call{SYS_unlinkat, "unlink()"},   call{SYS_renameat, "rename()"},
    call{SYS_renameat2, "rename()"},  call{SYS_symlinkat, "symlink()"}, call{SYS_linkat, "link()"},
    call{SYS_truncate, "truncate()"}, call{SYS_fchmodat, "chmod()"}};

const char* name_of(unsigned number) {
  if (number == opening.number) return opening.name;
  for (const auto& each : starting)
    if (each.number == number) return each.name;
  for (const auto& each : writing)
    if (each.number == number) return each.name;
  return "a call that is not allowed";
}

const char* trapped_step = "";

void on_call(int, siginfo_t* info, void*) {
  if (current_step() != trapped_step) conclude(outcome::passed, {});
  std::array<char, 200> text{};
  const char* const parts[] = {"within ", trapped_step, ": ", name_of(static_cast<unsigned>(info->si_syscall))};
  for (const auto* part : parts) std::strncat(text.data(), part, text.size() - std::strlen(text.data()) - 1);
  conclude(outcome::failed, text.data());
}

void handle(int signal, void (*handler)(int, siginfo_t*, void*)) {
  struct sigaction action {};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO;
  ::sigaction(signal, &action, nullptr);
}

class filter {
public:
  void trap(unsigned number) {
    add(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
    add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1));
    add(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP));
  }
  // openat(…, flags): trapped when it may write.
  void trap_opening() {
    add(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
    add(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, opening.number, 0, 3));
    add(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[2])));
    add(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_WRONLY | O_RDWR | O_CREAT | O_TRUNC, 0, 1));
    add(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP));
  }
  bool install() {
    add(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    const sock_fprog program{.len = static_cast<unsigned short>(steps_.size()), .filter = steps_.data()};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
  }

private:
  void add(sock_filter step) { steps_.push_back(step); }
  std::vector<sock_filter> steps_;
};

}  // namespace

void catch_touches() { handle(SIGSEGV, &on_touch); }

std::size_t pages::page_size() { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

pages::pages(std::size_t bytes) : size_((bytes + page_size() - 1) / page_size() * page_size()) {
  void* at = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
  begin_ = static_cast<std::byte*>(at);
}

void pages::trap(const std::byte* first, const std::byte* last, const char* seen) const {
  const auto next = region_count.load();
  if (next == regions.size()) throw std::length_error("too many traps");
  regions[next] = {first, last, seen};
  region_count = next + 1;
  ::mprotect(const_cast<std::byte*>(first), static_cast<std::size_t>(last - first), PROT_NONE);
}

drcon_string guarded_copy(std::string_view text) {
  if (text.empty()) return {};
  const auto page = pages::page_size();
  const pages space((text.size() + page - 1) / page * page + page);
  auto* const guard = space.end() - page;
  space.trap(guard, space.end(), "it read past the end of a string: strings have a length, and no final NUL");
  auto* const at = guard - text.size();
  std::memcpy(at, text.data(), text.size());
  return {reinterpret_cast<const char*>(at), text.size()};
}

bool trap_calls(calls which, const char* step) {
  trapped_step = step;
  // The C library starts threads with every signal blocked: the kernel then ends the process instead.
  if_trapped("within " + std::string(step) + ": a thread or process started");
  handle(SIGSYS, &on_call);
  filter all;
  all.trap_opening();
  for (const auto& each : writing) all.trap(each.number);
  if (which == calls::io)
    for (const auto& each : starting) all.trap(each.number);
  return all.install();
}

}  // namespace drcon::conformance
