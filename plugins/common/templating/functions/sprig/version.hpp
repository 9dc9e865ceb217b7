// Semantic versions and conditions on them, as the Go library semver/v3 has them.
//
// Thread rule: values. `version::read` and `fits` throw a `failure` in the library's words.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace drcon::templating::sprig {

struct version {
  std::uint64_t major = 0;
  std::uint64_t minor = 0;
  std::uint64_t patch = 0;
  std::string_view before;    // the release: 1.2.3-BEFORE
  std::string_view metadata;  // 1.2.3+METADATA
  std::string_view original;

  /// A view of the text. Parts that are missing are 0, and a v may stand in front.
  static version read(std::string_view text);
  std::string text() const;
};

/// -1, 0 or 1; the metadata does not count.
int compare(const version& left, const version& right);

/// Whether the version fits conditions such as ">=1.2, <2 || ~3.1".
bool fits(std::string_view conditions, const version& asked);

}  // namespace drcon::templating::sprig
