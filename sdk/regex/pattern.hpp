// A regular expression of ECMAScript, compiled in one object: std::regex is a template, and costs each object that uses
// it two seconds.
//
// Thread rule: immutable once made.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

namespace drcon {

/// The text is no regular expression; what() says why.
class pattern_error : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Matching recurses once for each character, so that a very long text would exhaust the stack: whoever takes text from
/// outside bounds its length first.
class pattern {
public:
  /// Throws pattern_error.
  explicit pattern(const std::string& expression);

  bool matches_whole(const std::string& text) const;
  bool is_found_in(const std::string& text) const;

private:
  struct compiled;
  std::shared_ptr<const compiled> compiled_;
};

}  // namespace drcon
