// The lines of the engine's event stream, from parts that end anywhere.
//
// An event has all labels of its container, and whoever starts one chooses them. A line that is too long is dropped up
// to its end: it keeps no other from being read, and costs no more memory than the longest that is read.
//
// State without input or output. Thread rule: that of its owner.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace drcon::docker {

class event_lines {
public:
  static constexpr std::size_t longest = std::size_t{4} * 1024 * 1024;

  /// Gives each whole line to `take`, without its end. True when a line was dropped.
  template <class Take>
  bool add(std::string_view part, Take take) {
    bool dropped = false;
    for (auto end = part.find('\n'); end != std::string_view::npos; end = part.find('\n')) {
      dropped = hold(part.substr(0, end)) || dropped;
      if (!std::exchange(is_dropped_, false)) take(std::as_const(begun_));
      begun_.clear();
      part.remove_prefix(end + 1);
    }
    return hold(part) || dropped;
  }

private:
  // True when the line has become too long with this.
  bool hold(std::string_view part) {
    if (is_dropped_) return false;
    if (begun_.size() + part.size() <= longest) {
      begun_ += part;
      return false;
    }
    begun_ = {};
    return is_dropped_ = true;
  }

  std::string begun_;
  bool is_dropped_ = false;  // what is begun is too long: its rest is passed over
};

}  // namespace drcon::docker
