// Consul Template's command line, and the configuration that it and the files that it names are together.
//
// Thread rule: one thread. Files are read.
#pragma once

#include "import/consul_template.hpp"
#include "import/flags.hpp"

#include <span>
#include <string>
#include <vector>

namespace drcon::importing {

std::span<const flag> consul_template_flags();

/// Adds a file, or all files below a directory in order of their names.
void read_settings_at(const std::string& path, const place& where, const import_surroundings& around, settings& result,
                      report& found);

/// `words` may begin with the program's own name.
settings read_consul_template_line(std::span<const std::string> words, import_surroundings& around, report& found);

}  // namespace drcon::importing
