#include "config/pipeline/brake.hpp"

#include "config/option.hpp"

namespace drcon::config {

const option_group<brake_config>& brake_options() {
  static const option_group<brake_config> group{
      .key = "brake",
      .description =
          "Refuses to lose too many endpoints at once; the last good state stays in use, and an error is logged.",
      .options = {
          percent(
              "max_removed", &brake_config::max_removed,
              "A percentage: the share of the endpoints in service (passing or warning, weight above 0) that may go "
              "within `window`."),
          integer("min_endpoints", &brake_config::min_endpoints,
                  "A number of endpoints: never fewer in service than this, unless there were fewer before.", 0),
          duration("hold", &brake_config::hold,
                   "A duration: how long a loss is held; one that lasts longer is applied. 0: no brake."),
          duration("window", &brake_config::window, "A duration: losses within this time are added up."),
      }};
  return group;
}

}  // namespace drcon::config
