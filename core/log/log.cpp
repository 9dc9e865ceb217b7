#include "log/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <nlohmann/json.hpp>

#include <atomic>

namespace drcon::log {
namespace {

std::atomic<bool> as_json{false};

// Never destroyed: a thread of a plugin that overstays may log while the process ends.
spdlog::logger& logger() {
  static spdlog::logger& only = *[] {
    auto* made = new spdlog::logger("drcon", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
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

level level_of(spdlog::level::level_enum which) {
  return which >= spdlog::level::err ? level::error : static_cast<level>(which);
}

std::string json_line(level which, std::string_view component, std::string_view text) {
  static constexpr const char* names[] = {"trace", "debug", "info", "warning", "error"};
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const nlohmann::ordered_json line{{"time", std::chrono::duration<double>(now).count()},
                                    {"level", names[static_cast<int>(which)]},
                                    {"component", component},
                                    {"message", text}};
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

level current() { return level_of(logger().level()); }

level level_named(std::string_view name) {
  if (name == "trace") return level::trace;
  if (name == "debug") return level::debug;
  if (name == "warning") return level::warning;
  if (name == "error") return level::error;
  return level::info;
}

void configure(level least, std::string_view format) {
  as_json = format == "json";
  logger().set_level(to_spdlog(least));
  logger().set_pattern(as_json ? "%v" : "%Y-%m-%dT%H:%M:%S.%e%z %l %v");
}

bool enabled(level which) { return logger().should_log(to_spdlog(which)); }

void write(level which, std::string_view component, std::string_view text) {
  if (!enabled(which)) return;
  if (as_json) logger().log(to_spdlog(which), "{}", json_line(which, component, text));
  else logger().log(to_spdlog(which), "[{}] {}", component, text);
}

}  // namespace drcon::log
