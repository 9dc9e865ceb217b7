// Whether another sink keeps registrations with our owner's mark: two of them would remove each other's registrations
// without end, and both would say that all is in order.
//
// A sink that keeps registrations writes a mark into the output of the check named drcon of one of them, and renews it:
// "drcon: passing [kept by HOST:PID:MACHINE:START:N #COUNT]". A mark whose count still changes is that of a sink that
// lives, here or on another machine; whoever finds it keeps away. A mark that has not changed for so long that its sink
// must be gone, or whose process is known to have ended, is nobody's.
//
// Anybody who may register some service can write such a mark into its check. So a sink keeps away only from marks on
// what it would register itself, for which one needs the right to write that service. Any other mark is a bystander's:
// it keeps nobody away, but what is there with our owner may be that one's, and is not for this sink to remove.
//
// Thread rule: owned by the sink's one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace drcon::consul_catalog {

/// What a mark says.
struct lease_mark {
  std::string holder;  ///< HOST:PID:MACHINE:START:N
  std::uint64_t count = 0;
  std::string id = {};  ///< of the registration that has it
};

/// The mark in the output of a check; nothing when there is none.
std::optional<lease_mark> read_mark(const std::string& output);

/// For people: where the sink runs that has written the mark.
std::string place_of(const std::string& holder);

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
  /// later keeps away from whoever is there; of two that began at the same time one goes on. `bystanders`: marks that
  /// keep nobody away.
  std::string judge(const std::vector<lease_mark>& marks, clock::time_point now,
                    const std::vector<lease_mark>& bystanders = {});
  /// In the last judgement: a mark is that of another sink that lives, or may live.
  bool may_be_another() const { return another_ != life::gone; }
  /// The same, and it is known to live.
  bool has_seen_another() const { return another_ == life::lives; }
  /// A bystander's mark among these.
  const std::optional<lease_mark>& bystander() const { return bystander_; }
  const std::string& holder() const { return holder_; }
  /// Ours, to be added to a check's output, as it was renewed last.
  std::string mark() const;
  void renew() { ++count_; }

private:
  enum class life { gone, unknown, lives };
  struct sighting {
    std::uint64_t count = 0;
    clock::time_point since;   // when this count was first seen
    bool has_changed = false;  // while we looked: it lives
  };

  life see(const lease_mark& mark, clock::time_point now);
  std::string reason_to_keep_away(const std::vector<lease_mark>& marks, clock::time_point now);

  const std::string holder_;
  bool is_held_ = false;  // the last judgement let this sink go on
  std::uint64_t count_ = 1;
  life another_ = life::gone;
  std::optional<lease_mark> bystander_;
  // By registration and holder: a copy of a mark elsewhere, with another count, does not make it live.
  std::map<std::pair<std::string, std::string>, sighting> seen_;
};

}  // namespace drcon::consul_catalog
