// The unix socket on which nginx takes the peers of all services, and answers what it has.
//
// Thread rule: any thread; blocks it for at most the time-out.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace drcon::nginx {

/// What drcon.lua speaks, and what the include file asks it for.
inline constexpr int live_protocol = 1;

struct live_state {
  std::uint64_t version = 0;
  std::size_t capacity = 0;                ///< of the shared dict, in bytes
  std::size_t free = 0;                    ///< of that, in whole pages
  std::map<pid_t, std::uint64_t> workers;  ///< the version that each has
};

/// Of one peer, as one worker has counted it since it was started.
struct peer_counts {
  pid_t worker = 0;
  std::string service;
  std::string address;
  std::uint64_t requests = 0;
  std::uint64_t failures = 0;
  std::uint64_t active = 0;
};

class live_channel {
public:
  explicit live_channel(std::string socket) : socket_(std::move(socket)) {}

  struct answer {
    unsigned status = 0;              ///< 0: there was none
    bool is_silent = false;           ///< of 0: somebody listens, but did not answer in time
    std::string why;                  ///< of any other answer than 200
    std::optional<live_state> state;  ///< of 200
  };
  answer put(std::string set) const;
  answer state() const;
  /// Nothing when nginx does not answer.
  std::optional<std::vector<peer_counts>> statistics() const;

private:
  std::string socket_;
};

}  // namespace drcon::nginx
