// Services that have fewer endpoints in service than their source waits for when it starts: the option `at_least`.
//
// Until the source is ready nothing of it is rendered, so that a target never begins with half of a service. From then
// on nothing is awaited: what a service loses later is for the pipeline's brake to judge.
// Thread rule: that of its owner.
#pragma once

#include "common/count_of.hpp"

#include <cstddef>
#include <map>
#include <string>

namespace drcon::common {

class awaited_endpoints {
public:
  /// The service has `found` endpoints in service. True when it has to be waited for.
  bool must_wait(const std::string& service, std::size_t found, std::size_t at_least) {
    if (is_over_ || found >= at_least) {
      missing_.erase(service);
      return false;
    }
    missing_[service] =
        "waiting for " + count_of(at_least, "endpoint") + " of " + service + ", which has " + std::to_string(found);
    return true;
  }

  /// The source is ready.
  void end() {
    is_over_ = true;
    missing_.clear();
  }

  bool is_over() const { return is_over_; }

  /// For the status; empty when nothing is awaited.
  std::string text() const {
    if (missing_.empty()) return {};
    const auto more = missing_.size() - 1;
    return missing_.begin()->second + (more == 0 ? "" : "; and for " + std::to_string(more) + " more");
  }

private:
  std::map<std::string, std::string> missing_;  // service -> what the status says
  bool is_over_ = false;
};

}  // namespace drcon::common
