#include "plugins/call_gate.hpp"

#include "log/log.hpp"
#include "plugins/instance.hpp"

#include <utility>
#include <vector>

namespace drcon::plugins {

call_gate* call_gate::make(const base::subject& of, const std::string& plugin, const std::string& configuration,
                           breach_counters counters) {
  static std::mutex mutex;
  static auto& all = *new std::vector<call_gate*>;  // keeps them reachable, so that leak checkers agree
  const std::lock_guard lock(mutex);
  return all.emplace_back(new call_gate(of, plugin, configuration, std::move(counters)));
}

void call_gate::open(instance* target) {
  const std::lock_guard lock(mutex_);
  target_ = target->weak_from_this();
  open_ = true;
}

void call_gate::close(const char* after) {
  const std::lock_guard lock(mutex_);
  open_ = false;
  after_ = after;
  target_.reset();
}

std::shared_ptr<instance> call_gate::reach() {
  {
    const std::lock_guard lock(mutex_);
    if (open_) return target_.lock();
  }
  note_late_call();
  return nullptr;
}

void call_gate::note_late_call() {
  counters_.late_calls.increment();
  const char* after = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(late_call_reported_, true)) return;
    after = after_;
  }
  counters_.misbehaviour.increment();
  log::error(subject_, "plugin '{}' misbehaved: it called the host after {}; such calls are ignored", plugin_, after);
}

}  // namespace drcon::plugins
