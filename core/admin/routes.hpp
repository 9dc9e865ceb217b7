// What the admin interface knows to answer: one table, which the requests are matched with and the OpenAPI document is
// made from.
//
// Thread rule: the engine's thread.
#pragma once

#include "admin/answer.hpp"
#include "admin/limits.hpp"
#include "metrics/metrics.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace drcon::engine {
class engine;
}

namespace drcon::admin {

/// How a reload ended.
struct reload_outcome {
  bool taken = false;
  std::vector<std::string> findings;  ///< "file:line:column: message; help"
};

/// The host that is asked about, and may be asked to change. All of it outlives the server.
struct served_host {
  engine::engine& engine;
  metrics::metrics& figures;
  std::function<reload_outcome(const std::string& who)> reload;
  std::shared_ptr<const std::atomic<std::size_t>> event_clients = nullptr;  ///< the server fills it in
};

struct parameter {
  const char* name;
  const char* meaning;
  bool required = false;
  bool is_number = false;
};

/// Who answers a route.
enum class served_by {
  engine_thread,  ///< its handler, which may ask the engine
  server_thread,  ///< its handler, which asks nobody, so that it answers while the engine is stuck
  event_stream,   ///< the server itself, for as long as the client stays
};

struct route {
  const char* method;
  const char* path;     ///< "/v1/pipelines/{name}"
  const char* summary;  ///< one sentence
  std::vector<parameter> query;
  const char* schema;        ///< of a 200 in JSON: its name in the OpenAPI document; empty: the type below
  const char* type;          ///< of a 200
  std::vector<int> refuses;  ///< the other statuses, besides those of every route
  /// Answers; `name` is the name within the path, if it has one. Null for an event stream.
  std::function<void(served_host&, const std::string& name, const asked&, const reply&)> handler;
  served_by by = served_by::engine_thread;
  bool without_token = false;                             ///< over TCP it needs no token where there is one
  std::chrono::seconds timeout = limits::answer_timeout;  ///< of the engine's thread
};

const std::vector<route>& routes();

/// The route with this method and path; null when there is none.
const route* find_route(const asked& request);

/// Finds the route and has it answer.
void handle(served_host& about, const asked& what, const reply& to);

}  // namespace drcon::admin
