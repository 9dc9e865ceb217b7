#include "config/pipeline/limit.hpp"

#include "config/option.hpp"

namespace drcon::config {

const option_group<limit_config>& limit_options() {
  static const option_group<limit_config> group{
      .key = "limit",
      .description =
          "At most so many endpoints of each service, for very large ones. The choice is the same as long as "
          "the endpoints are, differs from host to host, and moves little when some come or go; those in "
          "service are chosen first.",
      .options = {
          integer("endpoints", &limit_config::endpoints, "A number of endpoints. 0: no limit.", 0),
          text("key", &limit_config::key,
               "What the choice depends on. Empty: the host's name. Hosts with the same key choose the same."),
      }};
  return group;
}

}  // namespace drcon::config
