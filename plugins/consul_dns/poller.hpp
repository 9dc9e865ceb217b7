// Asks for one service again and again, and tells what is true of it.
//
// DNS cannot push. Every kind of answer that is not a whole one (failure, refusal, silence, a target without address, a
// "no such name" that is not from the authority or has not held for long enough) leaves what was known as it was.
// Thread rule: the instance's strand.
#pragma once

#include "consul_dns/endpoints.hpp"
#include "consul_dns/resolver.hpp"
#include "consul_dns/settings.hpp"

#include <drcon/context.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <random>
#include <string>

namespace drcon::consul_dns {

/// What all pollers of an instance share.
struct common_state {
  const settings& options;
  context host;
  std::size_t untold = 0;                       ///< services of which nothing has been told
  std::map<std::string, std::string> troubles;  ///< service -> what keeps it from being known
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

  boost::asio::awaitable<finding> look();
  boost::asio::awaitable<dns_answer> ask_whole();
  boost::asio::awaitable<std::string> resolve(const std::vector<srv_record>& records, address_book& book);
  finding judge(const message& answer) const;
  void take(finding found);
  void publish(std::vector<endpoint> endpoints);
  void trouble(const std::string& why);
  std::chrono::nanoseconds pause(const finding& found);

  const watched_service& what_;
  common_state& shared_;
  std::shared_ptr<resolver> first_;
  std::shared_ptr<resolver> second_;
  std::optional<std::vector<endpoint>> told_;
  std::size_t records_ = 0;  // of the last whole answer
  bool known_ = false;       // what was told stands, as far as the host knows
  std::optional<clock::time_point> absent_since_;
  int failures_ = 0;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace drcon::consul_dns
