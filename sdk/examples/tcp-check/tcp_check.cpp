// tcp-check: a source whose endpoints are listed in its options, and are checked by opening a TCP connection.
//
// A check that fails is knowledge, and no reason to report `unknown`: the endpoint stays in the service, as critical,
// with the reason in its meta.
#include "address.hpp"
#include "probe.hpp"

#include <drcon/source.hpp>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace {

class tcp_check final : public drcon::blocking_source {
public:
  static constexpr const char* schema = R"({
    "type": "object", "additionalProperties": false, "required": ["service", "endpoints"],
    "properties": {
      "service": { "type": "string", "minLength": 1, "description": "Name of the service that they make up." },
      "endpoints": { "type": "array", "minItems": 1, "uniqueItems": true, "items": { "type": "string" },
        "description": "Addresses with a port: \"10.0.0.1:80\", \"[2001:db8::1]:80\"." },
      "every": { "type": "string", "format": "duration", "default": "2s",
        "description": "A duration: the pause between two rounds of checks." },
      "timeout": { "type": "string", "format": "duration", "default": "1s",
        "description": "A duration: how long an endpoint may take to accept." },
      "failures": { "type": "integer", "minimum": 1, "maximum": 100, "default": 3,
        "description": "How many checks in a row fail before an endpoint is critical. One that succeeds ends it." } } })";

  tcp_check(drcon::context host, const drcon::options& options)
      : blocking_source(host),
        name_(options["service"].string()),
        every_(at_least_10ms(options, "every")),
        timeout_(at_least_10ms(options, "timeout")),
        most_failures_(options["failures"].integer()) {
    const auto texts = options["endpoints"].strings();
    for (std::size_t i = 0; i < texts.size(); ++i) {
      auto address = parse_address(texts[i]);
      if (!address) throw drcon::config_error("/endpoints/" + std::to_string(i), "expected ADDRESS:PORT");
      addresses_.push_back(std::move(*address));
      ids_.push_back(texts[i]);
    }
    failures_.resize(ids_.size(), 0);
  }

  void run(drcon::stop_token stop) override {
    for (bool first = true; !stop.stop_requested(); first = false) {
      const auto answers = probe(addresses_, timeout_, [&stop] { return stop.stop_requested(); });
      if (stop.stop_requested()) return;
      publish(answers, first);
      host().ready();
      sleep(stop, every_);
    }
  }

private:
  static std::chrono::milliseconds at_least_10ms(const drcon::options& options, const char* name) {
    const auto length = std::chrono::duration_cast<std::chrono::milliseconds>(options[name].duration());
    if (length.count() < 10) throw drcon::config_error(std::string("/") + name, "expected 10ms at least");
    return length;
  }

  // In the first round one failed check is enough for critical: no earlier check has succeeded.
  void publish(const std::vector<std::string>& answers, bool first) {
    drcon::service service{.name = name_, .revision = 0, .endpoints = {}, .values = {}};
    for (std::size_t i = 0; i < answers.size(); ++i) {
      failures_[i] = answers[i].empty() ? 0 : first ? most_failures_ : failures_[i] + 1;
      drcon::endpoint each{
          .id = ids_[i], .node = {}, .address = addresses_[i].host, .port = addresses_[i].port, .tags = {}, .meta = {}};
      if (failures_[i] >= most_failures_) {
        each.health = drcon::health::critical;
        each.meta["check"] = answers[i];
      }
      service.endpoints.push_back(std::move(each));
    }
    host().publish(service);
  }

  const std::string name_;
  const std::chrono::milliseconds every_;
  const std::chrono::milliseconds timeout_;
  const std::int64_t most_failures_;
  std::vector<socket_address> addresses_;
  std::vector<std::string> ids_;
  std::vector<std::int64_t> failures_;  // in a row, of each; of run()
};

}  // namespace

DRCON_SOURCE("tcp-check", "1.0.0", "Takes addresses that accept a TCP connection for the endpoints of a service.",
             tcp_check)
