// The options `supervise` of a template sink, as values.
//
// Thread rule: values.
#pragma once

#include <drcon/options.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace drcon::templates {

/// A program that runs for as long as its sink does.
struct kept_program {
  std::vector<std::string> argv;
  bool is_shell_line = false;
  std::map<std::string, std::string> environment;  ///< besides drcon's own
  friend bool operator==(const kept_program&, const kept_program&) = default;
};

struct supervise_settings {
  kept_program program;
  std::optional<int> reload_signal;  ///< nothing: it is restarted when files have changed
  int kill_signal = 0;
  std::chrono::nanoseconds kill_timeout{};
  std::chrono::nanoseconds splay{};
  bool starts_after_others = true;  ///< once the other sinks of the pipelines have applied, too
};

/// Nothing when the table is not there. Throws config_error for what the schema cannot judge.
std::optional<supervise_settings> read_supervise(const options& table);

/// SIGHUP for "HUP". Of the names that the schemas have.
int signal_of(const std::string& name);
/// "HUP" for SIGHUP.
std::string name_of_signal(int signal);
/// The program as people know it, such as 'nginx -g daemon off;'.
std::string name_of(const kept_program& program);

}  // namespace drcon::templates
