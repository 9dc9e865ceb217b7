// What a pipeline takes of a service: its filter and its limit.
//
// Thread rule: immutable once made.
#pragma once

#include "config/configuration.hpp"
#include "engine/model.hpp"

#include <regex>

namespace drcon::engine {

class shape {
public:
  shape(const config::filter_config& filter, const config::limit_config& limit);

  /// The service as the pipeline sees it: itself when nothing is left out; null when its name is not wanted.
  service_ptr apply(const service_ptr& whole) const;

private:
  bool takes(const std::string& service) const;
  bool takes(const endpoint& each) const;
  void choose(const std::string& service, std::vector<endpoint>& from) const;

  const config::filter_config filter_;
  const config::limit_config limit_;
  std::regex name_;
};

}  // namespace drcon::engine
