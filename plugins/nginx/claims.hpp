// Which service has a name, where nginx takes several names for one: it does not distinguish case.
//
// Pure. Anybody who may register a service could otherwise take over the requests to another by the name in capitals.
#pragma once

#include "nginx/desired.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace drcon::nginx {

struct claims {
  std::vector<upstream> admitted;
  std::map<std::string, std::string> left_out;  ///< service -> why
};

/// Admits the service whose very name is among `served`, the names of the upstreams that nginx has of us, and leaves
/// out all others of that name. When none of them is served, nothing shows whose name it is, and all are left out.
claims settle_claims(std::vector<upstream> desired, const std::set<std::string>& served);

}  // namespace drcon::nginx
