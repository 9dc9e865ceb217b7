// retries-unreachable: answers "applied" although nobody listens where it is to write.
#include <drcon/sink.hpp>

namespace {

class claiming_sink final : public drcon::blocking_sink {
public:
  static constexpr const char* schema = R"({
    "type": "object", "additionalProperties": false,
    "properties": { "reachable": { "type": "boolean", "default": true, "description": "Whether its target is there." }}})";

  claiming_sink(drcon::context host, const drcon::options&) : blocking_sink(host) {}
  drcon::outcome apply(const drcon::update_view&, std::stop_token) override { return drcon::ok(); }
};

}  // namespace

DRCON_SINK("claiming", "1.0.0", "Claims success.", claiming_sink)
