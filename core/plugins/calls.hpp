// How an instance reaches its plugin's functions: in this process (direct_calls.cpp), or in one of its own
// (isolated_calls.cpp).
//
// Thread rule: an instance's lane only.
#pragma once

#include "plugins/finding.hpp"
#include "plugins/library.hpp"
#include "plugins/update_package.hpp"

#include <drcon/plugin.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace drcon::plugins {

/// What a plugin has to know when it looks whether its instance works.
struct probe_question {
  bool is_of_asks = false;             ///< nothing is looked at: what does the sink ask for?
  std::chrono::nanoseconds timeout{};  ///< of each answer of the other side
  std::int64_t process = 0;            ///< the drcon that runs this configuration; 0: none does
};
/// What it has found; nothing when the plugin cannot look.
using probe_answer = std::optional<std::vector<finding>>;

class calls {
public:
  virtual ~calls() = default;

  /// Makes the plugin's object. DRCON_OK without an object is possible: see is_made().
  virtual drcon_result create(const drcon_options& options) = 0;
  /// True between a create that succeeded and destroy.
  virtual bool is_made() const = 0;
  /// May be called again after a failure.
  virtual drcon_result start() = 0;
  /// The caller keeps `update` until the sink has answered.
  virtual void apply(const std::shared_ptr<const update_package>& update) = 0;
  /// May be called from any thread.
  virtual bool can_render() const = 0;
  virtual drcon_result render(const std::shared_ptr<const update_package>& update) = 0;
  /// Before start(). Blocks for as long as the plugin looks.
  virtual probe_answer probe(const probe_question& question) = 0;
  virtual void stop() = 0;
  /// After this is_made() is false, and nothing but the destructor may be called.
  virtual void destroy() = 0;
};

/// What a plugin may call, as which instance, and what is called when it breaks the contract: with one line that goes
/// on from "plugin 'x' misbehaved: ".
struct plugin_surroundings {
  const drcon_host& host;
  drcon_instance* instance;
  std::function<void(const std::string& how)> misbehaved;
};

/// The functions of one type, source or sink, in this process; the other type is null. `ability` is null where the
/// plugin cannot probe. An exception of the plugin is caught here, and reported as misbehaviour.
std::unique_ptr<calls> direct_calls(const drcon_source_type* source, const drcon_sink_type* sink,
                                    const drcon_probe* ability, plugin_surroundings around);

}  // namespace drcon::plugins
