// What an instance leaves out at present, and why.
//
// Thread rule: any thread.
#pragma once

#include "plugins/validation.hpp"

#include <cstddef>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace drcon::plugins {

class refusal_list {
public:
  /// A hostile registry must not fill the memory of the host with reasons.
  static constexpr std::size_t most = 10000;

  /// Replaces what is left out of all services. Returns what is new: a refusal that still holds was reported before,
  /// and is not reported again.
  std::vector<refusal> replace_all(const std::vector<refusal>& now);
  /// The same for one service. Its name may be empty: a plugin may publish even that, and it is refused.
  std::vector<refusal> replace(const std::string& service, const std::vector<refusal>& now);
  /// One more. False when it is known, or when there are too many.
  bool add(const refusal& one);
  /// The one reason why that endpoint is left out from now on; with an empty reason it is left out no more.
  void set(const refusal& one);
  void clear();

  /// The first `at_most` of them.
  std::vector<refusal> first(std::size_t at_most) const;
  /// Why this is left out: the service, or the endpoint of it; empty when it is not.
  std::string why(const std::string& service, const std::string& endpoint) const;
  std::size_t count() const;

private:
  std::vector<refusal> keep(const std::vector<refusal>& now, const std::set<refusal>& before);
  static refusal begun(refusal one);

  mutable std::mutex mutex_;  // guards all_
  std::set<refusal> all_;     // in order of service, so that those of one service are together
};

}  // namespace drcon::plugins
