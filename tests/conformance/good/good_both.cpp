// A good plugin in C++, both a source and a sink, with the SDK's blocking bases: passes every case of both.
#include <drcon/sink.hpp>
#include <drcon/source.hpp>

#include <atomic>
#include <chrono>
#include <string>

namespace {

using namespace std::chrono_literals;

class good_source final : public drcon::blocking_source {
public:
  static constexpr const char* schema = R"({
    "type": "object", "additionalProperties": false, "required": ["name"],
    "properties": {
      "name": { "type": "string", "minLength": 1, "description": "The service to publish." },
      "interval": { "type": "string", "format": "duration", "default": "50ms", "description": "How often." }}})";

  good_source(drcon::context host, const drcon::options& options)
      : blocking_source(host), name_(options["name"].string()), interval_(options["interval"].duration()) {}

  void run(std::stop_token stop) override {
    for (; !stop.stop_requested(); sleep(stop, interval_)) {
      drcon::service now{.name = name_, .revision = 1, .endpoints = {}, .values = {}};
      now.endpoints.push_back({.id = "one", .node = {}, .address = "127.0.0.1", .port = 80, .tags = {}, .meta = {}});
      host().publish(now);
      host().ready();
      host().status_ok();
    }
  }

private:
  std::string name_;
  std::chrono::nanoseconds interval_;
};

class good_sink final : public drcon::blocking_sink {
public:
  static constexpr const char* schema = R"({
    "type": "object", "additionalProperties": false,
    "properties": { "least": { "type": "integer", "minimum": 0, "default": 0, "description": "Endpoints wanted." }}})";

  good_sink(drcon::context host, const drcon::options& options)
      : blocking_sink(host), least_(static_cast<std::size_t>(options["least"].integer())) {}

  drcon::outcome apply(const drcon::update_view& update, std::stop_token) override {
    std::size_t bytes = 0;
    for (const auto change : update.changes()) bytes += change.name().size();
    const auto count = count_of(update);
    if (count < least_) return drcon::rejected("too few endpoints: " + std::to_string(count));
    bytes_ += bytes;
    return drcon::ok();
  }
  bool render(const drcon::update_view& update) override {
    host().rendered("count", std::to_string(count_of(update)));
    return true;
  }

private:
  static std::size_t count_of(const drcon::update_view& update) {
    std::size_t count = 0;
    for (const auto& service : update.wanted().services()) {
      for (const auto each : service.endpoints()) count += each.copy().address.empty() ? 0 : 1;
      for (const auto& [key, value] : service.values()) count += key == value ? 1 : 0;
    }
    return count;
  }
  std::size_t least_;
  std::atomic<std::size_t> bytes_{0};
};

const drcon_source_type source_type = drcon::detail::source_type<good_source>();
const drcon_sink_type sink_type = drcon::detail::sink_type<good_sink>();

}  // namespace

extern "C" DRCON_EXPORT const drcon_plugin drcon_plugin_entry =
    drcon::detail::entry("good-both", "1.0.0", "Publishes one endpoint; counts endpoints.", &source_type, &sink_type);
