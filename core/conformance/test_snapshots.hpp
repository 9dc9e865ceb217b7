// The snapshots that the kit hands to the sinks it tests.
//
// Thread rule: pure functions.
#pragma once

#include <drcon/model.hpp>

#include <vector>

namespace drcon::conformance::snapshots {

/// Two services with a few endpoints; their ports differ with `turn`, so that each is a change.
std::vector<service> small(int turn);

/// Values that the host lets pass and that a careless sink does not survive, one snapshot for each idea.
std::vector<std::vector<service>> hostile();

/// A service that carries values and no endpoints, beside an ordinary one.
std::vector<service> settings();

/// 100,000 endpoints in 1,000 services.
std::vector<service> huge();

}  // namespace drcon::conformance::snapshots
