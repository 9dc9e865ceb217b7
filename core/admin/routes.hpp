// What the admin interface knows to answer: one table, which the requests are matched with and the OpenAPI document is
// made from.
//
// Thread rule: the engine's thread.
#pragma once

#include "admin/answer.hpp"
#include "engine/engine.hpp"
#include "metrics/metrics.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace drcon::admin {

/// How a reload ended.
struct reload_outcome {
  bool taken = false;
  std::vector<std::string> findings;  ///< "file:line:column: message; help"
};

/// What is asked about. All of it outlives the server.
struct subject {
  engine::engine& engine;
  metrics::metrics& figures;
  std::function<reload_outcome()> reload;
  std::shared_ptr<const std::atomic<std::size_t>> event_clients = nullptr;  ///< the server fills it in
};

struct parameter {
  const char* name;
  const char* meaning;
  bool required = false;
};

struct route {
  const char* method;
  const char* path;     ///< "/v1/pipelines/{name}"
  const char* summary;  ///< one sentence
  std::vector<parameter> query;
  const char* schema;        ///< of a 200 in JSON: its name in the OpenAPI document; empty: the type below
  const char* type;          ///< of a 200
  std::vector<int> refuses;  ///< the other statuses, besides those of every route
  /// Answers; the name within the path, if it has one, comes first. Null: the server itself does.
  std::function<void(subject&, const std::string& name, const asked&, const reply&)> handler;
};

const std::vector<route>& routes();

/// Finds the route and has it answer.
void handle(subject& about, const asked& what, const reply& to);

}  // namespace drcon::admin
