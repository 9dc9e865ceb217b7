// What Nomad answers.
//
// Pure functions.
#pragma once

#include "common/http_answer.hpp"
#include "common/readiness.hpp"
#include "nomad/settings.hpp"

#include <drcon/model.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace drcon::nomad {

/// The header of answers that has their index, in lower case.
inline constexpr auto index_header = "x-nomad-index";

/// The headers of every request: the ACL token, where there is one.
std::vector<common::http_header> token_headers(const std::string& token);
/// The parameters that every request of a namespace has, "namespace=…&region=…", without those that are empty.
std::string scope(const std::string& ns, const std::string& region);

/// Why an answer cannot be used, in words for people; nothing when it can.
std::optional<std::string> fault_of(const common::http_answer& answer);
/// What a failed query says of the next one, for readiness.
common::failure kind_of(const common::http_answer& answer);

struct instances {
  std::vector<endpoint> endpoints;
  std::map<std::string, std::string> left_out;  ///< id -> why
};

/// The body of /v1/service/NAME, or nothing, and why.
std::optional<instances> read_instances(const std::string& body, const selection& asked, std::string& why);

}  // namespace drcon::nomad
