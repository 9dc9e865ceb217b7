// The tree of values that the template sink built for the former engine.
//
// Pure functions.
#pragma once

#include "bench/former/mustache.hpp"

#include <drcon/model.hpp>

#include <string>
#include <vector>

namespace drcon::former {

/// What a template can say besides services.
struct surroundings {
  std::string sink;
  std::uint64_t revision = 0;
};

/// The values that `form` asks for, and few others: an endpoint stands in many places, and most templates look at one
/// of them.
mustache_template::values values_of(const std::vector<service>& all, const mustache_template& form,
                                    const surroundings& around);

}  // namespace drcon::former
