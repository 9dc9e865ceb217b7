// Judges the parameters of a request before anything is done for it, whoever answers its route.
#pragma once

#include "admin/answer.hpp"
#include "admin/routes.hpp"

#include <optional>

namespace drcon::admin {

/// The refusal of a request whose parameters the route cannot take; no value if it can. Any thread.
std::optional<answer> fault_of_parameters(const route& which, const asked& what);

}  // namespace drcon::admin
