// What the sink remembers of services, so that an empty one can keep its last servers, even across a restart.
//
// It travels in the file itself: the built-in format is read back from its upstream blocks; with a user's template
// comment lines carry it, labels included, so that a kept server is drawn as it was.
#pragma once

#include "nginx/admit.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drcon::nginx {

/// Name of a service -> its last servers, never none.
using memory = std::map<std::string, std::vector<server>>;

/// What a file written by this sink tells. Lines that are not ours are passed over.
memory recall(const std::string& file);

/// The port that a file written by this sink answers its generation on.
std::optional<std::uint16_t> recall_port(const std::string& file);

/// The comment lines for files whose form is the user's.
std::string to_comment(const memory& all);

}  // namespace drcon::nginx
