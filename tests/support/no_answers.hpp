// Takes the answers of a plugin's process, and does nothing with them.
#pragma once

#include "plugins/frame_dispatcher.hpp"

#include <cstdint>

namespace drcon::test {

struct no_answers final : plugins::process_answers {
  void on_created(drcon_result) override {}
  void on_started(drcon_result) override {}
  void on_render_ended(drcon_result) override {}
  void on_found(plugins::finding) override {}
  void on_probed(bool) override {}
  void on_stopped() override {}
  void on_answered(std::uint64_t) override {}
};

}  // namespace drcon::test
