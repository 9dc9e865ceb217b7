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
          "Pacing. A change after a quiet time is applied at once, and one that comes sooner waits for the "
          "end of that time; bursts are batched. With a min of less than 200ms, the quiet time is longer "
          "while changes arrive in quick succession: twice the widest pause between them, but not longer "
          "than ten times min and 200ms. So a burst of hundreds of changes costs a target a handful of "
          "updates and one for each max, and a change that comes alone waits for min at most.",
      .options = {
          duration("min", &wait_config::min,
                   "A duration: the quiet time that ends a burst of changes. Not longer than max."),
          duration("max", &wait_config::max,
                   "A duration: while changes keep coming, they are applied at least this often."),
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
      code::value, place == written.end() ? pipeline.where : place->second,
      "'wait' in " + pipeline.title + ": min (" + to_text(*min) + ") is longer than max (" + to_text(*max) + ")");
}

}  // namespace drcon::config
