// What the environment of a container says: docker run -e CONSUL=HOST:8500 -e SERVICE=web …
//
// Pure functions.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drcon::container {

struct variable {
  const char* name;
  const char* meaning;
};

/// All that are read, in the order in which help lists them.
const std::vector<variable>& variables();

struct container_settings {
  std::string consul;                 ///< a URL
  std::vector<std::string> services;  ///< by name, in the order given
  std::string match;                  ///< or a regular expression for the whole name; then there are no names
  std::string balance = "round_robin";
  int port = 80;
  bool has_token = false;  ///< the configuration takes it from the environment
  std::string ca_file;
  std::string cert_file;
  std::string key_file;
};

using environment = std::function<std::optional<std::string>(const std::string& name)>;

/// Nothing when something is wrong: then `why` says what, and what is expected.
std::optional<container_settings> read_settings(const environment& of, std::string& why);

}  // namespace drcon::container
