#include "log/log.hpp"

#include "base/guarded_file.hpp"
#include "base/printed.hpp"
#include "log/background.hpp"
#include "log/fold.hpp"
#include "log/in_background.hpp"
#include "log/journald.hpp"
#include "log/news.hpp"

#include <spdlog/pattern_formatter.h>
#include <nlohmann/json.hpp>

#include <poll.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <exception>
#include <memory>
#include <mutex>

namespace drcon::log {
namespace {

std::atomic<level> least_level{level::info};
std::atomic<bool> as_json{false};
std::atomic<bool> in_file{false};
std::atomic<bool> to_journal{false};

// For a line to be written. The engine's thread waits so long at most, and once for each time that the reader stops.
constexpr auto longest_wait = std::chrono::milliseconds(20);

// Where the lines go.
class outlet {
public:
  explicit outlet(int file, bool is_own) : file_(file), is_own_(is_own) {}
  ~outlet() {
    if (is_own_) ::close(file_);
  }
  outlet(const outlet&) = delete;
  outlet& operator=(const outlet&) = delete;

  // Standard error may be one that whoever shares it has set not to block.
  void write(std::string_view text) const {
    while (!text.empty()) {
      const auto written = ::write(file_, text.data(), text.size());
      if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
      else if (written < 0 && errno == EAGAIN) wait_for_reader();
      else if (written == 0 || errno != EINTR) return;  // there is no place to report that a log cannot be written
    }
  }

private:
  void wait_for_reader() const {
    pollfd ready{.fd = file_, .events = POLLOUT, .revents = 0};
    ::poll(&ready, 1, -1);
  }

  const int file_;
  const bool is_own_;
};

std::shared_ptr<outlet> standard_error() { return std::make_shared<outlet>(STDERR_FILENO, false); }

// Never destroyed: a thread of a plugin that overstays may log while the process ends.
struct writing_state {
  std::mutex choice;  // guards `into`; not held while a line is written
  std::shared_ptr<outlet> into = standard_error();

  std::mutex one_line;  // guards `form`; held while a line is written, by the background's thread once there is one
  spdlog::pattern_formatter form{"%Y-%m-%dT%H:%M:%S.%e%z %l %v"};

  std::atomic<background*> behind{nullptr};
  std::atomic<pid_t> process{0};  // whose `behind` is: a child that was forked has no such thread
};
writing_state& writing() {
  static auto& only = *new writing_state;
  return only;
}

std::shared_ptr<outlet> present_outlet() {
  const std::lock_guard lock(writing().choice);
  return writing().into;
}

background* background_of_this_process() {
  auto* const found = writing().behind.load();
  return found != nullptr && writing().process == ::getpid() ? found : nullptr;
}

spdlog::level::level_enum to_spdlog(level which) {
  switch (which) {
    case level::trace: return spdlog::level::trace;
    case level::debug: return spdlog::level::debug;
    case level::info: return spdlog::level::info;
    case level::warning: return spdlog::level::warn;
    case level::error: break;
  }
  return spdlog::level::err;
}

std::string json_line(const line& of) {
  const nlohmann::ordered_json shown{{"time", std::chrono::duration<double>(of.when.time_since_epoch()).count()},
                                     {"level", name_of(of.which)},
                                     {"component", to_string(of.about)},
                                     {"message", of.text}};
  return shown.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string text_line(const line& of) {
  const auto text = fmt::format("[{}] {}", to_string(of.about), of.text);
  spdlog::memory_buf_t formatted;
  writing().form.format(spdlog::details::log_msg(of.when, {}, "drcon", to_spdlog(of.which), text), formatted);
  return {formatted.data(), formatted.size()};
}

void put_unlocked(const line& one) {
  if (to_journal && write_to_journal(one.which, one.about, one.text)) return;
  present_outlet()->write(as_json ? json_line(one) : text_line(one));
}

// Blocks for as long as the reader of the log does.
void put(const line& one) {
  const std::lock_guard lock(writing().one_line);
  put_unlocked(one);
}

void write_unfolded(level which, const base::subject& about, std::string_view text) {
  line one{.which = which, .about = about, .text = base::with_printed(text), .when = std::chrono::system_clock::now()};
  auto* const behind = writing().behind.load();
  if (behind == nullptr) return put(one);
  // What matters is there when an answer or a target shows it; of the rest there may be very much.
  const auto patience = which >= level::info ? longest_wait : std::chrono::milliseconds(0);
  if (writing().process == ::getpid()) return behind->add(std::move(one), patience);
  put_unlocked(one);  // in a child that was forked: it has one thread, and the lock may have been held at that moment
}

void choose_journal() { to_journal = !as_json && !in_file && is_journal(); }

}  // namespace

level current() { return least_level; }
void set_level(level least) { least_level = least; }

level level_named(std::string_view name) {
  if (name == "trace") return level::trace;
  if (name == "debug") return level::debug;
  if (name == "warning") return level::warning;
  if (name == "error") return level::error;
  return level::info;
}

const char* name_of(level which) {
  static constexpr std::array names{"trace", "debug", "info", "warning", "error"};
  return names.at(static_cast<std::size_t>(which));
}

void configure(level least, std::string_view format) {
  as_json = format == "json";
  choose_journal();
  set_level(least);
}

base::result<> to_file(const std::filesystem::path& file) {
  auto next = standard_error();
  if (!file.empty()) {
    std::error_code error;
    if (!std::filesystem::is_directory(std::filesystem::absolute(file).parent_path(), error))
      return base::failure{"cannot log to " + file.string() + ": there is no directory " + file.parent_path().string()};
    const auto opened = base::open_to_append(file);
    if (!opened) return base::failure{"cannot log to " + file.string() + ": " + opened.error().why};
    next = std::make_shared<outlet>(*opened, true);
  }
  in_file = !file.empty();
  choose_journal();
  const std::lock_guard lock(writing().choice);
  std::swap(writing().into, next);
  return {};
}

namespace {

struct folding {
  std::mutex mutex;  // guards `lines`; not held while a line is written, since that may block on a full disk or pipe
  fold lines;
};
folding& folded() {
  static auto& only = *new folding;
  return only;
}

// Pipelines, sources and sinks try again by themselves, and fail again; what the host says about itself was asked for.
bool repeats(const base::subject& about) {
  return about.kind == base::subject_kind::pipeline || about.kind == base::subject_kind::source ||
         about.kind == base::subject_kind::sink;
}

void write_summaries(const std::vector<fold::summary>& left_out) {
  for (const auto& each : left_out) write_unfolded(level::warning, each.about, each.text);
}

void end_folding(const base::subject& about) {
  if (!repeats(about)) return;
  std::vector<fold::summary> left_out;
  {
    const std::lock_guard lock(folded().mutex);
    left_out = folded().lines.interrupt(fold::clock::now(), about);
  }
  write_summaries(left_out);
}

}  // namespace

void flush() { flush_within(std::chrono::seconds(5)); }

void flush_within(std::chrono::milliseconds patience) {
  std::vector<fold::summary> left_out;
  {
    const std::lock_guard lock(folded().mutex);
    left_out = folded().lines.flush(fold::clock::now());
  }
  write_summaries(left_out);
  if (auto* const behind = background_of_this_process()) (void)behind->drain(patience, 6 * patience);
}

namespace {

std::terminate_handler handler_before = nullptr;

// What was logged last says why.
[[noreturn]] void end_with_log() {
  if (auto* const behind = background_of_this_process())
    (void)behind->drain(std::chrono::seconds(1), std::chrono::seconds(2));
  if (handler_before != nullptr) handler_before();
  std::abort();
}

}  // namespace

// Never destroyed either: after the end of this the process has little left to say, and a plugin that overstays may say
// it.
in_background::in_background() {
  writing().process = ::getpid();
  writing().behind = new background(put);
  handler_before = std::set_terminate(end_with_log);
}

in_background::~in_background() { flush(); }

std::uint64_t dropped_lines() {
  const auto* const behind = background_of_this_process();
  return behind == nullptr ? 0 : behind->dropped();
}

bool enabled(level which) { return which >= least_level; }

void write(level which, const base::subject& about, std::string_view text) {
  if (enabled(which)) write_anyway(which, about, text);
  // A recovery that is not written still ends the folding of the failure, which is news when it comes again.
  else if (which == level::info) end_folding(about);
}

void write_news(level which, const base::subject& about, std::string_view text) {
  if (!enabled(which)) return;
  end_folding(about);
  write_anyway(which, about, text);
}

void write_anyway(level which, const base::subject& about, std::string_view text) {
  fold::verdict verdict;
  if (repeats(about)) {
    const std::lock_guard lock(folded().mutex);
    auto& lines = folded().lines;
    if (which >= level::warning) verdict = lines.take(fold::clock::now(), about, std::string(text));
    else if (which == level::info) verdict.overdue = lines.interrupt(fold::clock::now(), about);
  }
  write_summaries(verdict.overdue);
  if (verdict.write) write_unfolded(which, about, text);
}

}  // namespace drcon::log
