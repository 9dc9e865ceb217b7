// Why a template could not be read or rendered, and where.
//
// Thread rule: values.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

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
class failure : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

}  // namespace drcon::templating
