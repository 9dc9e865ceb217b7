// The snapshots that sinks are tried with.
#pragma once

#include <drcon/model.hpp>

#include <vector>

namespace drcon::conformance::worlds {

/// Two services with a few endpoints; differs with `turn`.
std::vector<service> small(int turn);

/// What the host lets pass and a careless sink does not survive, each apart.
std::vector<std::vector<service>> hostile();

std::vector<service> settings();

/// 100,000 endpoints in 1,000 services.
std::vector<service> huge();

}  // namespace drcon::conformance::worlds
