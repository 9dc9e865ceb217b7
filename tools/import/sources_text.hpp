// The [source.…] tables for what templates ask for.
//
// Thread rule: pure functions.
#pragma once

#include "import/consul_template.hpp"
#include "import/watches.hpp"

#include <string>
#include <vector>

namespace drcon::importing {

/// The tables, with comments that say what was chosen, why, and what it costs. Their names go to `names`.
std::string sources_text(const settings& given, const import_surroundings& around, const watches& needed,
                         std::vector<std::string>& names, report& found);

}  // namespace drcon::importing
