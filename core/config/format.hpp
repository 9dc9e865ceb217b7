// The formats of option values: duration, size, percent, path, regex, address, url.
#pragma once

#include "base/result.hpp"

#include <string>

namespace drcon::config {

/// What a value of `format` is, for "expected …": "a duration such as \"250ms\"". Empty when the format is not ours.
std::string describe_format(const std::string& format);

/// Success when `text` is of `format`, or the format is not ours. The failure's reason goes on where describe_format
/// ends, and is empty where that says it all: it says what a regular expression is refused for.
base::result<> check_format(const std::string& format, const std::string& text);

}  // namespace drcon::config
