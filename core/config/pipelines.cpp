#include "config/pipelines.hpp"

#include "config/pointer.hpp"
#include "config/suggest.hpp"
#include "config/text.hpp"
#include "config/units.hpp"

#include <utility>

namespace drcon::config {
namespace {

using nlohmann::json;

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
  std::optional<pipeline_config> read_one(const std::string& name, const section& pipeline) {
    diagnostics own;
    const auto& schema = host_schema().at("properties").at("pipeline").at("additionalProperties");
    const auto options = check_options(pipeline.to_check(), schema, own);
    check_names(options, "source", all_.sources, used_sources_, own);
    check_names(options, "sink", all_.sinks, used_sinks_, own);
    check_wait(options, pipeline, own);
    if (!own.has_errors()) check_brake(options, own);
    found_.take(own);
    if (own.has_errors()) return {};
    return make_pipeline(name, options.values, pipeline.where);
  }

  // Names of `type` that are not there, or there twice, each reported at its own place.
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
      if (!seen.insert(name).second) own.error(code::name, where, type + " '" + shortened(name) + "' is listed twice");
      else if (is_complete_ && !there.contains(name))
        own.error(code::unknown_name, where, "there is no [" + type + "." + shortened(name) + "]",
                  suggestion(name, known));
    }
  }

  // The limits of the brake were once of the pipeline alone: who has written one learns that it means more now.
  static void check_brake(const checked_options& options, diagnostics& own) {
    if (options.positions.contains("/brake/per_service")) return;
    for (const auto* key : {"max_removed", "min_endpoints"}) {
      const auto written = options.positions.find("/brake/" + std::string(key));
      if (written == options.positions.end()) continue;
      own.warning(code::new_meaning, written->second,
                  "'brake." + std::string(key) + "' limits each service now, and not only the pipeline",
                  "write per_service = true to confirm that, or per_service = false for the pipeline alone");
      return;
    }
    // Without a limit of its own the pipeline has the defaults, which were once of the pipeline alone, too.
    const auto brake = options.positions.find("/brake");
    if (brake == options.positions.end() || is_off(options)) return;
    own.warning(code::new_meaning, brake->second,
                "'brake' names no limit: the defaults limit each service now, and not only the pipeline",
                "write per_service = true to confirm that, or per_service = false for the pipeline alone");
  }
  static bool is_off(const checked_options& options) {
    const auto hold = options.values.value(json::json_pointer("/brake/hold"), json());
    const auto length = hold.is_string() ? parse_duration(hold.get_ref<const std::string&>()) : std::nullopt;
    return length && length->count() == 0;
  }

  // An instance that no pipeline uses is most likely a mistake.
  void warn_of_unused(const named_sections& there, const std::set<std::string>& used) {
    for (const auto& [name, each] : there)
      if (!used.contains(name)) found_.warning(code::unused, each.where, each.title + " is used by no pipeline");
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
