// What a pipeline takes of a service: its filter and its limit.
//
// Thread rule: immutable once made.
#pragma once

#include "config/configuration.hpp"
#include "model/snapshot_ptr.hpp"

#include <drcon/update.hpp>

#include <pattern.hpp>

namespace drcon::engine {

class service_filter {
public:
  service_filter(const config::filter_config& filter, const config::limit_config& limit);

  /// The service as the pipeline sees it. The same object when nothing is left out, so that snapshots share it; null
  /// when its name does not fit.
  model::service_ptr apply(const model::service_ptr& whole) const;

  /// Why the filter leaves out this endpoint of this service, as a sentence; empty when it does not. The limit does not
  /// count here: it depends on the other endpoints.
  std::string why_not(const std::string& service, const endpoint_view& each) const;
  bool has_limit() const { return limit_.endpoints > 0; }

private:
  enum class unfit { no, health, tags, without_tags, datacenter, meta };
  bool takes(const std::string& service) const;
  unfit judge(const endpoint_view& each) const;
  bool takes(const endpoint_view& each) const { return judge(each) == unfit::no; }
  void choose(const std::string& service, std::vector<endpoint_view>& endpoints) const;

  const config::filter_config filter_;
  const config::limit_config limit_;
  pattern name_;
};

}  // namespace drcon::engine
