// The templates that a configuration names: read, and asked what they ask for.
//
// Thread rule: one thread.
#pragma once

#include "import/asks.hpp"
#include "import/consul_template.hpp"

#include <optional>
#include <string>

namespace drcon::importing {

struct read_template {
  std::string path;  // for the configuration
  std::string left_delimiter;
  std::string right_delimiter;
  asks asked;
};

/// A template that cannot be read is a fault, and asks for nothing.
read_template read(const template_stanza& stanza, const settings& given, const import_surroundings& around,
                   report& found);

/// The whole of a regular file; nothing when it cannot be read.
std::optional<std::string> text_of_file(const std::string& path);

/// The absolute path of a file that a configuration names.
std::string absolute(const std::string& path, const import_surroundings& around);

}  // namespace drcon::importing
