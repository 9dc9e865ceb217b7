// [pipeline.NAME] merge and prefer_grace: how the services of several sources become one snapshot.
#pragma once

#include <chrono>

namespace drcon::config {

template <class Config>
struct option_group;

enum class merge_policy {
  union_of_all,  ///< "union": endpoints of all sources; waits until every source is ready
  prefer,        ///< "prefer": the first source, in the order given, whose state is known
};

struct merge_config {
  merge_policy policy = merge_policy::union_of_all;
  /// For `prefer`: how long an earlier source may stay silent at start before a later one is taken.
  std::chrono::nanoseconds grace = std::chrono::seconds(10);
  bool operator==(const merge_config&) const = default;
};

const option_group<merge_config>& merge_options();

}  // namespace drcon::config
