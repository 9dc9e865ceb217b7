// Looks whether a configured source or sink works, by an instance that is made for that and never started.
//
// Thread rule: any; probe_by() blocks, for patience::probe at most.
#pragma once

#include "plugins/instance.hpp"

#include <memory>
#include <vector>

namespace drcon::plugins {

/// `executor` and `figures` outlive the instance. Its lane is a thread: only for a plugin that may have something to
/// say, see may_probe().
std::shared_ptr<instance> made_for_probe(config::kind kind, const plugin& type, const config::instance_config& config,
                                         const boost::asio::any_io_executor& executor, metrics::metrics& figures);

/// False when the plugin is known to be unable to look. In a process of its own it is asked.
bool may_probe(const plugin& type, const config::instance_config& config);

/// Creates the plugin's object if that is not done yet, and has it look. Empty when the plugin cannot look.
/// `is_created` is false at first; when it still is, the instance is of no more use.
std::vector<finding> probe_by(instance& made, bool& is_created, const probe_question& question);

}  // namespace drcon::plugins
