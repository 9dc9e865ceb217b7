// An update in memory that the kit controls, laid out as a host of a later minor, or a stricter one, might do it.
//
// A case that needs no such memory uses testing::update.
// Thread rule: the thread that stands in for the lane; take_back() from any thread.
#pragma once

#include "conformance/traps.hpp"

#include <drcon/model.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace drcon::conformance {

struct update_layout {
  std::size_t growth = 0;       ///< bytes that a later minor appended to every growable struct
  bool apart = false;           ///< elements of arrays have trapped memory between them
  bool guards_strings = false;  ///< every string ends where memory ends
};

class custom_update {
public:
  custom_update(const update_layout& layout, std::uint64_t ticket, std::vector<service> desired,
                std::optional<std::vector<service>> applied = {});

  const drcon_update* get() const { return update_; }
  /// The update belongs to the host again: from now on a plugin that touches it is caught.
  void take_back() const;

private:
  /// A struct with `growth` bytes behind it, as a later minor version would have appended them.
  template <class Type>
  Type* grown(std::size_t count = 1);
  /// An array of such structs, whose stride is larger than the size that the plugin knows.
  template <class Type>
  std::byte* elements(std::size_t count, std::size_t& stride);
  /// An array of a type that a later minor version cannot make longer, such as drcon_string.
  template <class Type>
  Type* plain(std::size_t count);
  std::byte* take(std::size_t bytes);
  drcon_string text(std::string_view value);
  const drcon_service* lay(const service& value);
  void lay_endpoint(drcon_endpoint& raw, const endpoint& value);
  const drcon_snapshot* lay_all(const std::vector<service>& values, std::uint64_t revision);

  const update_layout layout_;
  pages memory_;
  std::size_t used_ = 0;
  drcon_update* update_ = nullptr;
};

}  // namespace drcon::conformance
