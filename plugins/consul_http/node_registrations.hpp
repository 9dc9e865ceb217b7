// What each node of Consul has registered, as far as its last answer: two answers differ where a service has changed.
//
// State without input or output. Thread rule: the strand of the watcher.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace drcon::consul {

/// One instance of a service at a node.
struct registration {
  std::string id;
  std::string service;
  std::uint64_t index = 0;  ///< when it was last registered with other content

  bool operator==(const registration&) const = default;
};

/// One node's answer.
struct node_content {
  std::uint64_t index = 0;              ///< when the node itself was last registered with other content
  std::vector<registration> instances;  ///< by id

  bool operator==(const node_content&) const = default;
};

/// The body of /v1/catalog/node/NODE. Nothing when it cannot be read. Consul answers null for a node that is gone.
std::optional<node_content> parse_node(const std::string& body);

/// The body of /v1/catalog/nodes: the names. Nothing when it cannot be read.
std::optional<std::set<std::string>> parse_nodes(const std::string& body);

/// A service that has changed. Without an index an instance of it has gone, or the registry's data are older ones than
/// before: then an index says nothing about what is newer.
struct service_change {
  std::string service;
  std::optional<std::uint64_t> index;

  auto operator<=>(const service_change&) const = default;
};

class registrations {
public:
  /// What has changed at this node since its last answer; everything it has when this is its first.
  std::set<service_change> take(const std::string& node, node_content now);
  /// Forgets the nodes that are not among `nodes`; what they had has changed.
  std::set<service_change> keep_only(const std::set<std::string>& nodes);
  /// The services that have an instance at this node.
  std::set<std::string> services_of(const std::string& node) const;

private:
  struct known {
    node_content content;
    std::uint64_t highest = 0;  // index at this node so far, also of what has gone since
  };
  std::map<std::string, known> nodes_;
};

}  // namespace drcon::consul
