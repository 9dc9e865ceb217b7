// The last servers of each service, so that a service that becomes empty can keep them, even across a restart.
//
// It travels in the file itself: the built-in format is read back from its upstream blocks; with a user's template
// comment lines carry it, labels included, so that a kept server is rendered as it was.
#pragma once

#include "nginx/desired.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace drcon::nginx {

/// Name of a service -> its last servers, never none.
using last_servers = std::map<std::string, std::vector<server>>;

/// Reads them from a file that this sink wrote. Lines that it could not have written are ignored.
last_servers recall(const std::string& file);

/// Names of the upstream blocks in a file that this sink wrote, of those without a server of their own as well.
std::set<std::string> recall_names(const std::string& file);

std::set<std::string> names_in(const last_servers& all);

/// The port that a file written by this sink answers its generation on.
std::optional<std::uint16_t> recall_port(const std::string& file);

/// The comment lines for files whose form is the user's.
std::string to_comment(const last_servers& all);

}  // namespace drcon::nginx
