// Why a template could not be read or rendered, and where.
//
// Thread rule: values.
#pragma once

#include <cstddef>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace drcon::templating {

/// Line and column count from 1, the column in bytes.
struct position {
  std::size_t line = 1;
  std::size_t column = 1;
};

/// The place of a byte of a text.
position place_of(std::string_view text, std::size_t offset);

struct fault {
  std::string name;  // of the template
  position where;
  std::string text;  // what is wrong, without the place

  /// "template: NAME:LINE:COLUMN: TEXT", as Go's text/template has it, but that its columns count from 0 and that it
  /// has none where it reads a template.
  std::string message() const;
};

/// Thrown inside of the library alone: its functions that others call return faults.
class failure : public std::exception {
public:
  explicit failure(std::string text) : text_(std::move(text)) {}
  /// Whole, where what() ends at a null byte, which data may have.
  const std::string& text() const { return text_; }
  const char* what() const noexcept override { return text_.c_str(); }

private:
  std::string text_;
};

}  // namespace drcon::templating
