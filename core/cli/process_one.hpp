// What process 1 of a container has to do, which nobody else there does: to collect processes whose parents have ended,
// and to act on signals that the kernel keeps from it otherwise.
//
// Thread rule: before any other thread is started.
#pragma once

#include <optional>

namespace drcon::cli {

/// In process 1: starts drcon as its only child, passes every signal on to it, collects every process that is left, and
/// returns the exit code of that child once it has ended. In that child, and in any process but 1: nothing, at once.
///
/// A process of its own, since drcon and its plugins wait for the programs that they run: whoever collected all
/// children within drcon would take the exit codes of checks and reloads from them.
std::optional<int> serve_as_process_one();

}  // namespace drcon::cli
