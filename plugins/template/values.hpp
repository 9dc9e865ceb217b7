// From services to what a template can say: the names that stand in {{braces}}.
//
// Pure functions. The plugin's README lists the names.
#pragma once

#include "common/mustache_template.hpp"
#include "template/escape.hpp"

#include <drcon/model.hpp>

#include <functional>
#include <string>
#include <vector>

namespace drcon::templates {

using refusal = std::function<void(const std::string& service, const std::string& endpoint, const std::string& why)>;

/// The services with every endpoint whose words that language can carry; `refused` hears of the others.
std::vector<service> admit(const std::vector<service>& all, language in, const refusal& refused);

struct surroundings {
  std::string sink;
  std::uint64_t revision = 0;
};

/// What `form` asks for, and little else: an endpoint stands in many places, and most templates look at one.
common::mustache_template::values values_of(const std::vector<service>& all, const common::mustache_template& form,
                                            const surroundings& around);

}  // namespace drcon::templates
