// The plugin under test, and the options it is tested with.
#pragma once

#include "config/configuration.hpp"

#include <drcon/plugin.h>

#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace drcon::conformance {

using config::kind;

const char* to_string(kind kind);

/// What the parent has to know about a plugin. It does not load the plugin itself, which could crash it.
struct description {
  std::string name;
  std::string version;
  std::string summary;
  std::vector<kind> kinds;
};

/// A loaded plugin. Made in a child only.
class tested_plugin {
public:
  /// Loads it as the host does. Throws std::runtime_error with the host's message.
  explicit tested_plugin(const std::filesystem::path& file);

  const drcon_plugin& entry() const { return *entry_; }
  const std::filesystem::path& file() const { return file_; }
  description describe() const;
  const nlohmann::json& schema(kind kind) const { return kind == kind::source ? source_schema_ : sink_schema_; }

private:
  std::filesystem::path file_;
  const drcon_plugin* entry_ = nullptr;
  nlohmann::json source_schema_;
  nlohmann::json sink_schema_;
};

/// What the author gives to test with: a TOML file with the options as a user writes them; for a plugin that is both,
/// within [source] and [sink]. "@scratch@" in it stands for a directory of the case's own.
struct given_options {
  nlohmann::json values;            ///< checked, defaults filled in
  std::vector<std::string> faults;  ///< FILE:LINE:COLUMN: what is wrong; or what is missing
};

/// An empty `file`: the defaults alone.
given_options read_options(const tested_plugin& plugin, kind kind, const std::filesystem::path& file,
                           const std::filesystem::path& scratch);

/// `values` against the plugin's schema, as if a user had written them.
given_options check_values(const tested_plugin& plugin, kind kind, const nlohmann::json& values);

/// What a plugin's options must have and no default gives: "file (a path): File to write.".
std::vector<std::string> required_options(const nlohmann::json& schema);

}  // namespace drcon::conformance
