// What changed between two snapshots, service by service.
#pragma once

#include "model/snapshot_ptr.hpp"

#include <string>
#include <vector>

namespace drcon::model {

/// One service that differs: `before` is null for an added one, `after` for a removed one.
struct service_change {
  service_ptr before;
  service_ptr after;
};

const std::string& name_of(const service_change& change);

/// In order of name. A null `before` stands for "nothing yet".
std::vector<service_change> difference(const snapshot* before, const snapshot& after);

/// How many endpoints came, went and changed, for one line to a person.
struct endpoint_counts {
  std::size_t added = 0;
  std::size_t removed = 0;
  std::size_t changed = 0;
};
endpoint_counts count_endpoints(const std::vector<service_change>& changes);

/// One endpoint that came, went or changed, for the journal.
struct endpoint_change {
  std::string service;
  std::string endpoint;  ///< its id
  std::string address;   ///< "address:port"
  enum class kind { added, removed, changed } what;
};
/// "added", "removed" or "changed": the word in the journal and in JSON.
const char* to_string(enum endpoint_change::kind what);
/// At most `limit` of them.
std::vector<endpoint_change> list_endpoints(const std::vector<service_change>& changes, std::size_t limit);

}  // namespace drcon::model
