// A line about something that begins now. It is written though an equal line was written a moment ago: that one was
// about something that has ended since, and is not repeated by this one (fold.hpp).
//
// Thread rule: any thread.
#pragma once

#include "log/log.hpp"

namespace drcon::log {

void write_news(level which, const base::subject& about, std::string_view text);

}  // namespace drcon::log
