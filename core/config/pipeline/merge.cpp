#include "config/pipeline/merge.hpp"

#include "config/option.hpp"

namespace drcon::config {

const option_group<merge_config>& merge_options() {
  static const option_group<merge_config> group{
      .key = {},
      .description = {},
      .options = {
          choice("merge", &merge_config::policy,
                 "Several sources: union takes the endpoints of all, and waits until each is ready; prefer takes the "
                 "first source, in order, that is reachable.",
                 {{"union", merge_policy::union_of_all}, {"prefer", merge_policy::prefer}}),
          duration("prefer_grace", &merge_config::grace,
                   "A duration, for merge = \"prefer\": how long after a start an earlier source may stay silent "
                   "before a later one is used instead."),
      }};
  return group;
}

}  // namespace drcon::config
