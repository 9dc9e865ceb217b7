// An HTTP server within the test that answers as a Consul agent, or another server, as the test scripts it, faults
// included.
//
// A blocking query is held while its index is the one of its path's present answer; a request that prefers to wait,
// while that has the entity tag that it names. Thread rule: its functions may be called from any thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace drcon::test {

struct scripted_answer {
  enum class how {
    whole,
    cut_short,
    dropped,
    endless,  ///< as a stream of events: the head and the body so far, and more never comes
  };

  int status = 200;
  std::uint64_t index = 1;
  std::string body = "[]";
  std::map<std::string, std::string> headers = {};
  how ends = how::whole;
  bool has_index = true;     ///< whether X-Consul-Index is sent; a proxy may drop it
  bool never_holds = false;  ///< blocking queries are answered at once, as by a proxy that keeps answers
};

class scripted_consul {
public:
  /// Answers what it knows nothing of with an empty table or list, at index 1.
  scripted_consul();
  ~scripted_consul();
  scripted_consul(const scripted_consul&) = delete;
  scripted_consul& operator=(const scripted_consul&) = delete;

  std::string url() const;
  /// From now on the answer to `path`, such as "/v1/health/service/web"; whoever waits for it gets it at once.
  void set(const std::string& path, scripted_answer answer);
  /// The answer to queries of `path` that ask for consistency; without one they get the answer of all others.
  void set_consistent(const std::string& path, scripted_answer answer) { set(path + "?consistent", std::move(answer)); }
  /// The answer to queries of `path` that are about that datacentre; without one they get the answer of all others.
  void set_of_datacenter(const std::string& name, const std::string& path, scripted_answer answer) {
    set(path + "?dc=" + name, std::move(answer));
  }
  /// Like set, with the faults of a server that fails in all it does.
  void set_service(const std::string& name, scripted_answer answer) {
    set("/v1/health/service/" + name, std::move(answer));
  }
  /// Closes each connection beyond this many without a word, as limits.http_max_conns_per_client does.
  void limit_connections(std::size_t most);
  /// Closes all that are open; it goes on listening.
  void close_connections();
  /// As an agent that was killed: closes every connection, and nobody listens.
  void kill();
  /// Refuses new connections; those that are open stay.
  void refuse_connections();
  /// On the same port, after kill() or refuse_connections().
  void revive();

  /// The targets asked for so far whose path is `path`, with their parameters.
  std::vector<std::string> requests(const std::string& path) const;
  /// How many were asked for whose path begins with `folder`.
  std::size_t requests_below(const std::string& folder) const;
  /// Queries that wait for a change now.
  std::size_t held() const;
  /// Answers with status 304, to requests that named the entity tag of the present answer (its header ETag).
  std::size_t unmodified() const;
  std::size_t most_connections() const;

private:
  struct server;
  std::unique_ptr<server> server_;
};

/// One row of /v1/health/service/NAME.
std::string instance(const std::string& id, const std::string& address = "10.0.0.1", int port = 80);

/// Of a request's target: what stands before its parameters; and the number of one of them, such as "index=", or 0.
std::string path_of(const std::string& target);
std::uint64_t number_after(const std::string& target, const std::string& key);

}  // namespace drcon::test
