// The admin interface: HTTP/1.1 over a unix socket.
//
//   GET /healthz      200 "ok" while the engine's thread turns
//   GET /readyz       200 when all is settled, else 503; the body says what is not
//   GET /v1/status    sources, pipelines with their endpoints, sinks (JSON)
//   GET /v1/journal   what changed, why, and what each sink did (JSON, oldest first)
//   GET /metrics      Prometheus text
//
// Thread rule: the engine's thread; a slow client waits on its own connection only.
#pragma once

#include "engine/engine.hpp"
#include "metrics/metrics.hpp"

#include <boost/asio/io_context.hpp>

#include <filesystem>
#include <memory>
#include <string>

namespace drcon::admin {

class server {
public:
  /// `engine` and `figures` outlive the server.
  server(boost::asio::io_context& context, const engine::engine& engine, const metrics::metrics& figures);
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// Listens on the socket, mode 0660; a stale one of a process that died is replaced, one in use is not. False, with
  /// a reason, when it cannot.
  bool listen(const std::filesystem::path& socket, std::string& why);
  void close();

private:
  struct listener;
  std::shared_ptr<listener> listener_;
  boost::asio::io_context& context_;
  const engine::engine& engine_;
  const metrics::metrics& figures_;
};

}  // namespace drcon::admin
