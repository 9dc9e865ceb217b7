#include "log/fold.hpp"

#include <fmt/format.h>

namespace drcon::log {
namespace {

// A plugin that writes a new failure each time must not fill the memory of the host.
constexpr std::size_t most_lines = 1000;

}  // namespace

fold::summary fold::summarize(const key& line, const repeated& count, clock::time_point now) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - count.since).count();
  return {line.first, fmt::format("{} ({} more times in the last {} s)", line.second, count.more, seconds)};
}

fold::verdict fold::take(clock::time_point now, const base::subject& about, const std::string& text) {
  verdict made;
  const key own{about, text};
  for (auto each = lines_.begin(); each != lines_.end();) {
    const auto& [line, count] = *each;
    const bool over = now - count.since >= window;
    const bool interrupted = line.first == about && line != own && count.more > 0;
    if (!over && !interrupted) {
      ++each;
      continue;
    }
    if (count.more > 0) made.overdue.push_back(summarize(line, count, now));
    each = lines_.erase(each);
  }
  if (lines_.size() >= most_lines) {
    for (auto& each : flush(now)) made.overdue.push_back(std::move(each));
    lines_.clear();
  }
  const auto [line, is_new] = lines_.try_emplace(own, repeated{.since = now, .more = 0});
  if (is_new) return made;
  ++line->second.more;
  made.write = false;
  return made;
}

std::vector<fold::summary> fold::interrupt(clock::time_point now, const base::subject& about) {
  std::vector<summary> all;
  auto each = lines_.lower_bound({about, {}});
  while (each != lines_.end() && each->first.first == about) {
    if (each->second.more > 0) all.push_back(summarize(each->first, each->second, now));
    each = lines_.erase(each);
  }
  return all;
}

std::vector<fold::summary> fold::flush(clock::time_point now) {
  std::vector<summary> all;
  for (auto& [line, count] : lines_) {
    if (count.more > 0) all.push_back(summarize(line, count, now));
    count.more = 0;
  }
  return all;
}

}  // namespace drcon::log
