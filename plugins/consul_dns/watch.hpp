// Asks for one service again and again, and tells what is true of it.
//
// DNS cannot push. Every kind of answer that is not a whole one (failure, refusal, silence, a part, a target without
// address, a "no such name" that is not from the authority or has not held for long enough) leaves what was known as it
// was.
// Thread rule: the instance's strand.
#pragma once

#include "consul_dns/endpoints.hpp"
#include "consul_dns/resolver.hpp"
#include "consul_dns/settings.hpp"

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

/// What all pollers of an instance share.
struct common_state {
  const settings& options;
  context host;
  std::size_t untold = 0;                       ///< services of which nothing has been told
  std::map<std::string, std::string> troubles;  ///< service -> what keeps it from being known
  std::map<std::string, std::string> cuts;      ///< service -> how its answers over UDP are cut
  void show() const;
};

class poller {
public:
  /// `second` repeats over TCP what may have been cut; null when `first` is TCP itself.
  poller(const watched_service& what, common_state& shared, std::shared_ptr<resolver> first,
         std::shared_ptr<resolver> second);

  /// Until cancelled.
  boost::asio::awaitable<void> run();

private:
  using clock = std::chrono::steady_clock;
  /// What one round found out.
  struct finding {
    std::optional<std::vector<endpoint>> endpoints;  ///< the whole truth
    bool absent = false;                             ///< the authority knows no such name
    std::string why;                                 ///< neither
    std::uint32_t ttl = 0;
  };
  /// The addresses of one target.
  struct target_found {
    std::vector<address_record> addresses;
    std::string why;  ///< there are none
  };

  boost::asio::awaitable<finding> look();
  boost::asio::awaitable<dns_answer> ask_whole();
  boost::asio::awaitable<std::string> resolve(std::vector<std::string> targets, address_book& book, std::uint32_t& ttl);
  boost::asio::awaitable<target_found> look_up(std::string target);
  bool may_be_part(const dns_answer& over_udp) const;
  void note_cut(const dns_answer& over_udp, const dns_answer& whole);
  void take(const finding& found);
  void publish(const std::vector<endpoint>& endpoints);
  void trouble(const std::string& why);
  std::chrono::nanoseconds pause(const finding& found);

  const watched_service& what_;
  common_state& shared_;
  std::shared_ptr<resolver> first_;
  std::shared_ptr<resolver> second_;
  std::optional<std::vector<endpoint>> told_;
  std::vector<srv_record> whole_;  // records of the last whole answer, in order, without TTLs
  bool known_ = false;             // what was told stands, as far as the host knows
  std::optional<clock::time_point> absent_since_;
  int failures_ = 0;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace drcon::consul_dns
