// A source and a sink that live in the test: the test decides what they do.
//
// Each instance is found by the name the configuration gives it. Thread rule: any; they lock inside.
#pragma once

#include "plugins/library.hpp"
#include "plugins/registry.hpp"
#include "support/wait.hpp"

#include <drcon/context.hpp>
#include <drcon/sink.hpp>

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace drcon::test {

/// One running fake instance.
struct fake_instance {
  explicit fake_instance(context to) : host(to) {}
  context host;
  std::atomic<bool> started{false};
  std::atomic<bool> stopped{false};
  std::atomic<bool> is_asked_only{false};  ///< made beside the one at work, for an explain, a diff or a first decision

  std::mutex mutex;  // guards all below
  std::condition_variable changed;
  outcome answer;       ///< what apply answers
  bool answers = true;  ///< false: apply is left unanswered
  std::optional<std::uint64_t> open_ticket;
  int applies = 0;
  std::vector<service> last;     ///< what the last apply wanted
  std::vector<bool> reconciles;  ///< of each apply
  bool stop_hangs = false;       ///< stop() blocks until this is false again

  /// Answers the update that was left unanswered, as applied, and those that come.
  void answer_open_update();
  /// Waits until `holds()` under the lock.
  template <class Condition>
  bool wait(Condition holds, std::chrono::milliseconds deadline = patience) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, deadline, holds);
  }
};

/// While it is true, render() of every fake sink blocks.
inline std::atomic<bool> renders_hang{false};
/// While it is true, render() of every fake sink answers that it cannot do that.
inline std::atomic<bool> renders_fail{false};
/// How many calls of render() have begun.
inline std::atomic<int> renders{0};

/// What the target of every fake sink has, as render() reports it. What a fake sink would write is the names of its
/// endpoints, each followed by a space.
void set_target(std::string has);

/// The source of that name that was made last. The sink of that name that is at work; else the one that is about to
/// begin, or was at work last, or is only asked. Null when there is none at all.
std::shared_ptr<fake_instance> fake(const std::string& name);
/// The instance of that name that was made last, for whatever.
std::shared_ptr<fake_instance> fake_made_last(const std::string& name);
/// How many instances of that name were made.
int fakes_made(const std::string& name);
void forget_fakes();

/// Plugins "fake-source" and "fake-sink".
void add_fake_plugins(plugins::registry& to);

/// A service with endpoints "NAME-1"… on 10.0.0.N:80.
service service_of(const std::string& name, int endpoints);

}  // namespace drcon::test
