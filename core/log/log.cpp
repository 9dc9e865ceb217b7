#include "log/log.hpp"

#include "log/fold.hpp"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/dist_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <nlohmann/json.hpp>

#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <mutex>

namespace drcon::log {
namespace {

std::atomic<level> least_level{level::info};
std::atomic<bool> as_json{false};
std::atomic<bool> in_file{false};
std::atomic<bool> to_journal{false};

constexpr auto text_pattern = "%Y-%m-%dT%H:%M:%S.%e%z %l %v";

// Where the lines go: one sink at a time, which may be replaced while others write.
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
    made->set_level(spdlog::level::trace);  // what is written was judged before
    made->flush_on(spdlog::level::trace);
    return made;
  }();
  return only;
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

std::string json_line(level which, std::string_view component, std::string_view text) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const nlohmann::ordered_json line{{"time", std::chrono::duration<double>(now).count()},
                                    {"level", name_of(which)},
                                    {"component", component},
                                    {"message", text}};
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

// Standard error is systemd's journal: systemd.exec(5), $JOURNAL_STREAM.
bool is_journal() {
  const char* const given = std::getenv("JOURNAL_STREAM");
  struct stat here {};
  return given != nullptr && ::fstat(STDERR_FILENO, &here) == 0 &&
         fmt::format("{}:{}", here.st_dev, here.st_ino) == given;
}

// False when the journal does not take it.
bool write_to_journal(level which, std::string_view component, std::string_view text) {
  static constexpr std::array priorities{LOG_DEBUG, LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERR};
  const auto kind = component.substr(0, component.find(' '));
  const auto name = kind.size() < component.size() ? component.substr(kind.size() + 1) : std::string_view();
  const std::array fields{fmt::format("MESSAGE=[{}] {}", component, text),
                          fmt::format("PRIORITY={}", priorities.at(static_cast<std::size_t>(which))),
                          std::string("SYSLOG_IDENTIFIER=drcon"),
                          fmt::format("DRCON_COMPONENT={}", component),
                          fmt::format("DRCON_KIND={}", kind),
                          fmt::format("DRCON_NAME={}", name)};
  std::array<iovec, fields.size()> parts{};
  for (std::size_t i = 0; i < fields.size(); ++i)
    parts[i] = {const_cast<char*>(fields[i].data()), fields[i].size()};  // NOLINT: iovec knows no const
  return ::sd_journal_sendv(parts.data(), static_cast<int>(parts.size())) == 0;
}

void write_unfolded(level which, std::string_view component, std::string_view text) {
  if (to_journal && write_to_journal(which, component, text)) return;
  if (as_json) logger().log(to_spdlog(which), "{}", json_line(which, component, text));
  else logger().log(to_spdlog(which), "[{}] {}", component, text);
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

bool to_file(const std::filesystem::path& file, std::string& why) {
  spdlog::sink_ptr next;
  try {
    // spdlog would make the directory: where the path is wrong, as somebody else's.
    std::error_code error;
    if (!file.empty() && !std::filesystem::is_directory(std::filesystem::absolute(file).parent_path(), error))
      throw spdlog::spdlog_ex("there is no directory " + file.parent_path().string());
    if (file.empty()) next = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    else next = std::make_shared<spdlog::sinks::basic_file_sink_mt>(file.string());
  } catch (const spdlog::spdlog_ex& error) {
    why = std::string("cannot log to ") + file.string() + ": " + error.what();
    return false;
  }
  in_file = !file.empty();
  choose_journal();
  next->set_pattern(as_json ? "%v" : text_pattern);
  outlet()->set_sinks({next});
  return true;
}

namespace {

struct folding {
  std::mutex mutex;  // guards the lines; not held while writing
  fold lines;
};
folding& folded() {
  static auto& only = *new folding;
  return only;
}

void tell(const std::vector<fold::summary>& left_out) {
  for (const auto& each : left_out) write_unfolded(level::warning, each.component, each.text);
}

}  // namespace

void flush() {
  std::vector<fold::summary> left_out;
  {
    const std::lock_guard lock(folded().mutex);
    left_out = folded().lines.flush(fold::clock::now());
  }
  tell(left_out);
}

bool enabled(level which) { return which >= least_level; }

void write(level which, std::string_view component, std::string_view text) {
  if (enabled(which)) write_anyway(which, component, text);
}

void write_anyway(level which, std::string_view component, std::string_view text) {
  // Sources, sinks and pipelines ("sink edge") try again by themselves; what others say was asked for.
  const bool folds = component.find(' ') != std::string_view::npos;
  fold::verdict verdict;
  if (folds) {
    const std::lock_guard lock(folded().mutex);
    auto& lines = folded().lines;
    if (which >= level::warning) verdict = lines.take(fold::clock::now(), std::string(component), std::string(text));
    else if (which == level::info) verdict.overdue = lines.interrupt(fold::clock::now(), std::string(component));
  }
  tell(verdict.overdue);
  if (verdict.write) write_unfolded(which, component, text);
}

}  // namespace drcon::log
