// One instance of the plugin under test, with a host that records what it does.
//
// Every call has a deadline; one that does not return ends the case as overdue. Nothing is stopped or destroyed unless
// a case asks for it: a case that fails ends its process.
// Thread rule: one thread, which made it and stands in for the lane.
#pragma once

#include "conformance/recorder.hpp"
#include "conformance/tested_plugin.hpp"

#include <chrono>
#include <stdexcept>

namespace drcon::conformance {

using std::chrono::milliseconds;

/// The promise does not hold; what() says what was seen instead.
class breach : public std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// The case cannot be tried on this plugin, or does not apply to it; what() says why.
class not_tried : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// How long a sink may take to answer: a case that fails does so within 10 s. See busy_patience in usage.hpp for a
/// machine that is busy with other things.
constexpr auto longest_answer = std::chrono::seconds(8);

class test_instance {
public:
  test_instance(const tested_plugin& plugin, kind kind, const nlohmann::json& options,
                const recorder::host_behaviour& behaviour = {}, std::string name = "test");

  recorder& host() { return *host_; }
  void* self() const { return self_; }
  bool is_sink() const { return sink_ != nullptr; }
  bool can_render() const { return sink_ && DRCON_HAS(sink_, render) && sink_->render; }

  /// As the plugin answers.
  drcon_result try_create();
  drcon_result try_start();
  /// Throws a breach when it is refused, and on a result that means nothing.
  void create();
  /// Tried a few times; throws not_tried when the answer is never DRCON_OK.
  void start();
  void stop();
  void destroy();
  void apply(const drcon_update* update);
  drcon_result render(const drcon_update* update);

  /// The answers to this ticket so far.
  std::vector<testing::answer> answers(std::uint64_t ticket) const;
  /// The first one. Throws a breach when none comes in time, and when it has no reason where one is due.
  testing::answer answer(std::uint64_t ticket, milliseconds at_most = longest_answer);
  /// Does some of its work: a sink applies a small snapshot; for a source this waits until it has called the host, but
  /// for 2 s at most.
  void work();

private:
  struct calls {
    decltype(drcon_source_type::create) create;
    decltype(drcon_source_type::start) start;
    decltype(drcon_source_type::stop) stop;
    decltype(drcon_source_type::destroy) destroy;
  };
  const drcon_source_type* source_;
  const drcon_sink_type* sink_;
  calls calls_;
  recorder* host_;
  void* self_ = nullptr;
};

/// How long calls may take that must return at once, and how long a stop may. A host waits 10 s for a stop.
constexpr auto at_once = std::chrono::seconds(4);
constexpr auto stop_limit = std::chrono::seconds(6);

}  // namespace drcon::conformance
