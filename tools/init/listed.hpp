// Names in a line for people.
//
// Pure functions.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

namespace drcon::init {

/// "a, b, …" with so many of them at most.
inline std::string listed(const std::vector<std::string>& names, std::size_t most = std::string::npos) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), most); ++i) text += (i == 0 ? "" : ", ") + names[i];
  return text + (names.size() > most ? ", …" : "");
}

}  // namespace drcon::init
