// How a running engine is: one verdict, and the sentences behind it.
//
// Thread rule: the engine's thread.
#pragma once

#include "engine/engine.hpp"
#include "report/remark.hpp"

#include <string>
#include <vector>

namespace drcon::report {

/// How all of it is. Programs decide by this, people read to_words().
enum class verdict {
  ok,         ///< every sink serves what it should, and nobody needs to look
  caveats,    ///< every sink serves what it should, but caveats() has lines
  under_way,  ///< an update is being applied, and nothing is in its way
  wrong,      ///< something is in the way, or what is served may be out of date
};

/// The word in JSON ("state" of a status): "ok", "caveats", "under_way" or "wrong". Scripts compare with it, so it does
/// not change.
const char* to_string(verdict which);
/// The phrase for people: "in sync", "OK, with warnings", "under way" or "needs attention".
const char* to_words(verdict which);

verdict verdict_of(const engine::engine& engine);
/// Whether that is `wrong`, which takes less to find out.
bool needs_attention(const engine::engine& engine);

/// What is still open: what needs attention, and sinks that are applying an update.
std::vector<remark> open_remarks(const engine::engine& engine);
/// What keeps the verdict from `ok` although nothing is open: who is unreachable, is left out, or is paused.
std::vector<remark> warnings(const engine::engine& engine);

/// What people read of them, one line each.
std::vector<std::string> unsettled(const engine::engine& engine);
std::vector<std::string> caveats(const engine::engine& engine);

}  // namespace drcon::report
