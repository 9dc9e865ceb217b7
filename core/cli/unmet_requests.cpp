#include "cli/unmet_requests.hpp"

#include "config/published.hpp"

#include <drcon/probe.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <tuple>

namespace drcon::cli {
namespace {

using plugins::finding;

// By all sources of its pipelines. Nothing when one of them does not say what it may publish, or when it has no
// pipeline.
std::optional<config::published> published_to(const std::string& sink, const config::configuration& all,
                                              const plugins::registry& plugins) {
  std::optional<config::published> sum;
  for (const auto& [name, pipeline] : all.pipelines) {
    if (std::ranges::find(pipeline.sinks, sink) == pipeline.sinks.end()) continue;
    for (const auto& source : pipeline.sources) {
      const auto& config = all.sources.at(source);
      const auto& schema = plugins.find(config.plugin)->source_schema;
      const auto one = schema ? config::published_by(config, *schema) : std::nullopt;
      if (!one) return {};
      if (sum) sum->add(*one);
      else sum = one;
    }
  }
  return sum;
}

bool is_met(const finding& asked, const config::published& by) {
  switch (plugins::number_of(asked.code)) {
    case DRCON_PROBE_ASKS_SERVICE: return by.may_have_service(asked.what);
    case DRCON_PROBE_ASKS_KEY: return by.may_have_key(asked.what);
    case DRCON_PROBE_ASKS_KEYS: return by.may_have_keys_below(asked.what);
    default: return true;
  }
}

}  // namespace

void find_unmet_requests(const config::configuration& all, const plugins::registry& plugins,
                         const std::map<std::string, std::shared_ptr<plugins::instance>>& sinks,
                         config::diagnostics& found) {
  for (const auto& [name, made] : sinks) {
    const auto& config = all.sinks.at(name);
    const auto published = published_to(name, all, plugins);
    if (!published) continue;
    const auto asked = made->probe({.is_of_asks = true}).value_or(std::vector<finding>());
    std::set<std::tuple<std::string, std::string, plugins::finding_state>> reported;  // a template may ask often
    for (const auto& each : asked) {
      if (is_met(each, *published) || !reported.insert({each.code, each.what, each.state}).second) continue;
      const auto text = config.plugin + ": " + each.advice;
      if (each.state == plugins::finding_state::failed) found.error(config::code::unwatched, config.where, text);
      else found.warning(config::code::unwatched, config.where, text);
    }
  }
}

}  // namespace drcon::cli
