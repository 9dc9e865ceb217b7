// An update in memory of the kit's own, laid out as a later or a stricter host might.
//
// testing::update does for whatever needs no such memory.
#pragma once

#include "conformance/traps.hpp"

#include <drcon/model.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace drcon::conformance {

struct manner_of_layout {
  std::size_t growth = 0;       ///< bytes that a later minor appended to every growable struct
  bool apart = false;           ///< elements of arrays stand far apart, with trapped memory between them
  bool guards_strings = false;  ///< every string ends where memory ends
};

class laid_out {
public:
  laid_out(const manner_of_layout& how, std::uint64_t ticket, std::vector<service> wanted,
           std::optional<std::vector<service>> applied = {});

  const drcon_update* get() const { return update_; }
  /// The update is the host's again: whoever touches it is caught.
  void take_back() const;

private:
  template <class Type>
  Type* grown(std::size_t count = 1);
  template <class Type>
  std::byte* elements(std::size_t count, std::size_t& stride);
  template <class Type>
  Type* plain(std::size_t count);
  std::byte* take(std::size_t bytes);
  drcon_string text(std::string_view from);
  const drcon_service* lay(const service& from);
  void lay_endpoint(drcon_endpoint& to, const endpoint& from);
  const drcon_snapshot* lay_all(const std::vector<service>& from, std::uint64_t revision);

  const manner_of_layout how_;
  pages memory_;
  std::size_t used_ = 0;
  drcon_update* update_ = nullptr;
};

}  // namespace drcon::conformance
