#include "plugins/program_keepers.hpp"

#include "plugins/call_gate.hpp"
#include "plugins/instance.hpp"
#include "plugins/validation.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace drcon::plugins {
namespace {

int32_t keep(drcon_instance* self, int64_t to_end) {
  int result = -1;
  call_gate::of(self).with([&](instance& target) {
    result =
        program_keepers::of_this_process().keep(target.name(), std::chrono::nanoseconds(std::max<int64_t>(to_end, 0)));
  });
  return result;
}

void ended(drcon_instance* self, int32_t code, int32_t by_itself, drcon_string why) {
  call_gate::of(self).insist([&](instance& target) {
    program_keepers::of_this_process().note(
        {.sink = target.name(), .code = code & 0xff, .by_itself = by_itself != 0, .why = printable(view(why), 500)});
  });
}

}  // namespace

const drcon_process& process_ability() {
  static constexpr drcon_process table{.size = sizeof(drcon_process), .reserved = 0, .keep = &keep, .ended = &ended};
  return table;
}

program_keepers& program_keepers::of_this_process() {
  // Never freed: a plugin that was abandoned may call while the process ends.
  static auto* const one = new program_keepers;
  return *one;
}

void program_keepers::listen(std::function<void()> changed) {
  const std::lock_guard lock(mutex_);
  changed_ = std::move(changed);
}

void program_keepers::call_listener() {
  std::function<void()> call;
  {
    const std::lock_guard lock(mutex_);
    call = changed_;
  }
  if (call) call();
}

int program_keepers::keep(const std::string& sink, std::chrono::nanoseconds to_end) {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return -1;
  {
    const std::lock_guard lock(mutex_);
    // A reload may have made another instance of that name, which takes the program over.
    drop_if([&](const keeper& each) { return each.sink == sink; });
    all_.push_back({.sink = sink, .write_end = ends[1], .to_end = to_end});
  }
  call_listener();
  return ends[0];
}

void program_keepers::note(ending what) {
  {
    const std::lock_guard lock(mutex_);
    endings_.push_back(std::move(what));
  }
  call_listener();
}

bool program_keepers::is_closed(const keeper& each) {
  pollfd end{.fd = each.write_end, .events = 0, .revents = 0};
  return ::poll(&end, 1, 0) > 0 && (end.revents & POLLERR) != 0;
}

// Called with the lock held.
void program_keepers::drop_if(const std::function<bool(keeper&)>& is_over) {
  std::erase_if(all_, [&](keeper& each) {
    if (!is_over(each)) return false;
    ::close(each.write_end);
    return true;
  });
}

void program_keepers::drop_closed() { drop_if(is_closed); }

bool program_keepers::any() {
  const std::lock_guard lock(mutex_);
  drop_closed();
  return !all_.empty();
}

std::vector<std::string> program_keepers::waiting() {
  const std::lock_guard lock(mutex_);
  drop_closed();
  std::vector<std::string> result;
  for (const auto& each : all_)
    if (!each.may_begin) result.push_back(each.sink);
  return result;
}

bool program_keepers::keeps(std::string_view sink) {
  const std::lock_guard lock(mutex_);
  drop_closed();
  return std::ranges::any_of(all_, [sink](const keeper& each) { return each.sink == sink; });
}

// False when the plugin has closed its end: it keeps no program any more.
bool program_keepers::send(const keeper& to, int byte) {
  const auto what = static_cast<unsigned char>(byte);
  while (::write(to.write_end, &what, 1) < 0)
    if (errno != EINTR) return errno == EAGAIN;  // full: thousands of signals wait for a plugin that does not read
  return true;
}

void program_keepers::let_begin(const std::string& sink) {
  const std::lock_guard lock(mutex_);
  drop_if([&](keeper& each) {
    if (each.sink != sink) return false;
    each.may_begin = send(each, DRCON_BEGIN);
    return !each.may_begin;
  });
}

bool program_keepers::pass_on(int signal) {
  const std::lock_guard lock(mutex_);
  drop_if([signal](const keeper& each) { return !send(each, signal); });
  return !all_.empty();
}

std::chrono::nanoseconds program_keepers::time_to_end(const std::string& sink) {
  const std::lock_guard lock(mutex_);
  drop_closed();
  const auto found = std::ranges::find(all_, sink, &keeper::sink);
  return found == all_.end() ? std::chrono::nanoseconds(0) : found->to_end;
}

std::chrono::nanoseconds program_keepers::time_to_end() {
  const std::lock_guard lock(mutex_);
  drop_closed();
  std::chrono::nanoseconds most{};
  for (const auto& each : all_) most = std::max(most, each.to_end);
  return most;
}

std::vector<program_keepers::ending> program_keepers::take_endings() {
  const std::lock_guard lock(mutex_);
  return std::exchange(endings_, {});
}

}  // namespace drcon::plugins
