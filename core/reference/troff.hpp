// Text in manual pages, man(7). Pure functions.
#pragma once

#include <string>

namespace drcon::reference {

/// Text that troff takes as it is: backslashes and hyphens are meant, and no line of it is a request. What is between
/// backquotes is bold.
std::string troff(const std::string& text);

/// The same as an argument of a macro.
std::string troff_argument(const std::string& text);

}  // namespace drcon::reference
