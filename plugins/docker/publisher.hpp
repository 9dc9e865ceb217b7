// Publishes the services that have changed, and reports what is left out.
//
// Thread rule: owned by its user.
#pragma once

#include "docker/omissions.hpp"
#include "docker/services.hpp"

#include <drcon/context.hpp>

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace drcon::docker {

class publisher {
public:
  /// `expected`: services that are published even while nothing offers them.
  publisher(context host, std::vector<std::string> expected)
      : host_(host), expected_(std::move(expected)), omissions_(host) {}

  /// Takes note of the services that may have changed.
  void take(inventory& found);
  /// All that was published, and what is there now, is compared again.
  void take_all(const inventory& found);
  /// Publishes what was taken note of. With `keeps_losses` a service that would lose an endpoint waits. True when the
  /// status may have changed.
  bool publish(inventory& found, bool keeps_losses);
  /// Services wait, because they would lose an endpoint.
  bool waits() const { return !stale_.empty(); }
  /// The figures, and what they say to people: "2 services, 3 endpoints".
  std::string report() const;

private:
  void publish_one(const std::string& name, std::vector<endpoint> now);
  bool would_lose(const std::string& service, const std::vector<endpoint>& now) const;

  context host_;
  std::vector<std::string> expected_;
  omissions omissions_;
  std::map<std::string, std::vector<endpoint>> published_;
  std::set<std::string> stale_;  // services to be published
};

}  // namespace drcon::docker
