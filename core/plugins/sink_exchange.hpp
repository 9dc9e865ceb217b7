// What is open between the host and a sink: the update that it works on, what it leaves out of that, and the render
// that it answers.
//
// Thread rule: begin_apply() on the engine's thread, a rendering_scope on the instance's lane, all else on any thread.
#pragma once

#include "plugins/instance_listener.hpp"
#include "plugins/update_package.hpp"
#include "plugins/validation.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace drcon::plugins {

class sink_exchange {
public:
  /// The update is kept until the sink has answered it, since the plugin may read it until then.
  void begin_apply(std::shared_ptr<const update_package> update);
  /// The sink answers: what it has left out of the update. Nothing when the ticket is not open.
  std::optional<std::vector<refusal>> end_apply(std::uint64_t ticket);
  /// The sink has yet to answer this update.
  bool is_open(std::uint64_t ticket);
  /// The sink leaves something out of the open update, or would leave it out of what it renders. False when neither is
  /// open.
  bool add_refusal(const refusal& left_out);

  /// False when no render is open: the plugin has broken the contract.
  bool add_rendered(rendered_target target);

  /// While this lives, what the sink renders goes into `targets`.
  class rendering_scope {
  public:
    rendering_scope(sink_exchange& exchange, std::vector<rendered_target>& targets);
    ~rendering_scope();
    rendering_scope(const rendering_scope&) = delete;
    rendering_scope& operator=(const rendering_scope&) = delete;

  private:
    sink_exchange& exchange_;
  };

private:
  std::mutex mutex_;  // guards all below
  std::shared_ptr<const update_package> in_flight_;
  std::vector<refusal> refused_;
  std::vector<rendered_target>* rendering_ = nullptr;
};

}  // namespace drcon::plugins
