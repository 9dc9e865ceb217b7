// What a pipeline takes of a service: its filter and its limit.
//
// Thread rule: immutable once made.
#pragma once

#include "config/configuration.hpp"
#include "model/snapshot.hpp"

#include <regex>

namespace drcon::engine {

class shape {
public:
  shape(const config::filter_config& filter, const config::limit_config& limit);

  /// The service as the pipeline sees it: itself when nothing is left out; null when its name is not wanted.
  model::service_ptr apply(const model::service_ptr& whole) const;

  /// Why the filter leaves out this endpoint of this service, for a person; empty when it does not. The limit is not
  /// looked at: that depends on the others.
  std::string why_not(const std::string& service, const endpoint& each) const;
  bool has_limit() const { return limit_.endpoints > 0; }

private:
  enum class unfit { no, health, tags, without_tags, datacenter, meta };
  bool takes(const std::string& service) const;
  unfit judge(const endpoint& each) const;
  bool takes(const endpoint& each) const { return judge(each) == unfit::no; }
  void choose(const std::string& service, std::vector<endpoint>& from) const;

  const config::filter_config filter_;
  const config::limit_config limit_;
  std::regex name_;
};

}  // namespace drcon::engine
