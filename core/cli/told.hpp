// What the admin interface answers, as text for people. Pure: JSON in, text out.
//
// Names, tags and reasons come from registries that anybody may write to: control characters are shown, never sent to
// the terminal.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace drcon::cli {

/// As config/text.hpp's printable.
std::string harmless(const std::string& text);

/// "14:03:07.123", of today in this machine's zone; "-" for never.
std::string clock_time(double seconds_since_epoch);
/// "350 ms", "12 s", "3 h 12 min".
std::string length_of_time(double seconds);

/// Columns as wide as what is in them; the first row is the heading.
std::string table(const std::vector<std::vector<std::string>>& rows);

std::string told_status(const nlohmann::json& status);
/// One line, without its end.
std::string told_entry(const nlohmann::json& entry);
std::string told_explanation(const nlohmann::json& explanation);
/// What rollback can go back to.
std::string told_history(const nlohmann::json& pipeline);
/// Which levels of the log are written, or what was changed of that.
std::string told_levels(const nlohmann::json& levels);

}  // namespace drcon::cli
