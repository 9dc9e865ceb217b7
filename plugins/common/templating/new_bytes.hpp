// Which functions can make bytes that their arguments did not have. Texts of data are judged when a template reads
// them; what such a function makes of them is another text, and has to be judged again.
//
// Pure functions.
#pragma once

#include "common/templating/function.hpp"

#include <span>
#include <vector>

namespace drcon::templating {

/// What is to be judged of what a function has made: the whole, or arguments that it writes as characters; or nothing.
struct new_part {
  value of;
  bool as_characters = false;  ///< numbers in it are written as those
};
std::vector<new_part> new_bytes(const function& what, std::span<const value> given, const value& made);

/// The function's result depends on more than its arguments, or it has failed because it was asked to:
/// whoever has written the data is not to blame for its failure.
bool asks_beyond_its_arguments(const function& what);

}  // namespace drcon::templating
