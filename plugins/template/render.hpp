// From services to what a template can say: the names that stand in {{braces}}.
//
// Pure functions. The plugin's README lists the names.
#pragma once

#include "common/mustache_template.hpp"

#include <drcon/model.hpp>

#include <string>
#include <vector>

namespace drcon::templates {

/// What a template can say besides services.
struct surroundings {
  std::string sink;
  std::uint64_t revision = 0;
};

/// The values that `form` asks for, and few others: an endpoint stands in many places, and most templates look at one
/// of them.
common::mustache_template::values values_of(const std::vector<service>& all, const common::mustache_template& form,
                                            const surroundings& around);

}  // namespace drcon::templates
