#include "plugins/prober.hpp"

#include <utility>

namespace drcon::plugins {

std::shared_ptr<instance> made_for_probe(config::kind kind, const plugin& type, const config::instance_config& config,
                                         const boost::asio::any_io_executor& executor, metrics::metrics& figures) {
  return std::make_shared<instance>(kind, type, config, executor, figures);
}

bool may_probe(const plugin& type, const config::instance_config& config) {
  // Its code is not run in this process where it has one of its own.
  return config.isolation.own_process ? type.entry->ability != nullptr : probe_ability(*type.entry) != nullptr;
}

std::vector<finding> probe_by(instance& made, bool& is_created, const probe_question& question) {
  if (!is_created) {
    if (const auto fault = made.create(); fault.result != DRCON_OK)
      return {{"create", finding_state::failed, fault.why, "correct its options: see drcon check"}};
    is_created = true;
  }
  return made.probe(question).value_or(std::vector<finding>());
}

}  // namespace drcon::plugins
