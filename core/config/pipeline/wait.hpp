// [pipeline.NAME] wait = { … }: the first change is applied at once when it is quiet; a burst of changes is batched.
#pragma once

#include <chrono>

namespace drcon::config {

class diagnostics;
struct checked_options;
struct section;
template <class Config>
struct option_group;

struct wait_config {
  std::chrono::nanoseconds min = std::chrono::milliseconds(20);   ///< quiet time that ends a burst
  std::chrono::nanoseconds max = std::chrono::milliseconds(500);  ///< a burst is applied at least this often
  bool operator==(const wait_config&) const = default;
};

const option_group<wait_config>& wait_options();

/// Reports two values of a pipeline that are sound by themselves and do not go together. A value that is not sound is
/// reported already. `pipeline` is the table that `options` were read from.
void check_wait(const checked_options& options, const section& pipeline, diagnostics& found);

}  // namespace drcon::config
