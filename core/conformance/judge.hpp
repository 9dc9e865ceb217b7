// Whether what a source publishes is well formed.
//
// Thread rule: pure functions.
#pragma once

#include <drcon/plugin.h>

#include <optional>
#include <string>
#include <vector>

namespace drcon::conformance {

/// What is wrong with sizes, strides and pointers: a service with such a fault must not be read further.
std::optional<std::string> fault_of_layout(const drcon_service& service);

/// What the host would leave out, and keys that are not unique.
std::vector<std::string> faults_of_content(const drcon_service& service);

}  // namespace drcon::conformance
