// The log: one line per event on standard error, as text for people or JSON for machines. Where standard error is
// systemd's journal, the text goes there with fields: see journald.hpp. A warning or an error about a pipeline, a
// source or a sink that repeats within a minute is counted instead: see fold.hpp.
//
// Thread rule: any thread, once configure() has returned.
#pragma once

#include "base/result.hpp"
#include "base/subject.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace drcon::log {

/// Same numbers as DRCON_LOG_* of the plugin ABI, so that a plugin's level is cast and not translated.
enum class level { trace, debug, info, warning, error };

/// "trace" … "error"; anything else counts as info.
level level_named(std::string_view name);
const char* name_of(level which);

/// `format` is "text" or "json". May be called again, by a reload.
void configure(level least, std::string_view format);

/// Lines go to the end of this file from now on, and to standard error when it is empty. On a failure, when the file
/// cannot be opened, lines go on to where they went before.
base::result<> to_file(const std::filesystem::path& file);

/// Writes the summaries of all lines that were folded: to be called before the process ends.
void flush();

/// How many lines were not written, since whoever reads the log did not take them in time.
std::uint64_t dropped_lines();

bool enabled(level which);
/// The least level that is written. A plugin may have another one: see plugin_level.hpp.
level current();
void set_level(level least);

/// Writes the line, unless its level is below the general one.
void write(level which, const base::subject& about, std::string_view text);
/// Writes the line whatever its level: for callers that have compared it with a plugin's own level.
void write_anyway(level which, const base::subject& about, std::string_view text);

template <class... Args>
void debug(const base::subject& about, fmt::format_string<Args...> text, Args&&... args) {
  if (enabled(level::debug)) write(level::debug, about, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void info(const base::subject& about, fmt::format_string<Args...> text, Args&&... args) {
  write(level::info, about, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void warning(const base::subject& about, fmt::format_string<Args...> text, Args&&... args) {
  write(level::warning, about, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void error(const base::subject& about, fmt::format_string<Args...> text, Args&&... args) {
  write(level::error, about, fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace drcon::log
