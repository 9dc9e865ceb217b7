#include "template/supervise.hpp"

#include <drcon/process.h>
#include <drcon/detail/last_catch.hpp>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <exception>
#include <future>
#include <span>
#include <system_error>
#include <utility>

namespace drcon::templates {
namespace {

// catch_up() waits as long: most programs end, or take a signal, in a fraction of it. A longer wait would keep the host
// from stopping the sink.
constexpr auto short_wait = std::chrono::seconds(2);
constexpr auto pause_after_failed_start = std::chrono::seconds(1);
constexpr auto pause_after_fault = std::chrono::milliseconds(100);
constexpr auto pause_after_failed_signal = std::chrono::milliseconds(500);
// How soon it is noticed that nothing is left of a group: the kernel reports the end of a process, not of a group.
constexpr auto look_at_group = std::chrono::milliseconds(10);

std::string shown(std::chrono::nanoseconds length) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(length).count();
  return milliseconds % 1000 == 0 ? std::to_string(milliseconds / 1000) + "s" : std::to_string(milliseconds) + "ms";
}

std::string shown(std::chrono::system_clock::time_point when) {
  const auto seconds = std::chrono::system_clock::to_time_t(when);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  const auto length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text.data(), length};
}

int make_wake() {
  const int file = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (file < 0) throw std::system_error(errno, std::generic_category(), "cannot supervise a program");
  return file;
}

}  // namespace

supervisor::supervisor(supervise_settings settings) : settings_(std::move(settings)), wake_(make_wake()) {
  thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
}

supervisor::~supervisor() {
  thread_.request_stop();
  wake();
  thread_.join();
  if (host_.news >= 0) ::close(host_.news);
  ::close(wake_);
}

// ---- called by others ----

void supervisor::on_thread(std::function<void()> task) {
  auto done = std::make_shared<std::promise<void>>();
  auto result = done->get_future();
  {
    const std::lock_guard lock(mutex_);
    tasks_.emplace_back([done, task = std::move(task)] {
      try {
        task();
        done->set_value();
      } catch (...) {
        done->set_exception(std::current_exception());
      }
    });
    hurry_.request_stop();
  }
  wake();
  result.get();
}

void supervisor::attach(supervisor_host host, supervise_settings settings) {
  on_thread([&] {
    settings_ = std::move(settings);
    due_.reset();
    if (host_.news >= 0) ::close(host_.news);
    host_ = std::move(host);
    // The host has it: an error here must not make the caller close its descriptor. The next round tries again.
    detail::caught_last("the report of a program's end", [this] { report_own_end(); });
  });
}

void supervisor::detach() {
  on_thread([this] {
    if (host_.news >= 0) ::close(host_.news);
    host_ = {};
  });
}

void supervisor::note_change() {
  {
    const std::lock_guard lock(mutex_);
    ++wanted_;
    waits_long_ = is_over_;
  }
  wake();
}

std::string supervisor::catch_up(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const auto target = wanted_;
  const auto is_settled = [&] { return loaded_ >= target || waits_long_; };
  news_.wait_for(lock, stop, short_wait, is_settled);
  if (loaded_ >= target) return {};
  return why_not_.empty() ? "the program has not loaded yet what has changed" : why_not_;
}

std::string supervisor::text() const {
  const std::lock_guard lock(mutex_);
  return text_;
}

void supervisor::end() {
  on_thread([this] { is_leaving_ = true; });
  std::unique_lock lock(mutex_);
  news_.wait(lock, [this] { return is_over_; });
}

void supervisor::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
}

// ---- on the thread ----

void supervisor::work(const std::stop_token& stop) {
  // An error within one round, as when memory runs out, must not end the thread: the program would be killed with it.
  const auto round = [this] {
    run_tasks();
    read_news();
    act();
    publish_text();
    wait_for_something();
  };
  while (!stop.stop_requested())
    if (!detail::caught_last("the thread that keeps a program", round)) std::this_thread::sleep_for(pause_after_fault);
  child_.reset();
}

void supervisor::run_tasks() {
  std::deque<std::function<void()>> all;
  {
    const std::lock_guard lock(mutex_);
    all.swap(tasks_);
    if (!all.empty()) hurry_ = {};
  }
  for (const auto& each : all) each();
}

void supervisor::act() {
  if (phase_ == phase::running && child_->ended()) on_own_end(child_end(*child_->ended()));
  report_own_end();
  if (phase_ == phase::ending) go_on_ending();
  if (is_leaving_) {
    if (phase_ == phase::running) begin_end();
    if (phase_ == phase::none) phase_ = phase::over;
  } else if (wanted() > loaded_) {
    if (phase_ == phase::none) start();
    else if (phase_ == phase::running) load_change();
  }
}

void supervisor::start() {
  if (!may_begin())
    return wait_because(name() +
                            " is started when the other sinks of its pipelines have applied; if one of them needs this "
                            "program for that, say after = \"own\"",
                        false);
  if (clock::now() < not_before_) return;
  const auto change = wanted();  // before the start: what changes meanwhile may come too late for it
  std::string why;
  child_ = supervised_child::start(settings_.program, why);
  if (!child_) {
    not_before_ = clock::now() + pause_after_failed_start;
    return wait_because(why + "; retrying", true);
  }
  phase_ = phase::running;
  since_ = std::chrono::system_clock::now();
  due_.reset();
  reloads_ = 0;
  if (host_.log) host_.log(name() + " runs as process " + std::to_string(child_->pid()));
  if (host_.started) host_.started();
  note_loaded(change);
}

void supervisor::load_change() {
  if (settings_.splay.count() > 0) {
    if (!due_)
      due_ = clock::now() +
             std::chrono::nanoseconds(std::uniform_int_distribution<std::int64_t>(0, settings_.splay.count())(random_));
    if (clock::now() < *due_)
      return wait_because(
          "the files are in place; within " + shown(settings_.splay) + ", as splay says, the program is to load them",
          true);
  }
  if (!settings_.reload_signal) return begin_end();
  if (clock::now() < not_before_) return;
  std::stop_token hurry;
  {
    const std::lock_guard lock(mutex_);
    hurry = hurry_.get_token();
  }
  const auto change = wanted();
  if (const auto why = child_->send_when_it_listens(*settings_.reload_signal, hurry); !why.empty()) {
    not_before_ = clock::now() + pause_after_failed_signal;
    return wait_because(
        name() + " has not got " + name_of_signal(*settings_.reload_signal) + " yet: " + why + "; it is sent later",
        true);
  }
  due_.reset();
  ++reloads_;
  if (host_.signalled) host_.signalled();
  note_loaded(change);
}

void supervisor::begin_end() {
  phase_ = phase::ending;
  kill_at_ = clock::now() + settings_.kill_timeout;
  was_killed_ = false;
  // A shell does not pass a signal on to what it runs.
  if (settings_.program.is_shell_line) child_->send_to_group(settings_.kill_signal);
  else child_->send(settings_.kill_signal);
  wait_because(name() + " is being restarted, and has not ended yet after " + name_of_signal(settings_.kill_signal) +
                   "; it is killed after " + shown(settings_.kill_timeout),
               false);
}

void supervisor::go_on_ending() {
  const auto& how = child_->ended();
  if (!how || child_->has_left_others()) {
    if (clock::now() < kill_at_) return;
    if (!std::exchange(was_killed_, true) && host_.log)
      host_.log(name() + (how ? " has left processes that run" : " runs") + " " + shown(settings_.kill_timeout) +
                " after " + name_of_signal(settings_.kill_signal) + ": killed");
    child_->send_to_group(SIGKILL);
    if (!how) return;
  }
  auto end = *how;
  child_.reset();
  phase_ = phase::none;
  last_end_ = end.text();
  if (host_.log) host_.log(name() + " " + last_end_ + (was_killed_ ? "" : ", as it was asked to"));
  if (!is_leaving_) return;
  phase_ = phase::over;
  // What it was asked to do is no failure of it.
  if (end.signal == settings_.kill_signal) end.code = 0;
  report_end(end, false);
}

void supervisor::on_own_end(const child_end& how) {
  unreported_ = how;
  phase_ = phase::over;
  last_end_ = how.text();
  child_.reset();
  wait_because(name() + " " + last_end_ + ", and drcon stops for it", true);
}

void supervisor::report_own_end() {
  if (!unreported_ || !host_.ended) return;
  report_end(*unreported_, true);
  unreported_.reset();  // not before the host has it: drcon would never end
}

void supervisor::report_end(const child_end& how, bool by_itself) const {
  if (host_.ended) host_.ended(how, by_itself, name() + " " + how.text());
}

void supervisor::read_news() {
  if (host_.news < 0) return;
  std::array<unsigned char, 64> all{};
  for (;;) {
    const auto length = ::read(host_.news, all.data(), all.size());
    if (length < 0 && errno == EINTR) continue;
    if (length == 0) ::close(std::exchange(host_.news, -1));  // the host listens to another instance
    if (length <= 0) return;
    for (const auto each : std::span(all.data(), static_cast<std::size_t>(length))) {
      if (each == DRCON_BEGIN) others_have_applied_ = true;
      else if (child_) child_->send(each);
      else if (host_.log) host_.log("signal " + name_of_signal(each) + " came while " + name() + " did not run");
    }
  }
}

std::uint64_t supervisor::wanted() const {
  const std::lock_guard lock(mutex_);
  return wanted_;
}

void supervisor::note_loaded(std::uint64_t change) {
  {
    const std::lock_guard lock(mutex_);
    loaded_ = change;
    waits_long_ = false;
    why_not_.clear();
  }
  publish_text();
  news_.notify_all();
}

void supervisor::wait_because(const std::string& why, bool for_long) {
  {
    const std::lock_guard lock(mutex_);
    why_not_ = why;
    waits_long_ = for_long;
  }
  if (for_long) news_.notify_all();
}

void supervisor::publish_text() {
  std::string text;
  if (phase_ == phase::running || phase_ == phase::ending)
    text = name() + (phase_ == phase::ending ? " is to end: process " : " runs as process ") +
           std::to_string(child_->pid()) + " since " + shown(since_);
  else text = name() + (phase_ == phase::over ? " has ended" : " does not run yet");
  if (phase_ == phase::running && reloads_ > 0) text += ", reloaded " + std::to_string(reloads_) + " times";
  if (!last_end_.empty()) text += (phase_ == phase::over ? ": it " : "; the process before it ") + last_end_;
  const std::lock_guard lock(mutex_);
  text_ = std::move(text);
  if (is_over_ || phase_ != phase::over) return;
  is_over_ = true;
  news_.notify_all();
}

std::optional<supervisor::clock::time_point> supervisor::next_time() const {
  const auto now = clock::now();
  if (phase_ == phase::ending)
    return was_killed_ || child_->descriptor() < 0 || child_->has_ended() ? now + look_at_group
                                                                          : std::min(kill_at_, now + short_wait);
  if (phase_ == phase::running && child_->descriptor() < 0) return now + look_at_group;
  if (wanted() <= loaded_ || phase_ == phase::over) return {};
  if (phase_ == phase::none && !may_begin()) return {};
  return std::max(due_.value_or(not_before_), not_before_);
}

void supervisor::wait_for_something() const {
  int milliseconds = -1;
  if (const auto when = next_time())
    milliseconds = static_cast<int>(std::clamp<std::int64_t>(
        std::chrono::ceil<std::chrono::milliseconds>(*when - clock::now()).count(), 0, 60'000));
  const bool watches_child = child_ && !child_->has_ended();
  std::array<pollfd, 3> all{{{.fd = wake_, .events = POLLIN, .revents = 0},
                             {.fd = watches_child ? child_->descriptor() : -1, .events = POLLIN, .revents = 0},
                             {.fd = host_.news, .events = POLLIN, .revents = 0}}};
  ::poll(all.data(), all.size(), milliseconds);
  std::uint64_t ignored = 0;
  [[maybe_unused]] const auto drained = ::read(wake_, &ignored, sizeof ignored);
}

}  // namespace drcon::templates
