// Asks for one service again and again, and publishes its state.
//
// A DNS server cannot push changes. Only a complete answer changes what is published. A failure, a refusal, silence, a
// part, a "no such name" that is not from the authority or has not held for long enough, or another answer right after
// silence leaves it as it was. A target without an address is left out of it (targets.hpp).
// Thread rule: the instance's strand.
#pragma once

#include "common/awaited_endpoints.hpp"
#include "common/readiness.hpp"
#include "consul_dns/random_parts.hpp"
#include "consul_dns/resolver.hpp"
#include "consul_dns/services.hpp"
#include "consul_dns/settings.hpp"
#include "consul_dns/settling.hpp"
#include "consul_dns/targets.hpp"

#include <drcon/context.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace drcon::consul_dns {

/// The state that all watchers of an instance share.
struct common_state {
  const settings& options;
  context host;
  std::map<std::string, std::string> failures;             ///< service -> why its state is unknown
  std::map<std::string, std::string> cuts;                 ///< service -> how its answers over UDP are cut
  std::map<std::string, std::string> nameless = {};        ///< service -> which of its targets have no address
  std::map<std::string, common::standing> standings = {};  ///< by service
  common::readiness readiness = {};                        ///< in an outage every service fails
  common::awaited_endpoints awaited = {};

  void report_status() const;
  /// Readiness waits for every service.
  void begin();
  /// The state of the service is known: it has so many endpoints in service.
  void note_success(const watched_service& what, std::size_t in_service);
  /// The service's state is unknown, as `failures` has it.
  void note_failure(const std::string& service, common::failure how, const std::string& why);
  /// Says that the source is ready, where it is.
  void become_ready();
};

class watcher {
public:
  /// `second` repeats over TCP what may have been cut; null when `first` is TCP itself.
  watcher(const watched_service& what, common_state& shared, std::shared_ptr<resolver> first,
          std::shared_ptr<resolver> second);

  /// Until cancelled. May be called again after an exception.
  boost::asio::awaitable<void> run();
  /// The state is unknown, and why.
  void report_failure(const std::string& why, common::failure how = common::failure::unanswered);

private:
  using clock = std::chrono::steady_clock;
  /// What one round found out.
  struct finding {
    std::optional<std::vector<endpoint>> endpoints;  ///< all of them; nothing: see the next two
    bool absent = false;                             ///< the authority knows no such name
    std::string why;                                 ///< why there is neither
    bool is_final = false;                           ///< asking again does not change that
    bool is_answered = false;                        ///< a server has answered, if only with a fault
    bool met_silence = false;                        ///< a server has not: it may have restarted
    bool is_settling = false;                        ///< the endpoints are not used yet
    bool is_of_target = false;                       ///< the service's name was answered, but not those of its targets
    std::uint32_t ttl = 0;

    common::failure kind() const;
  };
  boost::asio::awaitable<finding> look();
  boost::asio::awaitable<dns_answer> ask_whole();
  boost::asio::awaitable<std::vector<target_answer>> resolve(std::vector<std::string> names, std::uint32_t& ttl);
  boost::asio::awaitable<target_answer> look_up(std::string target);
  bool may_be_part(const dns_answer& over_udp) const;
  void note_cut(const dns_answer& over_udp, const dns_answer& whole);
  void take(finding& found);
  bool looks_like_part(const std::vector<endpoint>& found, clock::time_point now);
  void publish(const std::vector<endpoint>& endpoints);
  void report_left_out();
  std::chrono::nanoseconds pause(const finding& found);

  const watched_service& what_;
  common_state& shared_;
  std::shared_ptr<resolver> first_;
  std::shared_ptr<resolver> second_;
  std::optional<std::vector<endpoint>> published_;
  std::vector<srv_record> whole_;  // records of the last whole answer, in order, without TTLs
  bool is_told_unknown_ = false;   // the host has been given "unknown" since the last publish
  targets targets_;
  std::map<std::string, std::string> left_out_;  // as reported
  std::optional<clock::time_point> absent_since_;
  settling settling_;
  random_parts parts_;
  common::backoff failures_;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace drcon::consul_dns
