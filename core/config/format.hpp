// The formats of option values: duration, size, percent, path, regex, address, url.
#pragma once

#include <optional>
#include <string>

namespace drcon::config {

/// What a value of `format` is, for "expected …": "a duration such as \"250ms\"". Empty when the format is not ours.
std::string describe_format(const std::string& format);

/// True when `text` is of `format`, or the format is not ours. Otherwise `why` may say more: what a regular expression
/// is refused for.
bool fits_format(const std::string& format, const std::string& text, std::string& why);

}  // namespace drcon::config
