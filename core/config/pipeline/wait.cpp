#include "config/pipeline/wait.hpp"

#include "config/option.hpp"
#include "config/sections.hpp"
#include "config/units.hpp"

#include <optional>

namespace drcon::config {

using nlohmann::json;

const option_group<wait_config>& wait_options() {
  static const option_group<wait_config> group{
      .key = "wait",
      .description =
          "Pacing. A change that comes after a quiet time of `min` is applied at once. One that comes sooner after "
          "another waits "
          "until no more has come for `min`, and for `max` only while changes keep coming.",
      .options = {
          duration(
              "min", &wait_config::min,
              "A duration: the quiet time that ends a burst of changes. A change never waits for longer than this "
              "unless "
              "others follow it. Changes that come a little less often than this cost the target an update each: "
              "set it above the time that an instance takes to follow another in a deployment. Not longer than max."),
          duration("max", &wait_config::max,
                   "A duration: while changes keep coming, each sooner than `min` after the last, they are applied "
                   "this often."),
      }};
  return group;
}

void check_wait(const checked_options& options, const section& pipeline, diagnostics& found) {
  const auto wait = options.values.value("wait", json());
  if (!wait.is_object() || !wait.value("min", json()).is_string() || !wait.value("max", json()).is_string()) return;
  const auto min = parse_duration(wait.at("min").get_ref<const std::string&>());
  const auto max = parse_duration(wait.at("max").get_ref<const std::string&>());
  if (!min || !max || *min <= *max) return;
  const auto& written = options.positions;
  const auto place = written.find(written.contains("/wait/min") ? "/wait/min" : "/wait/max");
  found.error(
      place == written.end() ? pipeline.where : place->second,
      "'wait' in " + pipeline.title + ": min (" + to_text(*min) + ") is longer than max (" + to_text(*max) + ")");
}

}  // namespace drcon::config
