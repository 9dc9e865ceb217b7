// Times by Go's layouts: the text that 2 January 2006, 15:04:05 would have.
//
// Pure function.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace drcon::templating {

/// In UTC.
std::string time_text(std::chrono::system_clock::time_point time, std::string_view layout);

}  // namespace drcon::templating
