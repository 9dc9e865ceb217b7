#include "config/pipeline/filter.hpp"

#include "config/option.hpp"

namespace drcon::config {

const option_group<filter_config>& filter_options() {
  static const option_group<filter_config> group{
      .key = "filter",
      .description =
          "Which endpoints this pipeline uses; each condition that is given must hold. A service "
          "all of whose endpoints are filtered out is there, and empty.",
      .options = {
          text("service", &filter_config::service, "Only services whose whole name matches (ECMAScript). Empty: all.",
               {{"format", "regex"}}),
          text_list("tags", &filter_config::tags, "Only endpoints that carry all of these tags."),
          text_list("without_tags", &filter_config::without_tags, "Only endpoints that carry none of these tags."),
          text_table("meta", &filter_config::meta,
                     "Only endpoints with these metadata: a table of keys and their values."),
          text_list("health", &filter_config::health, "Only endpoints of one of these healths. Empty: all.",
                    {{"enum", {"passing", "warning", "critical", "maintenance"}}}),
          text_list("datacenter", &filter_config::datacenter,
                    "Only endpoints of one of these datacenters: the value of their metadata `datacenter`, which "
                    "Consul's sources fill in. Empty: all."),
      }};
  return group;
}

}  // namespace drcon::config
