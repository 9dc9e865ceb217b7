// Watches services of one Consul agent and publishes their state.
//
// Each service has a blocking query of its own: on a connection of its own with HTTP/1.1, where agents allow few
// connections; with HTTP/2 a few connections carry those of thousands of services. Beyond the bound on connections,
// the services that changed last keep theirs ("direct"); the others take turns ("rotation"): two cheap blocking queries
// return when something changed somewhere, and plain queries then find out what, suspected services first.
// Thread rule: everything on the strand given to it.
#pragma once

#include "common/awaited_endpoints.hpp"
#include "common/backoff.hpp"
#include "common/bucket.hpp"
#include "common/http2/request_channels.hpp"
#include "common/readiness.hpp"
#include "consul_http/agent_limit.hpp"
#include "consul_http/answer.hpp"
#include "consul_http/connection_limit.hpp"
#include "consul_http/node_registrations.hpp"
#include "consul_http/node_turns.hpp"
#include "consul_http/rotation.hpp"
#include "consul_http/settings.hpp"
#include "consul_http/watched_service.hpp"

#include <drcon/context.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace drcon::consul {

class watcher {
public:
  using work = std::function<boost::asio::awaitable<void>()>;
  using spawner = std::function<void(work begin, std::function<void(const std::string& why)> failed)>;

  /// `spawn` starts a coroutine on `strand`, and after an exception calls `failed` and starts it again; all of them end
  /// before the watcher does.
  watcher(settings settings, context host, boost::asio::any_io_executor strand, spawner spawn);
  ~watcher();
  watcher(const watcher&) = delete;
  watcher& operator=(const watcher&) = delete;

  boost::asio::awaitable<void> run();

private:
  using clock = std::chrono::steady_clock;
  struct slot;  // a connection with the service that it serves
  class idle_wait;
  // How a query was asked: what its answer is worth depends on it.
  struct question {
    std::string target;
    bool blocks = false;
    bool confirmed = false;  // with `consistent`
    clock::time_point started;
  };
  enum class verdict { good, unconfirmed, failed };
  using slot_ptr = std::shared_ptr<slot>;
  // What the nodes of a place report of changes.
  struct node_watch {
    boost::asio::steady_timer* timer = nullptr;  // of the coroutine that asks them, while it runs
    node_turns turns = {};
    std::set<std::string> nodes = {};  // their names; none while that is not known
    registrations known = {};
  };

  // What is watched.
  void spawn_catalog_watch(const selection& place);
  void spawn_rotation();
  void add(const selection& selected_by, const std::string& name);
  void drop(const std::string& published);
  void balance();
  void allow_connections();
  std::size_t capacity() const { return channels_.capacity(limit_.allowed()); }
  bool too_many() const;
  std::size_t direct_capacity() const;
  std::size_t rotation_workers() const;
  void give_up_connection(const watched_ptr& each);

  // The coroutines.
  boost::asio::awaitable<void> watch_directly(slot_ptr mine);
  boost::asio::awaitable<void> rotate(std::size_t number);
  boost::asio::awaitable<void> watch_catalog(selection place);
  boost::asio::awaitable<void> watch_checks(selection place);
  boost::asio::awaitable<void> watch_nodes(selection place);
  boost::asio::awaitable<void> watch_node_list(selection place);
  boost::asio::awaitable<bool> ask_nodes(const selection& place,
                                         const std::shared_ptr<common::request_channel>& connection);
  boost::asio::awaitable<void> probe_silent_agent();
  boost::asio::awaitable<void> watch_agent_limit();
  boost::asio::awaitable<void> report_figures();
  boost::asio::awaitable<void> look_for_unknown_names();
  boost::asio::awaitable<void> pause(clock::duration length);
  question question_on(const watched_service& each, bool may_block) const;
  bool is_confirmed(const common::consul::query_progress& progress) const;
  common::backoff retries() const { return {settings_.retry_min, settings_.retry_max}; }

  // What answers mean.
  verdict take(const watched_ptr& each, const common::http_answer& answer, const question& asked);
  void note_backend(const common::http_answer& answer);
  void note_portless(const watched_service& each, bool is_portless);
  void report_left_out(watched_service& each, const std::vector<left_out_instance>& left_out);
  static bool has_changed(watched_service& each, std::vector<endpoint>& now);
  std::string read(watched_service& each, const common::http_answer& answer);
  void failed(watched_service& each, const common::http_answer& answer, const std::string& why);
  void other_failed(const std::string& what, const common::http_answer& answer, const std::string& why);
  void other_worked(const std::string& what);
  bool begin_outage(const common::http_answer& answer, bool failed_before);
  void interrupted(const watched_ptr& each, const std::string& why);
  bool nothing_works() const;
  void something_works();
  void take_catalog(const selection& place, const catalog& now, bool has_index);
  std::set<std::string> choose_from(const std::string& place, const catalog& now);
  bool may_be_of_an_earlier_entry(const selection& each, const std::string& name) const;
  void catalog_failed(const std::string& place, const common::http_answer& answer, const std::string& why);
  void settle_names();
  void become_ready();
  bool is_connection_limit(const common::http_answer& answer) const;
  void take_agent_limit(std::optional<std::size_t> allowed);
  void lower_limit();
  void withdraw_limit();

  // Rotation.
  watched_ptr next_due();
  clock::duration rotation_max_age() const;
  void suspect(const std::string& service, std::optional<std::uint64_t> index = {});
  void suspect_changes(const std::set<service_change>& changes);
  void suspect_checks(const std::string& place, const checks& before, const checks& now);
  bool are_nodes_worth_asking(const node_watch& place) const;
  static void forget_nodes(node_watch& place);
  void registrations_changed(const std::string& place, bool has_index);
  void something_changed();
  void promote(const watched_ptr& each);
  void wake_rotation();

  std::vector<watched_ptr> named_without_endpoints(const std::string& place) const;
  void report_empty_peers() const;
  void find_unknown(const std::vector<watched_ptr>& suspects, const catalog& known,
                    std::map<std::string, std::string>& found) const;
  void report_unknown(std::map<std::string, std::string> found);
  boost::asio::awaitable<void> look_once_for_unknown_names();
  void forget_unknown(const watched_service& each);
  void note_hidden(const watched_service& each, bool is_hidden);
  void report_status();
  std::shared_ptr<common::request_channel> connection() { return channels_.channel(); }
  void count(const common::http_answer& answer);

  settings settings_;
  const std::map<std::string, const selection*> places_;  // of the services, each once
  context host_;
  boost::asio::any_io_executor strand_;
  spawner spawn_;
  common::request_channels channels_;

  std::map<std::string, watched_ptr> watches_;               // by the name they are published under
  std::multimap<std::string, watched_ptr> watches_by_name_;  // the same, by their names in Consul
  std::list<slot_ptr> slots_;
  rotation rotation_;
  std::map<std::size_t, watched_ptr> asked_in_turn_;       // by the number of the worker that asks
  bool is_started_ = false;                                // the coroutines of the catalogues have been started
  bool names_looked_up_ = false;                           // look_for_unknown_names() has been started
  bool rotation_runs_ = false;                             // its coroutines have been started, once and for all
  std::vector<boost::asio::steady_timer*> idle_;           // timers of coroutines that wait for something to ask
  std::map<std::string, const selection*> catalogs_;       // places whose catalogue chooses services
  std::set<std::string> catalogs_heard_;                   // which of them have been read, since the last failure
  std::map<std::string, catalog> catalogs_known_;          // by place
  std::map<std::string, unsigned> catalog_errors_;         // by place: answers in a row while the source is not ready
  std::map<std::string, std::set<std::string>> nameless_;  // by place: parts of which the host knows that names are not
  std::map<std::string, node_watch> nodes_;                // by place, once the rotation runs
  std::map<std::string, std::set<std::string>> left_out_;  // by place: names that cannot be asked for
  std::set<std::string> portless_;                    // services of which no instance has the port that is asked for
  std::map<std::string, std::string> unknown_names_;  // by published name: services that Consul does not know; a hint
  std::set<std::string> hidden_;                      // services of which Consul's ACLs hide a part
  connection_limit limit_;
  bool is_limit_known_ = false;             // the agent was asked how many connections it allows, or need not be
  std::optional<std::size_t> agent_limit_;  // what it has said; 0: any number
  std::string limit_fault_;                 // what the status says while the limit is lowered

  common::readiness readiness_;  // of the watched services
  common::awaited_endpoints awaited_;
  std::set<std::string> others_failing_;  // other queries whose last answer was no good
  std::string last_fault_;
  std::string backend_;           // what Consul has last answered from; empty: it does not say
  clock::time_point answered_{};  // when the agent last answered anything

  bucket rotation_bucket_;
  bucket promotion_bucket_{20, 20};
};

}  // namespace drcon::consul
