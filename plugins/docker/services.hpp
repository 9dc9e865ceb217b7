// What the containers of one engine offer: from events and inspections to the state of each service.
//
// State without input or output. Events change it at once, as far as they say; inspections correct it.
// Thread rule: owned by its user.
#pragma once

#include "docker/conventions.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace drcon::docker {

/// One line of the engine's event stream: the parts that matter here.
struct event {
  std::string container;  ///< its id
  std::string action;     ///< "start", "die", "kill", "health_status: healthy", "connect"…
  int signal = 0;         ///< of "kill"
  int exit_code = 0;      ///< of "die"
};

/// Nothing for events that change no endpoint, and for text that is no event.
std::optional<event> read_event(const std::string& line);

/// What was found out about a container, besides its endpoints.
struct finding {
  std::string container;  ///< its name
  verdict what;
};

class inventory {
public:
  using clock = std::chrono::steady_clock;

  inventory(rules by, std::chrono::nanoseconds stop_wait) : by_(std::move(by)), stop_wait_(stop_wait) {}

  /// Applies what the event itself says: an endpoint is removed when its container is asked to stop, not when it has
  /// stopped. True when the container must be inspected to know the rest.
  bool take(const event& what, clock::time_point now);
  /// Applies an event from before the connection: only which containers have been asked to stop, since their present
  /// state is inspected anyway.
  void recall(const event& what, clock::time_point now);
  /// How many events there were of this container. An inspection that began before the last of them is out of date.
  std::uint64_t age(const std::string& id) const;
  void take(container what);
  void forget(const std::string& id);

  std::set<std::string> known() const;
  /// Whether it was inspected; of others only events are known.
  bool is_inspected(const std::string& id) const;
  /// Services that may have changed since the last call.
  std::set<std::string> changed() { return std::exchange(changed_, {}); }
  /// In order of id, which is unique: of two that have the same, the one whose container's id is less.
  std::vector<endpoint> endpoints(const std::string& service) const;
  std::set<std::string> services() const;
  /// Endpoints that are left out, with the reason.
  std::vector<std::pair<std::string, std::string>> doubles() const;
  /// What is wrong about them, for the status; empty when there are none.
  std::string fault_of_doubles() const;
  /// Containers of which the verdict may have changed since the last call, and what it is; nothing for one that is
  /// gone, or of which only events are known.
  std::map<std::string, std::optional<finding>> changed_findings();

  /// When a container that was asked to stop and did not is published again; call take_back() then.
  std::optional<clock::time_point> next_return() const;
  void take_back(clock::time_point now);

private:
  struct record {
    std::optional<container> last;  // nothing: only events were seen of it
    std::set<int> signals;          // sent to it since it started
    clock::time_point asked_at{};
    std::uint64_t age = 0;
    verdict judged;
    std::string judged_name;  // the container's name then
  };
  bool is_asked_to_stop(const record& of) const;
  void refresh(const std::string& id, record& of);

  rules by_;
  std::chrono::nanoseconds stop_wait_;
  std::map<std::string, record> all_;
  std::map<std::string, std::map<std::string, std::vector<const endpoint*>>> services_;  // -> container -> endpoints
  std::set<std::string> changed_;
  std::set<std::string> changed_containers_;
};

}  // namespace drcon::docker
