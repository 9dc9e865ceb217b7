// The program that Consul Template keeps (`exec`), as the option `supervise` of a template sink.
//
// Thread rule: pure functions.
#pragma once

#include "import/settings.hpp"

#include <string>

namespace drcon::importing {

bool keeps_program(const settings& given);

/// The lines of the option, or nothing when no program is kept.
std::string supervise_of(const settings& given, report& found);

}  // namespace drcon::importing
