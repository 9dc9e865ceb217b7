#include "admin/routes.hpp"
#include "build/facts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace drcon::admin {
namespace {

namespace http = boost::beast::http;

response make(const request& asked, http::status status, std::string_view type, std::string body) {
  response made(status, asked.version());
  made.set(http::field::server, std::string("drcon/") + build::version);
  made.set(http::field::content_type, {type.data(), type.size()});
  made.set(http::field::cache_control, "no-store");
  made.keep_alive(asked.keep_alive());
  made.body() = std::move(body);
  made.prepare_payload();
  return made;
}

response text(const request& asked, http::status status, std::string body) {
  return make(asked, status, "text/plain; charset=utf-8", std::move(body));
}

response json(const request& asked, const nlohmann::json& body) {
  using handler = nlohmann::json::error_handler_t;
  return make(asked, http::status::ok, "application/json", body.dump(-1, ' ', false, handler::replace) + "\n");
}

nlohmann::json journal_of(const engine::engine& engine) {
  auto entries = nlohmann::json::array();
  for (const auto& each : engine.log().entries()) entries.push_back(to_json(each));
  return {{"entries", std::move(entries)}};
}

response readiness(const request& asked, const engine::engine& engine) {
  const auto lines = engine.unsettled();
  const auto status = engine.settled() ? http::status::ok : http::status::service_unavailable;
  return text(asked, status, lines.empty() ? "ready\n" : fmt::format("{}\n", fmt::join(lines, "\n")));
}

}  // namespace

response answer(const request& asked, const engine::engine& engine, const metrics::metrics& figures) {
  const std::string target(asked.target().substr(0, asked.target().find('?')));
  if (asked.method() != http::verb::get && asked.method() != http::verb::head) {
    auto refused = text(asked, http::status::method_not_allowed, "only GET is understood here\n");
    refused.set(http::field::allow, "GET, HEAD");
    return refused;
  }
  if (target == "/healthz") return text(asked, http::status::ok, "ok\n");
  if (target == "/readyz") return readiness(asked, engine);
  if (target == "/v1/status") return json(asked, engine.status());
  if (target == "/v1/journal") return json(asked, journal_of(engine));
  if (target == "/metrics") return make(asked, http::status::ok, "text/plain; version=0.0.4", figures.text());
  return text(asked, http::status::not_found,
              "no such route; there are /healthz, /readyz, /v1/status, /v1/journal and /metrics\n");
}

}  // namespace drcon::admin
