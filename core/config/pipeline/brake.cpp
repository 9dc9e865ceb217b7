#include "config/pipeline/brake.hpp"

#include "config/option.hpp"

namespace drcon::config {

const option_group<brake_config>& brake_options() {
  static const option_group<brake_config> group{
      .key = "brake",
      .description =
          "Holds the removal of too many endpoints at once: what is served stays, additions and other services go on, "
          "and the log and `drcon status` report what is held, why and until when. Only the number of endpoints in "
          "service counts (passing or warning, weight above 0): a deployment that replaces ten endpoints by ten others "
          "in service passes at once.",
      .options = {
          percent(
              "max_removed", &brake_config::max_removed,
              "A percentage: the share of the endpoints in service that may go within `window`. With \"50%\", a "
              "scale-down of a service from 10 endpoints to 5 passes; one to 4 is held. A registry that has lost its "
              "data takes 100% of every service: all of them are held, and each is up to date again when as many "
              "endpoints are back as were served."),
          integer(
              "min_endpoints", &brake_config::min_endpoints,
              "A number of endpoints: never fewer in service than this, unless there were fewer before. With 1, the "
              "removal of the last endpoint of a service is held. A registry that answers for another datacentre, "
              "where a service of this one does not exist, does not remove it.",
              0),
          boolean("per_service", &brake_config::per_service,
                  "Whether `max_removed` and `min_endpoints` limit each service as well as the pipeline. A service "
                  "beyond a limit is held for itself, and the others go on; but when a source answers again after an "
                  "outage, and its services together would lose too much, whatever is lost of any is held: "
                  "a registry that has lost its data has some services in part while it is filled again. false: only "
                  "the sum of all services counts, so that a service may lose everything while the others are large."),
          duration("hold", &brake_config::hold,
                   "A duration: how long a loss is held; one that lasts longer is applied. The time begins again "
                   "whenever still fewer are left, and when the sources can be reached again after an outage, which "
                   "does not count; a restart of drcon does not count either, and the time goes on after it. It ends "
                   "at once when as many are back, or by `drcon release-brake`. 0: no brake."),
          duration("window", &brake_config::window,
                   "A duration: losses within this time are added up. With \"30s\", a scale-down from 10 to 4 in "
                   "steps of 2 is held at 4 unless it takes longer than this."),
      }};
  return group;
}

}  // namespace drcon::config
