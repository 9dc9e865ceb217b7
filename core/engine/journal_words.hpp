// What the words of the journal mean, for the reference.
//
// Pure function.
#pragma once

#include "engine/journal.hpp"

#include <vector>

namespace drcon::engine {

struct journal_word {
  journal_entry::kind what;  ///< to_string() has the word: scripts compare with it, so it does not change
  const char* meaning;       ///< one sentence
};
/// All of them.
const std::vector<journal_word>& journal_words();

}  // namespace drcon::engine
