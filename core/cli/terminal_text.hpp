// The answers of the admin interface as text for a terminal: JSON in, text out, without side effects.
//
// Names, tags and reasons come from registries that anybody may write to. Every text goes through printable(), so that
// control characters are shown as numbers and never reach the terminal as commands.
// Thread rule: any thread.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace drcon::cli {

/// The text with control characters as numbers, as config/text.hpp has it.
std::string printable(const std::string& text);

/// The content of a target, or a diff of it, with its lines and tabs and every other control character as a number.
std::string printable_lines(std::string_view content);
/// What goes to standard output: printable_lines() for a terminal, which would obey control characters, and the bytes
/// as they are for a file or a pipe.
std::string for_output(std::string content);

/// "14:03:07.123", of today in this machine's zone; "-" for never.
std::string clock_time(double seconds_since_epoch);
/// "350 ms", "12 s", "3 h 12 min".
std::string length_of_time(double seconds);

/// Columns as wide as what is in them; the first row is the heading.
std::string table(const std::vector<std::vector<std::string>>& rows);

/// The verdict with its lines, and a table of the pipelines.
std::string format_status(const nlohmann::json& status);
/// An entry of the journal: one line, without a line feed at its end.
std::string format_entry(const nlohmann::json& entry);
/// Each match: its verdict, then what sources, pipeline, sinks and journal have of it.
std::string format_explanation(const nlohmann::json& explanation);
/// What is needed at first: of one match the verdict, a line for each source and sink, and the newest of the journal;
/// of several their verdicts.
std::string format_short_explanation(const nlohmann::json& explanation);
/// The revisions that a rollback can go back to, as a table.
std::string format_history(const nlohmann::json& pipeline);
/// The levels of the log, or what a change of them answered.
std::string format_levels(const nlohmann::json& levels);

}  // namespace drcon::cli
