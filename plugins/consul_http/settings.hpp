// The options of a consul-http source, as values.
#pragma once

#include "common/http2/request_channels.hpp"
#include "common/http_server.hpp"

#include <drcon/model.hpp>
#include <drcon/options.hpp>

#include <pattern.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace drcon::consul {

enum class consistency { usual, stale, consistent, cached };

/// Which endpoints of a service are selected.
enum class health_level {
  passing,  ///< passing only
  warning,  ///< passing and warning
  any,      ///< all, with the health each has
};

/// What is published of an endpoint beyond what load balancers need, as metadata.
struct details {
  bool node = false;       ///< node_id, node_address, node_meta.KEY
  bool addresses = false;  ///< tagged_address.KEY of the service, node_tagged_address.KEY of the node
  bool checks = false;     ///< checks: a JSON list
};

/// Which address and port of an instance are published, where it has several.
struct place_choice {
  std::string address;  ///< the key of a tagged address, or empty: the usual one
  std::string port;     ///< the name of a port, or empty: the default one
};

/// What is asked for under a name.
enum class asked_as {
  service,
  mesh,   ///< the proxies of the service mesh that serve it
  query,  ///< a prepared query
};

/// One entry of `service`: a service by name, or every service of the catalogue that matches.
struct selection {
  std::string name;  ///< or empty, and then one of the next two
  asked_as as_what = asked_as::service;
  std::optional<pattern> match;  ///< on the whole name
  std::string match_text;        ///< the same, as it was written
  std::string with_tag;
  std::string as;            ///< published under this name; empty: its own
  std::size_t at_least = 0;  ///< endpoints in service without which the source does not become ready

  std::vector<std::string> tags;  ///< endpoints carry all of these
  health_level health = health_level::passing;
  place_choice place_of_instance;
  std::string filter;
  std::string near;
  std::string datacenter;
  std::string ns;
  std::string partition;
  std::string peer;            ///< the cluster peering that it is imported by
  std::string sameness_group;  ///< Consul Enterprise

  bool by_name() const { return !name.empty(); }
  /// Consul answers it at once, without an index that would say anything.
  bool is_query() const { return as_what == asked_as::query; }
  /// The catalogue, the checks and the nodes do not show its changes under its name: only an answer about it does.
  bool is_unlisted() const { return as_what != asked_as::service || !peer.empty() || !sameness_group.empty(); }
  /// Selections of one place share a catalogue.
  std::string place() const { return datacenter + "\n" + ns + "\n" + partition; }
};

struct settings {
  common::http_server server;
  common::http_choice http = common::http_choice::automatic;
  std::string token;
  std::vector<selection> services;
  consul::consistency consistency = consistency::usual;
  consul::details details;
  std::chrono::nanoseconds max_stale{};
  std::chrono::nanoseconds wait{};
  std::chrono::nanoseconds retry_min{};
  std::chrono::nanoseconds retry_max{};
  std::optional<std::size_t> connections;  ///< nothing: as many as the agent allows, less a share for others
  double rotation_rate = 0;                ///< plain queries a second, at most
  std::optional<std::chrono::nanoseconds> rotation_max_age;  ///< nothing: by what is known of changes
};

/// Throws config_error for what the schema cannot judge.
settings read_settings(const options& table);

}  // namespace drcon::consul
