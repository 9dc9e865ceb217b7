#include "log/fold.hpp"

#include <fmt/format.h>

namespace drcon::log {
namespace {

constexpr std::size_t most_lines = 1000;  // whoever writes new failures all the time must not fill our memory

}  // namespace

fold::summary fold::told(const key& of, const repeated& how, clock::time_point now) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - how.since).count();
  return {of.first, fmt::format("{} ({} more times in the last {} s)", of.second, how.more, seconds)};
}

fold::verdict fold::take(clock::time_point now, const std::string& component, const std::string& text) {
  verdict made;
  const key own{component, text};
  for (auto at = lines_.begin(); at != lines_.end();) {
    const auto& [of, how] = *at;
    const bool over = now - how.since >= window;
    const bool interrupted = of.first == component && of != own && how.more > 0;
    if (!over && !interrupted) {
      ++at;
      continue;
    }
    if (how.more > 0) made.overdue.push_back(told(of, how, now));
    at = lines_.erase(at);
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

std::vector<fold::summary> fold::interrupt(clock::time_point now, const std::string& component) {
  std::vector<summary> all;
  auto at = lines_.lower_bound({component, {}});
  while (at != lines_.end() && at->first.first == component) {
    if (at->second.more > 0) all.push_back(told(at->first, at->second, now));
    at = lines_.erase(at);
  }
  return all;
}

std::vector<fold::summary> fold::flush(clock::time_point now) {
  std::vector<summary> all;
  for (auto& [of, how] : lines_) {
    if (how.more > 0) all.push_back(told(of, how, now));
    how.more = 0;
  }
  return all;
}

}  // namespace drcon::log
