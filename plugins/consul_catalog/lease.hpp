// Whether another sink keeps registrations with our owner's mark: two of them would remove each other's registrations
// without end, and both would say that all is in order.
//
// A sink that keeps registrations writes a mark into the output of the check named drcon of one of them, and renews it:
// "drcon: passing [kept by HOST:PID:MACHINE:START:N #COUNT]". A mark whose count still changes is that of a sink that
// lives, here or on another machine; whoever finds it keeps away. A mark that has not changed for so long that its sink
// must be gone, or whose process is known to have ended, is nobody's.
//
// Thread rule: owned by the sink's one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace drcon::consul_catalog {

/// What a mark says.
struct lease_mark {
  std::string holder;  ///< HOST:PID:MACHINE:START:N
  std::uint64_t count = 0;
};

/// The mark in the output of a check; nothing when there is none.
std::optional<lease_mark> read_mark(const std::string& output);

/// The holder is, or was, a sink of this host: by its name, which a restart of the machine does not change, or by the
/// machine's own mark, which another name does not change.
bool is_of_this_host(const std::string& holder);

/// The holder is a sink of this machine, in a process that has ended, or in this process and is no more.
bool has_ended(const std::string& holder);

class lease {
public:
  using clock = std::chrono::steady_clock;

  /// Marks are renewed this often.
  static constexpr auto renewed_every = std::chrono::seconds(2);
  /// A mark that has not changed for so long is nobody's: several renewals, and an agent that was slow.
  static constexpr auto lasts = std::chrono::seconds(10);

  lease();
  ~lease();
  lease(const lease&) = delete;
  lease& operator=(const lease&) = delete;

  /// Judges the marks on our registrations. Why this sink must keep away for now; empty when it may go on. Who comes
  /// later keeps away from whoever is there; of two that began at the same time one goes on.
  std::string judge(const std::vector<lease_mark>& marks, clock::time_point now);
  const std::string& holder() const { return holder_; }
  /// Ours, to be added to a check's output, as it was renewed last.
  std::string mark() const;
  void renew() { ++count_; }

private:
  struct sighting {
    std::uint64_t count = 0;
    clock::time_point since;   // when this count was first seen
    bool has_changed = false;  // while we looked: it lives
  };

  std::string reason_to_keep_away(const std::vector<lease_mark>& marks, clock::time_point now);

  const std::string holder_;
  bool is_held_ = false;  // the last judgement let this sink go on
  std::uint64_t count_ = 1;
  std::map<std::string, sighting> seen_;  // holder -> its mark
};

}  // namespace drcon::consul_catalog
