// The host's end of a drcon_instance, and the table of functions a plugin calls.
//
// A handle outlives its instance for good: a plugin that calls late finds a closed handle, is counted, and does no
// harm.
#pragma once

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
  static handle* make(std::string name);

  /// Calls reach `to` from now on, until close() has returned.
  void open(instance* to);
  void close();

  const std::string& name() const { return name_; }

  /// Runs `call` on the instance, which cannot go away meanwhile; counts a late call instead when closed.
  template <class Call>
  void with(Call call) {
    const std::shared_ptr<instance> target = reach();
    if (target) call(*target);
  }

  static handle& of(drcon_instance* raw) { return static_cast<handle&>(*raw); }

private:
  explicit handle(std::string name) : name_(std::move(name)) {}
  std::shared_ptr<instance> reach();

  const std::string name_;
  std::mutex mutex_;  // guards target_
  std::weak_ptr<instance> target_;
  bool open_ = false;
  bool late_told_ = false;
};

/// The functions every plugin gets.
const drcon_host& host_table();

}  // namespace drcon::plugins
