// What nginx serves, as opposed to what lies on the disk: which generation its workers are of.
//
// Two ways to know, by the sink's `confirm`: a server block in the file answers its generation; or the workers are
// those that were seen to take it up, or younger than the file.
// Thread rule: owned by its user's thread; blocks it.
#pragma once

#include "nginx/control.hpp"
#include "nginx/render.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <stop_token>
#include <string>

namespace drcon::nginx {

class serving {
public:
  using workers = std::map<pid_t, unsigned long long>;

  explicit serving(const control& nginx) : nginx_(nginx) {}

  /// Does nginx serve these bytes now? `file` is where they lie.
  bool is(const rendered& wanted, const std::optional<boost::asio::ip::tcp::endpoint>& listener,
          const std::string& file) const;

  /// One reload: made before the signal, asked after it.
  class change {
  public:
    change(const serving& from, const rendered& next, std::optional<boost::asio::ip::tcp::endpoint> listener,
           pid_t master);

    /// A worker of the new generation accepts connections; old ones may as well.
    bool begun() const;

    /// Only workers of the new generation accept connections.
    bool complete() const;

    /// Waits for begun(); false when it has not within `at_most`.
    bool wait_begun(std::chrono::nanoseconds at_most, const std::stop_token& stop) const;

    /// Waits for complete(); false when it has not within `at_most`.
    bool wait_complete(std::chrono::nanoseconds at_most, const std::stop_token& stop) const;

  private:
    bool answers() const;

    const control& nginx_;
    std::string generation_;
    std::optional<boost::asio::ip::tcp::endpoint> listener_;
    pid_t master_;
    workers old_;
  };

  /// These workers were seen to take up this generation.
  void remember(const rendered& taken_up, pid_t master);

private:
  bool workers_serve(const rendered& wanted, const std::string& file) const;

  const control& nginx_;
  std::string proven_generation_;
  workers proven_workers_;
};

}  // namespace drcon::nginx
