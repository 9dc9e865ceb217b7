#include "config/pipelines.hpp"

#include "config/pointer.hpp"
#include "config/suggest.hpp"
#include "config/text.hpp"
#include "config/units.hpp"

#include <utility>

namespace drcon::config {
namespace {

using nlohmann::json;

std::chrono::nanoseconds duration_of(const json& value) {
  return parse_duration(value.get_ref<const std::string&>()).value();
}

filter_config filter_of(const json& values) {
  return {.service = values.at("service").get<std::string>(),
          .tags = values.at("tags").get<std::vector<std::string>>(),
          .without_tags = values.at("without_tags").get<std::vector<std::string>>(),
          .meta = values.value("meta", std::map<std::string, std::string>()),
          .health = values.at("health").get<std::vector<std::string>>(),
          .datacenter = values.at("datacenter").get<std::vector<std::string>>()};
}

pipeline_config make_pipeline(const std::string& name, const json& values, const position& where) {
  const auto& brake = values.at("brake");
  const auto& wait = values.at("wait");
  return {.name = name,
          .sources = values.at("sources").get<std::vector<std::string>>(),
          .sinks = values.at("sinks").get<std::vector<std::string>>(),
          .merge = {.policy = values.at("merge") == "prefer" ? merge_policy::prefer : merge_policy::union_of_all,
                    .grace = duration_of(values.at("prefer_grace"))},
          .filter = filter_of(values.at("filter")),
          .limit = {.endpoints = values.at("limit").at("endpoints").get<std::int64_t>(),
                    .key = values.at("limit").at("key").get<std::string>()},
          .wait = {.min = duration_of(wait.at("min")), .max = duration_of(wait.at("max"))},
          .brake = {.max_removed = parse_percent(brake.at("max_removed").get_ref<const std::string&>()).value(),
                    .min_endpoints = brake.at("min_endpoints").get<std::int64_t>(),
                    .hold = duration_of(brake.at("hold")),
                    .window = duration_of(brake.at("window"))},
          .resync = duration_of(values.at("resync")),
          .where = where};
}

class pipeline_reader {
public:
  pipeline_reader(const sections& all, bool is_complete, diagnostics& found)
      : all_(all), is_complete_(is_complete), found_(found) {}

  std::map<std::string, pipeline_config> read() {
    std::map<std::string, pipeline_config> made;
    for (const auto& [name, each] : all_.pipelines)
      if (auto one = read_one(name, each)) made.emplace(name, std::move(*one));
    // An instance that a faulty pipeline was meant to use, or none can use, is no fault of its own.
    if (is_complete_ && !made.empty() && made.size() == all_.pipelines.size()) {
      warn_of_unused(all_.sources, used_sources_);
      warn_of_unused(all_.sinks, used_sinks_);
    }
    return made;
  }

private:
  std::optional<pipeline_config> read_one(const std::string& name, const section& from) {
    diagnostics own;
    const auto& schema = host_schema().at("properties").at("pipeline").at("additionalProperties");
    const auto options = check_options(from.to_check(), schema, own);
    check_names(options, "source", all_.sources, used_sources_, own);
    check_names(options, "sink", all_.sinks, used_sinks_, own);
    check_wait(options, from, own);
    found_.take(own);
    if (own.has_errors()) return {};
    return make_pipeline(name, options.values, from.where);
  }

  // Names of `type` that are not there, or there twice, each told at its own place.
  void check_names(const checked_options& options, const std::string& type, const named_sections& there,
                   std::set<std::string>& used, diagnostics& own) const {
    const auto list = options.values.value(type + "s", json());
    if (!list.is_array()) return;
    std::vector<std::string> known;
    for (const auto& [name, each] : there) known.push_back(name);
    std::set<std::string> seen;
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (!list[i].is_string()) continue;
      const auto& name = list[i].get_ref<const std::string&>();
      const auto& where = options.positions.at("/" + type + "s/" + std::to_string(i));
      used.insert(name);
      if (!seen.insert(name).second) own.error(where, type + " '" + shortened(name) + "' is listed twice");
      else if (is_complete_ && !there.contains(name))
        own.error(where, "there is no [" + type + "." + shortened(name) + "]", suggestion(name, known));
    }
  }

  // Two sound values that do not go together; a value that is not sound is told of already.
  static void check_wait(const checked_options& options, const section& from, diagnostics& own) {
    const auto wait = options.values.value("wait", json());
    if (!wait.is_object() || !wait.value("min", json()).is_string() || !wait.value("max", json()).is_string()) return;
    const auto min = parse_duration(wait.at("min").get_ref<const std::string&>());
    const auto max = parse_duration(wait.at("max").get_ref<const std::string&>());
    if (!min || !max || *min <= *max) return;
    const auto& written = options.positions;
    const auto at = written.find(written.contains("/wait/min") ? "/wait/min" : "/wait/max");
    own.error(at == written.end() ? from.where : at->second,
              "'wait' in " + from.title + ": min (" + to_text(*min) + ") is longer than max (" + to_text(*max) + ")");
  }

  // An instance that no pipeline uses is most likely a slip.
  void warn_of_unused(const named_sections& there, const std::set<std::string>& used) {
    for (const auto& [name, each] : there)
      if (!used.contains(name)) found_.warning(each.where, each.title + " is used by no pipeline");
  }

  const sections& all_;
  const bool is_complete_;
  diagnostics& found_;
  std::set<std::string> used_sources_;
  std::set<std::string> used_sinks_;
};

}  // namespace

std::map<std::string, pipeline_config> read_pipelines(const sections& all, bool is_complete, diagnostics& found) {
  return pipeline_reader(all, is_complete, found).read();
}

}  // namespace drcon::config
