// Pieces of TOML.
//
// Thread rule: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace drcon::importing::toml {

std::string list(const std::vector<std::string>& texts);
/// Each line of it behind "# ", none longer than 120 columns where words allow it.
std::string comment(const std::string& content);
/// A name for a table that nobody has yet: small letters, digits and '-'.
std::string free_name(std::string_view wish, std::vector<std::string>& taken);

}  // namespace drcon::importing::toml
