// Which generation of the file nginx serves, as opposed to the one that is on the disk.
//
// There are two ways to know, and the option `confirm` chooses. A server block in the file answers its generation, or
// did so when the workers were the same; or the workers are those that were seen to load it, or were started after the
// file was written. Thread rule: owned by its user's thread; blocks it.
#pragma once

#include "nginx/render.hpp"
#include "nginx/target.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <stop_token>
#include <string>

namespace drcon::nginx {

class served_generation {
public:
  using workers = target::worker_starts;

  explicit served_generation(const target& nginx) : nginx_(nginx) {}

  enum class answer {
    yes,
    no,
    unknown,  ///< nginx stalls: its workers may have loaded them, and do not say so
  };
  /// Does nginx serve these bytes now? `file` is where they lie.
  answer is(const rendered& desired, const std::optional<boost::asio::ip::tcp::endpoint>& listener,
            const std::string& file);

  /// One reload. It is made before the signal, to remember the workers there are, and asked after it.
  class change {
  public:
    /// complete() does not wait for the workers `not_awaited`.
    change(const served_generation& all, const rendered& next, std::optional<boost::asio::ip::tcp::endpoint> listener,
           pid_t master, const workers& not_awaited);

    /// The workers that accepted connections before the signal.
    const workers& before() const { return old_; }
    /// Those of them that accept connections still, and that complete() waits for.
    workers awaited() const;

    /// A worker of the new generation accepts connections; old ones may as well.
    bool begun() const;

    /// Of those that accept connections, all that are waited for are of the new generation.
    bool complete() const;

    /// Waits for begun(); false when it has not within `at_most`.
    bool wait_begun(std::chrono::nanoseconds at_most, const std::stop_token& stop) const;

    /// Waits for complete(); false when it has not within `at_most`.
    bool wait_complete(std::chrono::nanoseconds at_most, const std::stop_token& stop) const;

  private:
    bool answers() const;
    bool is_old(const workers::value_type& each) const;
    bool has_new(const workers& now) const;
    workers awaited_of(workers now) const;

    const target& nginx_;
    std::string generation_;
    std::optional<boost::asio::ip::tcp::endpoint> listener_;
    pid_t master_;
    workers old_;
    workers not_awaited_;
  };

  /// The workers that `master` has now were seen to load this generation.
  void remember(const rendered& taken_up, pid_t master);

private:
  bool workers_serve(const rendered& desired, const std::string& file) const;
  bool are_newer_than(const workers& now, const std::string& file) const;
  answer listener_serves(const rendered& desired, const boost::asio::ip::tcp::endpoint& listener,
                         const std::string& file);
  bool were_seen_to_serve(const rendered& desired, const workers& now) const;

  const target& nginx_;
  std::string proven_generation_;
  workers proven_workers_;
};

}  // namespace drcon::nginx
