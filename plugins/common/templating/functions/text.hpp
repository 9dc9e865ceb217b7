// What several functions do with texts. What they make counts against the limits of the rendering.
//
// Thread rule: the thread that renders.
#pragma once

#include "common/templating/invocation.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace drcon::templating {

/// Without the characters of `set` at both ends.
std::string_view trimmed(std::string_view text, std::string_view set);

/// With each `old` replaced. An empty one stands in front of each character and at the end.
std::string replaced(invocation& in, std::string_view text, std::string_view old, std::string_view by);

/// Between the separators, `most` parts at most (negative: all), whose last one is the rest; an empty separator cuts
/// between characters.
std::vector<value> parts(invocation& in, std::string_view separator, std::string_view text, std::int64_t most = -1);

/// Throws a `failure` where a list of so many elements would take more than values may, before it is made.
void check_length(const invocation& in, std::size_t elements);

/// Throws a `failure` where `given` comes of data and asks for more than data may.
void check_what_data_asks_for(invocation& in, std::span<const value> given, std::uint64_t count, std::string_view unit);

/// A text that grows up to the limit for values of the rendering.
class bounded_text {
public:
  explicit bounded_text(invocation& in) : in_(in) {}
  void add(std::string_view more) {
    if (result_.size() + more.size() > in_.around().bounds.memory) throw failure("the text would be too long");
    in_.spend(more.size() / 64 + 1);
    result_ += more;
  }
  const std::string& text() const { return result_; }
  value take() { return in_.scratch().text(result_); }

private:
  invocation& in_;
  std::string result_;
};

}  // namespace drcon::templating
