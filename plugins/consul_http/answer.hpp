// What Consul's answers mean. Nothing is concluded from a body that does not have the expected form.
//
// Pure functions.
#pragma once

#include "common/http_answer.hpp"
#include "consul_http/settings.hpp"

#include <drcon/model.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace drcon::consul {

/// Why an answer cannot be used, as a text for people; nothing when it can.
std::optional<std::string> fault_of(const common::http_answer& answer, const settings& all, bool asked_stale);

/// An instance that is not published, by the id that its endpoint would have.
struct left_out_instance {
  std::string id;
  std::string why;
  bool has_no_port =
      false;  ///< that it has not the port which is asked for is most likely a fault of the configuration
};

/// Whose instances an answer is to have.
struct answer_of {
  bool is_query = false;  ///< that of a prepared query: a table that has the instances in a list
  std::string peer;       ///< those that this peer has exported. A Consul that knows no peers answers with its own
};

/// The body of /v1/health/service/NAME, or nothing and why. `left_out`: those that are not published; may be
/// null.
std::optional<std::vector<endpoint>> parse_endpoints(const std::string& body, health_level selected, std::string& why,
                                                     const details& extras = {}, const place_choice& place = {},
                                                     std::vector<left_out_instance>* left_out = nullptr,
                                                     const answer_of& whose = {});

/// The body of /v1/catalog/services: name -> tags.
using catalog = std::map<std::string, std::set<std::string>>;
std::optional<catalog> parse_catalog(const std::string& body, std::string& why);

/// What a check says: of which service, or of the whole node when that is empty.
struct check_state {
  std::string service;
  std::string status;

  bool operator==(const check_state&) const = default;
};

/// The body of /v1/health/state/STATE, by node and check.
using checks = std::map<std::pair<std::string, std::string>, check_state>;
std::optional<checks> parse_checks(const std::string& body);

}  // namespace drcon::consul
