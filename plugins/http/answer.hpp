// What an answer of the server means: services, "nothing new", or a fault.
//
// Pure functions.
#pragma once

#include "common/http_answer.hpp"
#include "http/settings.hpp"

#include <drcon/model.hpp>

#include <optional>
#include <string>
#include <vector>

namespace drcon::http {

/// The status of an answer to a request that names an entity tag, while the feed has the same.
inline constexpr unsigned not_modified = 304;

/// Why the answer cannot be used, in words for people; nothing for status 200 and 304.
std::optional<std::string> fault_of(const common::http_answer& answer, const settings& asked);

/// The services of a body, or nothing, and why.
std::optional<std::vector<service>> read_feed(const std::string& body, const settings& asked, std::string& why);

}  // namespace drcon::http
