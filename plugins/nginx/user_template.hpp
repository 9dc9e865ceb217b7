// Renders the services with the user's own template, instead of one upstream block for each.
//
// Pure functions. The plugin's README lists the names that a template can use.
#pragma once

#include "nginx/desired.hpp"

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace drcon::nginx {

/// A service, and the servers that stand for it: its own, kept ones, or one that answers for nobody.
struct templated_service {
  const upstream* of = nullptr;
  std::vector<server> servers;
};

/// What is wrong with a template, as "LINE:COLUMN: …", or nothing: a name in it that can mean nothing, too.
std::optional<std::string> template_fault(const std::string& text);

/// Every name that stands in a template without fault.
std::set<std::string, std::less<>> template_names(const std::string& text);

/// Throws std::runtime_error, with the place in the template, when it takes more time or memory than a template may.
std::string render_template(const std::string& text, const std::string& sink,
                            const std::vector<templated_service>& services);

}  // namespace drcon::nginx
