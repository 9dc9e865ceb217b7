// The parent's side: runs every case in a child of its own, one after the other, and collects the results.
//
// Thread rule: one thread.
#pragma once

#include "conformance/cases.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace drcon::conformance {

enum class verdict { passed, failed, crashed, timed_out, not_run };

const char* to_string(verdict value);

struct result {
  planned_case planned;
  conformance::verdict verdict = verdict::passed;
  std::string seen;    ///< what was seen instead of what is promised, or why it was not run
  std::string output;  ///< what the child wrote last: a sanitizer's report, an assertion, the plugin's own log
  std::chrono::milliseconds took{};

  /// True when the plugin is at fault.
  bool is_breach() const { return verdict != verdict::passed && verdict != verdict::not_run; }
};

struct request {
  std::filesystem::path plugin;
  std::filesystem::path options;
  std::filesystem::path unreachable;  ///< options with which its peer cannot be reached; empty: not given
  std::string only;                   ///< regular expression for names; empty: all
};

struct findings {
  std::optional<description> plugin;  ///< nothing when it does not load
  std::vector<result> results;

  bool has_breach() const;
};

/// `on_result` is called after each case. Throws pattern_error.
findings run_all(const request& request, const std::function<void(const result&)>& on_result);

}  // namespace drcon::conformance
