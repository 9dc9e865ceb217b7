// What a plugin finds when it looks whether an instance of it works, and the words of it for people and programs.
//
// Values and pure functions.
#pragma once

#include <drcon/probe.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace drcon::plugins {

enum class finding_state {
  ok,
  warning,  ///< it works, and somebody should know something
  failed,   ///< it does not work
};

/// How many findings of one probe are taken: a plugin that reports for ever must not fill the memory.
inline constexpr std::size_t most_findings = 1000;

/// One thing that was looked at.
struct finding {
  std::string code;  ///< what was looked at: one of finding_codes()
  finding_state state = finding_state::ok;
  std::string what;    ///< one line
  std::string advice;  ///< what to do; may be empty

  bool operator==(const finding&) const = default;
};

/// What was found and, behind "; to do: ", the advice if there is one: for people.
std::string text_of(const finding& found);

/// The word in JSON: "ok", "warning" or "failed". Scripts compare with it, so it does not change.
const char* to_string(finding_state state);

struct finding_code {
  std::string_view code;
  std::string_view meaning;  ///< one sentence, for the reference
};
/// By the numbers of drcon/probe.h, and "create" of the host's own. Scripts compare with them, so they do not change.
const std::vector<finding_code>& finding_codes();

/// From the numbers and texts of a plugin, which may be anything.
finding finding_of(std::uint32_t subject, std::uint32_t state, std::string_view what, std::string_view advice);

/// The other way round: what such a number was; 0 for a code of the host's own.
std::uint32_t number_of(std::string_view code);
std::uint32_t number_of(finding_state state);

/// What a plugin offers, or null; `entry` is that of a library that was checked.
const drcon_probe* probe_ability(const drcon_plugin& entry);

}  // namespace drcon::plugins
