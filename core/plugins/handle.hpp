// The host's end of a drcon_instance, and the table of functions a plugin calls.
//
// A handle outlives its instance for good: a plugin that calls late finds a closed handle, is counted, and does no
// harm.
#pragma once

#include "log/plugin_level.hpp"

#include <drcon/plugin.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

struct drcon_instance {
protected:
  ~drcon_instance() = default;
};

namespace drcon::plugins {

class instance;

class handle final : public drcon_instance {
public:
  /// Makes one that is never freed.
  static handle* make(const base::subject& instance, const std::string& plugin);

  /// Calls reach `to` from now on, until close() has returned.
  void open(instance* to);
  void close();

  const std::string& name() const { return subject_.name; }
  bool would_log(log::level which) const { return level_.takes(which); }

  /// Runs `call` on the instance, which cannot go away meanwhile; counts a late call instead when closed.
  template <class Call>
  void with(Call call) {
    const std::shared_ptr<instance> target = reach();
    if (target) call(*target);
  }

  static handle& of(drcon_instance* raw) { return static_cast<handle&>(*raw); }

private:
  handle(base::subject instance, const std::string& plugin) : subject_(std::move(instance)), level_(plugin) {}
  std::shared_ptr<instance> reach();

  const base::subject subject_;
  const log::plugin_level level_;
  std::mutex mutex_;  // guards target_
  std::weak_ptr<instance> target_;
  bool open_ = false;
  bool late_told_ = false;
};

/// The functions every plugin gets.
const drcon_host& host_table();

}  // namespace drcon::plugins
