// Watches several things of one registry, each by a blocking query on a connection of its own.
//
// What all registries with blocking queries have in common: when a query is asked again, when an answer is news, what
// is said to the host when queries fail, and when the source is ready. What an answer means is for the class that
// derives from this one. Thread rule: everything on the strand given to it.
#pragma once

#include "common/consul_progress.hpp"
#include "common/http_answer.hpp"
#include "common/http_server.hpp"
#include "common/readiness.hpp"

#include <drcon/context.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace drcon::common {

/// How a registry is asked.
struct registry_access {
  http_server server;
  std::vector<http_header> headers;  ///< of each request
  std::string index_header;          ///< of answers, in lower case
  std::chrono::nanoseconds wait{};   ///< how long it holds a query
  std::chrono::nanoseconds retry_max{};
};

/// The names that entries are published under.
template <class Entry>
std::vector<std::string> names_of(const std::vector<Entry>& entries) {
  std::vector<std::string> names;
  for (const auto& each : entries) names.push_back(each.as);
  return names;
}

class entry_watcher {
public:
  using work = std::function<boost::asio::awaitable<void>()>;
  using spawner = std::function<void(work begin, std::function<void(const std::string& why)> failed)>;

  /// `names`: what is published of each entry. `spawn` starts a coroutine on `strand`, and after an exception calls
  /// `failed` and starts it again; all of them end before the watcher does.
  entry_watcher(registry_access access, std::vector<std::string> names, context host,
                boost::asio::any_io_executor strand, spawner spawn);
  entry_watcher(const entry_watcher&) = delete;
  entry_watcher& operator=(const entry_watcher&) = delete;

  boost::asio::awaitable<void> run();

protected:
  ~entry_watcher() = default;

  /// The query of an entry.
  virtual std::string target_of(std::size_t entry, const consul::query_progress& progress) const = 0;
  /// Why an answer cannot be used; nothing when it can.
  virtual std::optional<std::string> fault_of(const http_answer& answer) const = 0;
  /// What a failed query says of the next one.
  virtual failure kind_of(const http_answer& answer) const = 0;
  /// Publishes what the answer holds; what is wrong with it, or empty.
  virtual std::string read(std::size_t entry, const http_answer& answer, std::uint64_t revision) = 0;
  /// Whether the source is not ready for the first time while the entry lacks something.
  virtual bool is_awaited(std::size_t entry) const = 0;
  /// What the status says while nothing fails.
  virtual std::string summary() const = 0;

  const context& host() const { return host_; }
  const std::string& name_of(std::size_t entry) const { return names_[entry]; }
  /// What the registry does not have of the entry, for the status; empty: nothing.
  void lacks(std::size_t entry, const std::string& what);
  /// From then on nothing is awaited.
  bool was_ready() const { return was_ready_; }

private:
  boost::asio::awaitable<void> watch(std::size_t entry);
  std::string take(std::size_t entry, const http_answer& answer, consul::query_progress& progress);
  void worked(std::size_t entry);
  void failed(std::size_t entry, const http_answer& answer, const std::string& why);
  void become_ready();
  void report_status();

  const registry_access access_;
  const std::vector<std::string> names_;
  const context host_;
  const boost::asio::any_io_executor strand_;
  const spawner spawn_;
  std::vector<standing> standings_;              // of each entry; "known" is one that is not there as well
  std::map<std::size_t, std::string> failures_;  // entry -> why its last query failed
  std::map<std::size_t, std::string> lacking_;   // entry -> what the registry does not have of it
  bool was_ready_ = false;
  readiness readiness_;  // in an outage every entry fails
};

}  // namespace drcon::common
