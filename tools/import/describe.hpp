// What help, drcon's manual page and the shells' completion say of this program.
//
// Thread rule: pure functions.
#pragma once

#include <string>

namespace drcon::importing {

/// In JSON, in the form that core/cli/tools.hpp reads.
std::string description();
/// Of one verb, or of the program when `verb` is empty.
std::string help(const std::string& verb);

}  // namespace drcon::importing
