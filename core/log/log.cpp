#include "log/log.hpp"

#include "base/guarded_file.hpp"
#include "base/write_all.hpp"
#include "log/fold.hpp"
#include "log/journald.hpp"
#include "log/news.hpp"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/dist_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <array>
#include <atomic>
#include <mutex>

namespace drcon::log {
namespace {

std::atomic<level> least_level{level::info};
std::atomic<bool> as_json{false};
std::atomic<bool> in_file{false};
std::atomic<bool> to_journal{false};

constexpr auto text_pattern = "%Y-%m-%dT%H:%M:%S.%e%z %l %v";

// Where the lines go: one sink at a time, which may be replaced while other threads write.
const std::shared_ptr<spdlog::sinks::dist_sink_mt>& outlet() {
  static const auto& only = *new auto(std::make_shared<spdlog::sinks::dist_sink_mt>(
      std::vector<spdlog::sink_ptr>{std::make_shared<spdlog::sinks::stderr_sink_mt>()}));
  return only;
}

// Never destroyed: a thread of a plugin that overstays may log while the process ends.
spdlog::logger& logger() {
  static spdlog::logger& only = *[] {
    auto* made = new spdlog::logger("drcon", outlet());
    made->set_pattern(text_pattern);
    made->set_level(spdlog::level::trace);  // the level was compared before
    made->flush_on(spdlog::level::trace);
    return made;
  }();
  return only;
}

// Lines at the end of a file that is open already: spdlog would open it by name, and follow any link.
class open_file final : public spdlog::sinks::base_sink<std::mutex> {
public:
  explicit open_file(int file) : file_(file) {}
  ~open_file() override { ::close(file_); }
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;

private:
  void sink_it_(const spdlog::details::log_msg& line) override {
    spdlog::memory_buf_t text;
    formatter_->format(line, text);
    (void)base::write_all(file_,
                          {text.data(), text.size()});  // there is no place to report that a log cannot be written
  }
  void flush_() override {}

  const int file_;
};

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

std::string json_line(level which, const base::subject& about, std::string_view text) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const nlohmann::ordered_json line{{"time", std::chrono::duration<double>(now).count()},
                                    {"level", name_of(which)},
                                    {"component", to_string(about)},
                                    {"message", text}};
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

void write_unfolded(level which, const base::subject& about, std::string_view text) {
  if (to_journal && write_to_journal(which, about, text)) return;
  if (as_json) logger().log(to_spdlog(which), "{}", json_line(which, about, text));
  else logger().log(to_spdlog(which), "[{}] {}", to_string(about), text);
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
  logger().set_pattern(as_json ? "%v" : text_pattern);
}

base::result<> to_file(const std::filesystem::path& file) {
  spdlog::sink_ptr next;
  if (file.empty()) {
    next = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  } else {
    std::error_code error;
    if (!std::filesystem::is_directory(std::filesystem::absolute(file).parent_path(), error))
      return base::failure{"cannot log to " + file.string() + ": there is no directory " + file.parent_path().string()};
    const auto opened = base::open_to_append(file);
    if (!opened) return base::failure{"cannot log to " + file.string() + ": " + opened.error().why};
    next = std::make_shared<open_file>(*opened);
  }
  in_file = !file.empty();
  choose_journal();
  next->set_pattern(as_json ? "%v" : text_pattern);
  outlet()->set_sinks({next});
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

void flush() {
  std::vector<fold::summary> left_out;
  {
    const std::lock_guard lock(folded().mutex);
    left_out = folded().lines.flush(fold::clock::now());
  }
  write_summaries(left_out);
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
