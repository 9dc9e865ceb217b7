#include "admin/target_lines.hpp"

#include <algorithm>
#include <cctype>
#include <sstream>
#include <string_view>

namespace drcon::admin {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '_'; }

// 10.0.0.1:80 is neither in 110.0.0.1:80 nor in 10.0.0.1:8080.
bool holds(std::string_view line, std::string_view word) {
  for (auto at = line.find(word); !word.empty() && at != std::string_view::npos; at = line.find(word, at + 1)) {
    const auto end = at + word.size();
    if ((at == 0 || !is_word(line[at - 1])) && (end == line.size() || !is_word(line[end]))) return true;
  }
  return false;
}

std::string trimmed(std::string_view line) {
  const auto start = line.find_first_not_of(" \t\r");
  if (start == std::string_view::npos) return {};
  return std::string(line.substr(start, line.find_last_not_of(" \t\r") - start + 1));
}

}  // namespace

std::vector<std::string> lines_naming(const std::string& text, const std::string& place, const std::string& id) {
  constexpr std::size_t most = 10;
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line) && lines.size() < most;)
    if (holds(line, place) || holds(line, id))
      if (auto one = trimmed(line); std::ranges::find(lines, one) == lines.end()) lines.push_back(std::move(one));
  return lines;
}

void add_target_lines(report::endpoint_finding& match, const std::map<std::string, engine::inspection>& found) {
  for (auto& sink : match.sinks) {
    const auto inspected = found.find(sink.sink);
    if (inspected == found.end()) continue;
    if (!inspected->second) {
      sink.target_error = inspected->second.error().why;
      continue;
    }
    for (const auto& target : *inspected->second)
      sink.targets.push_back(
          {.name = target.target,
           .known = target.live.has_value(),
           .lines = target.live ? lines_naming(*target.live, match.address, match.id) : std::vector<std::string>(),
           .desired = lines_naming(target.wanted, match.address, match.id)});
  }
  report::follow_targets(match);
}

}  // namespace drcon::admin
