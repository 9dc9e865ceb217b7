// The log: one line per event on standard error, as text for people or JSON for machines. Where standard error is
// systemd's journal, the text goes there with fields: DRCON_COMPONENT ("sink edge"), DRCON_KIND ("sink"), DRCON_NAME
// ("edge"). A warning or an error that repeats within a minute is counted instead.
//
// Thread rule: any thread, once configure() has returned.
#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace drcon::log {

/// Same numbers as DRCON_LOG_* of the plugin ABI.
enum class level { trace, debug, info, warning, error };

/// "trace" … "error"; anything else counts as info.
level level_named(std::string_view name);
const char* name_of(level which);

/// `format` is "text" or "json". May be called again, by a reload.
void configure(level least, std::string_view format);

/// Lines go to the end of this file from now on, and to standard error when it is empty. False when it cannot be
/// opened: then all stays as it was, and `why` tells.
bool to_file(const std::filesystem::path& file, std::string& why);

/// Tells of the lines that were folded and not counted out loud yet: at the end.
void flush();

bool enabled(level which);
/// The least level that is written, but of plugins that have one of their own: see plugin_level.hpp.
level current();
void set_level(level least);

/// `component` is what the line is about: "pipeline web", "sink edge".
void write(level which, std::string_view component, std::string_view text);
/// The same, whatever the level: for who has judged that.
void write_anyway(level which, std::string_view component, std::string_view text);

template <class... Args>
void debug(std::string_view component, fmt::format_string<Args...> text, Args&&... args) {
  if (enabled(level::debug)) write(level::debug, component, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void info(std::string_view component, fmt::format_string<Args...> text, Args&&... args) {
  write(level::info, component, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void warning(std::string_view component, fmt::format_string<Args...> text, Args&&... args) {
  write(level::warning, component, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void error(std::string_view component, fmt::format_string<Args...> text, Args&&... args) {
  write(level::error, component, fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace drcon::log
