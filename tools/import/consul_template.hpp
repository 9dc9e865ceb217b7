// drcon import consul-template: from settings and templates to a configuration of drcon's.
//
// Thread rule: one thread. Templates are read from their files.
#pragma once

#include "import/settings.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace drcon::importing {

struct import_surroundings {
  /// Where relative paths begin.
  std::filesystem::path directory;
  /// Where the texts are written that a configuration has in itself (`contents`). Empty: nowhere, they are faults.
  std::filesystem::path templates_directory;
  /// Consul Template reads CONSUL_HTTP_ADDR and its kin.
  std::function<std::optional<std::string>(const std::string&)> environment;
};

/// The configuration, in TOML. What it does not do is among the faults of `found`, and in its comments.
std::string translated(const settings& given, const import_surroundings& around, report& found);

}  // namespace drcon::importing
