// What a pipeline asks for, in a form that can be kept with the answer and compared after a restart.
//
// The host knows no plugin, so it does not know which of a source's options change the answer: any of them may. Of its
// own filter and limit it knows what they take, and can apply them to an earlier answer. Thread rule: values and a pure
// function.
#pragma once

#include "config/configuration.hpp"

#include <map>
#include <string>

namespace drcon::engine {

struct asked_for {
  /// A digest of the merge policy, and of plugin and options of each source in their order. Names do not count: a
  /// source that is renamed answers as before. Secrets do not count either: a digest of a short one would give it away.
  std::string sources;
  /// A digest of filter and limit.
  std::string filter;
  bool operator==(const asked_for&) const = default;
};

/// What `pipeline` asks for; `sources` has all that it names.
asked_for asked_for_by(const config::pipeline_config& pipeline,
                       const std::map<std::string, config::instance_config>& sources);

}  // namespace drcon::engine
