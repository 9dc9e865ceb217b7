#include "consul_http/request_targets.hpp"

#include <drcon/url.hpp>

namespace drcon::consul {
namespace {

class target {
public:
  explicit target(std::initializer_list<std::string_view> segments) {
    for (const auto segment : segments) writer_.segment(segment);
  }
  target& with(std::string_view key, std::string_view value) {
    if (!value.empty()) writer_.parameter(key, value);
    return *this;
  }
  target& flag(std::string_view key) {
    writer_.parameter(key);
    return *this;
  }
  target& blocking(const settings& all, std::optional<std::uint64_t> index) {
    if (!index) return *this;
    const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(all.wait).count();
    return with("index", std::to_string(*index)).with("wait", std::to_string(wait) + "ms");
  }
  target& place(const std::string& datacenter, const std::string& ns, const std::string& partition) {
    return with("dc", datacenter).with("ns", ns).with("partition", partition);
  }
  target& consistent(const settings& all, bool confirmed) {
    if (confirmed || all.consistency == consistency::consistent) return flag("consistent");
    if (all.consistency == consistency::stale) return flag("stale");
    return *this;
  }
  // Another server may not have the change yet that is looked for.
  target& from_leader(const settings& all) {
    return all.consistency == consistency::consistent ? flag("consistent") : *this;
  }
  std::string text() const { return writer_.text(); }

private:
  url_target_writer writer_;
};

target service_path(asked_as what, const std::string& name) {
  switch (what) {
    case asked_as::mesh: return target({"v1", "health", "connect", name});
    case asked_as::query: return target({"v1", "query", name, "execute"});
    default: return target({"v1", "health", "service", name});
  }
}

}  // namespace

std::string service_target(const settings& all, const selection& selected, const std::string& name,
                           std::optional<std::uint64_t> index, bool confirmed) {
  auto request = service_path(selected.as_what, name);
  for (const auto& tag : selected.tags) request.with("tag", tag);
  // Not `passing`: who asks why an instance is not there is answered by what its checks say. Of a sameness group Consul
  // answers with the first member that has such instances.
  if (!selected.sameness_group.empty() && selected.health == health_level::passing) request.with("passing", "1");
  request.with("filter", selected.filter)
      .with("near", selected.near)
      .place(selected.datacenter, selected.ns, selected.partition)
      .with("peer", selected.peer)
      .with("sg", selected.sameness_group);
  request.consistent(all, confirmed);
  // The agent's cache is its own watch: the query answers from it, and blocks like any other. Consul refuses `cached`
  // together with `consistent`.
  if (all.consistency == consistency::cached && !confirmed && !selected.is_query()) request.flag("cached");
  return selected.is_query() ? request.text() : request.blocking(all, index).text();
}

std::string catalog_target(const settings& all, const selection& selected, std::optional<std::uint64_t> index,
                           bool confirmed) {
  target request({"v1", "catalog", "services"});
  request.place(selected.datacenter, selected.ns, selected.partition);
  return request.consistent(all, confirmed).blocking(all, index).text();
}

std::string failing_checks_target(const settings& all, const selection& selected, std::optional<std::uint64_t> index) {
  target request({"v1", "health", "state", "any"});
  request.with("filter", "Status != \"passing\"").place(selected.datacenter, selected.ns, selected.partition);
  return request.consistent(all, false).blocking(all, index).text();
}

std::string nodes_target(const settings& all, const selection& selected, std::optional<std::uint64_t> index) {
  target request({"v1", "catalog", "nodes"});
  request.place(selected.datacenter, selected.ns, selected.partition);
  return request.from_leader(all).blocking(all, index).text();
}

std::string node_target(const settings& all, const selection& selected, const std::string& node) {
  target request({"v1", "catalog", "node", node});
  return request.place(selected.datacenter, selected.ns, selected.partition).from_leader(all).text();
}

}  // namespace drcon::consul
