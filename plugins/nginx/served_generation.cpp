#include "nginx/served_generation.hpp"

#include "common/proc.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <thread>

namespace drcon::nginx {
namespace {

using clock = std::chrono::steady_clock;

constexpr auto check_pace = std::chrono::milliseconds(5);

double as_double(const timespec& t) { return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec); }

// When the machine started, in seconds since the epoch.
double boot_time() {
  timespec now{};
  timespec up{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  ::clock_gettime(CLOCK_BOOTTIME, &up);
  return as_double(now) - as_double(up);
}

template <class Condition>
bool wait_for(Condition condition, std::chrono::nanoseconds at_most, const std::stop_token& stop) {
  const auto end = clock::now() + at_most;
  while (!condition()) {
    if (stop.stop_requested() || clock::now() >= end) return false;
    std::this_thread::sleep_for(check_pace);
  }
  return true;
}

}  // namespace

served_generation::answer served_generation::is(const rendered& desired,
                                                const std::optional<boost::asio::ip::tcp::endpoint>& listener,
                                                const std::string& file) {
  if (listener) return listener_serves(desired, *listener, file);
  return workers_serve(desired, file) ? answer::yes : answer::no;
}

bool served_generation::were_seen_to_serve(const rendered& desired, const workers& now) const {
  return !now.empty() && proven_generation_ == desired.generation && proven_workers_ == now;
}

// Workers that stall (a slow disk, a stopped process) answer nothing. What they have loaded they keep until they end,
// so that to reload nginx would bring nothing but load: unless they began before the file was written.
served_generation::answer served_generation::listener_serves(const rendered& desired,
                                                             const boost::asio::ip::tcp::endpoint& listener,
                                                             const std::string& file) {
  std::string ignored;
  const auto master = nginx_.master(ignored);
  auto now = master ? nginx_.workers(*master) : workers();
  // A worker never loads another generation than the one that it was started with.
  if (were_seen_to_serve(desired, now)) return answer::yes;
  const auto found = nginx_.generation(listener);
  // A master that was started just now has no workers yet.
  if (now.empty() && master) now = {{*master, common::start_ticks(*master)}};
  if (!found.body) return found.is_late && are_newer_than(now, file) ? answer::unknown : answer::no;
  if (*found.body != desired.generation) return answer::no;
  proven_generation_ = desired.generation;
  proven_workers_ = std::move(now);
  return answer::yes;
}

// A worker that died and was replaced since the last change is taken for a reload; the listener does not have this
// weakness.
bool served_generation::workers_serve(const rendered& desired, const std::string& file) const {
  std::string ignored;
  const auto master = nginx_.master(ignored);
  if (!master) return false;
  const auto now = nginx_.workers(*master);
  return were_seen_to_serve(desired, now) || are_newer_than(now, file);
}

// Those that were started after the file was written.
bool served_generation::are_newer_than(const workers& now, const std::string& file) const {
  struct stat info {};
  if (now.empty() || ::stat(file.c_str(), &info) != 0) return false;
  const auto boot = boot_time();
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  // A start is known to the tick: one within the tick of the writing came after it, for nginx took longer to start it.
  return std::ranges::all_of(now, [&](const auto& each) {
    return boot + static_cast<double>(each.second + 1) / ticks > as_double(info.st_mtim);
  });
}

void served_generation::remember(const rendered& taken_up, pid_t master) {
  proven_generation_ = taken_up.generation;
  proven_workers_ = nginx_.workers(master);
}

served_generation::change::change(const served_generation& all, const rendered& next,
                                  std::optional<boost::asio::ip::tcp::endpoint> listener, pid_t master,
                                  const workers& not_awaited)
    : nginx_(all.nginx_),
      generation_(next.generation),
      listener_(std::move(listener)),
      master_(master),
      old_(nginx_.workers(master)),
      not_awaited_(not_awaited) {}

bool served_generation::change::answers() const {
  return !listener_ || nginx_.generation(*listener_).body == generation_;
}

// The workers are looked at even with a listener: a file that was edited and loaded by hand may answer the generation
// that it no longer is.
bool served_generation::change::begun() const { return answers() && has_new(nginx_.workers(master_)); }

// nginx's master starts new workers, sleeps for 100 ms, and only then signals the old ones to stop accepting.
bool served_generation::change::complete() const {
  if (!answers()) return false;
  const auto now = nginx_.workers(master_);
  return has_new(now) && awaited_of(now).empty();
}

served_generation::workers served_generation::change::awaited() const { return awaited_of(nginx_.workers(master_)); }

bool served_generation::change::has_new(const workers& now) const {
  return std::ranges::any_of(now, [&](const auto& each) { return !is_old(each); }) || (listener_ && now.empty());
}

served_generation::workers served_generation::change::awaited_of(workers now) const {
  std::erase_if(now, [&](const auto& each) { return !is_old(each) || not_awaited_.contains(each.first); });
  return now;
}

// A process id may be used again.
bool served_generation::change::is_old(const workers::value_type& each) const {
  const auto old = old_.find(each.first);
  return old != old_.end() && old->second == each.second;
}

bool served_generation::change::wait_begun(std::chrono::nanoseconds at_most, const std::stop_token& stop) const {
  std::this_thread::sleep_for(check_pace);  // not before: asking competes with the reload itself
  return wait_for([this] { return begun(); }, at_most, stop);
}

bool served_generation::change::wait_complete(std::chrono::nanoseconds at_most, const std::stop_token& stop) const {
  return wait_for([this] { return complete(); }, at_most, stop);
}

}  // namespace drcon::nginx
