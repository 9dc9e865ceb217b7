// A good source and sink whose other side may be unreachable: passes every case, those of an error included.
#include <drcon/sink.hpp>
#include <drcon/source.hpp>

#include <chrono>
#include <string>

namespace {

using namespace std::chrono_literals;

constexpr const char* client_schema = R"({
  "type": "object", "additionalProperties": false,
  "properties": { "reachable": { "type": "boolean", "default": true, "description": "Whether the other side is there." }}})";

class client_source final : public drcon::blocking_source {
public:
  static constexpr const char* schema = client_schema;

  client_source(drcon::context host, const drcon::options& options)
      : blocking_source(host), reachable_(options["reachable"].boolean()) {}

  void run(std::stop_token stop) override {
    for (; !stop.stop_requested(); sleep(stop, 50ms)) {
      if (!reachable_) {
        host().unknown({}, "connection refused");
        host().status_away("connection refused");
        continue;
      }
      drcon::service now{.name = "web", .revision = 1, .endpoints = {}, .values = {}};
      now.endpoints.push_back({.id = "one", .node = {}, .address = "127.0.0.1", .port = 80, .tags = {}, .meta = {}});
      host().publish(now);
      host().ready();
    }
  }

private:
  const bool reachable_;
};

class client_sink final : public drcon::blocking_sink {
public:
  static constexpr const char* schema = client_schema;

  client_sink(drcon::context host, const drcon::options& options)
      : blocking_sink(host), reachable_(options["reachable"].boolean()) {}

  drcon::outcome apply(const drcon::update_view& update, std::stop_token) override {
    if (!reachable_) return drcon::retry("connection refused");
    target_ = count_of(update);
    return drcon::ok();
  }
  bool render(const drcon::update_view& update) override {
    host().rendered("count", count_of(update), target_);
    return true;
  }

private:
  static std::string count_of(const drcon::update_view& update) {
    return std::to_string(update.wanted().services().size());
  }

  const bool reachable_;
  std::string target_;
};

}  // namespace

static const drcon_source_type source_type = drcon::detail::source_type<client_source>();
static const drcon_sink_type sink_type = drcon::detail::sink_type<client_sink>();
extern "C" DRCON_EXPORT const drcon_plugin drcon_plugin_entry =
    drcon::detail::entry("good-client", "1.0.0", "A client of something.", &source_type, &sink_type);
