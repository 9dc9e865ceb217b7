// What an answer of the server means: services, "nothing new", or a fault.
//
// Pure functions.
#pragma once

#include "common/http_answer.hpp"
#include "http/settings.hpp"

#include <drcon/model.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace drcon::http {

/// Why the answer cannot be used, in words for people; nothing for status 200 and 304.
std::optional<std::string> fault_of(const common::http_answer& answer, const settings& asked);

/// The index that the answer carries; nothing when it has none, or one that is no number.
std::optional<std::uint64_t> index_of(const common::http_answer& answer, const std::string& header);

/// The services of a body, or nothing, and why.
std::optional<std::vector<service>> read_feed(const std::string& body, const settings& asked, std::string& why);

}  // namespace drcon::http
