#include "engine/asked_for.hpp"

#include "engine/sha256.hpp"

#include <fmt/format.h>

#include <iterator>

namespace drcon::engine {
namespace {

// With its length before it, so that two texts never read like two others.
void add(std::string& all, const std::string& text) {
  fmt::format_to(std::back_inserter(all), "{}:{}\n", text.size(), text);
}

void add(std::string& all, const std::vector<std::string>& texts) {
  add(all, std::to_string(texts.size()));
  for (const auto& each : texts) add(all, each);
}

std::string text_of(const config::filter_config& filter, const config::limit_config& limit) {
  std::string all;
  add(all, filter.service);
  for (const auto* each : {&filter.tags, &filter.without_tags, &filter.health, &filter.datacenter}) add(all, *each);
  add(all, std::to_string(filter.meta.size()));
  for (const auto& [key, value] : filter.meta) {
    add(all, key);
    add(all, value);
  }
  add(all, std::to_string(limit.endpoints));
  add(all, limit.key);
  return all;
}

}  // namespace

asked_for asked_for_by(const config::pipeline_config& pipeline,
                       const std::map<std::string, config::instance_config>& sources) {
  std::string asked = pipeline.merge.policy == config::merge_policy::prefer ? "prefer\n" : "union\n";
  for (const auto& name : pipeline.sources) {
    const auto& source = sources.at(name);
    add(asked, source.plugin);
    add(asked, source.redacted());
  }
  return {.sources = sha256(asked), .filter = sha256(text_of(pipeline.filter, pipeline.limit))};
}

}  // namespace drcon::engine
