#include "haproxy/answers.hpp"

namespace drcon::haproxy {

std::string first_line(const std::string& answer) {
  const auto first = answer.find_first_not_of("\n ");
  if (first == std::string::npos) return {};
  auto line = answer.substr(first, answer.find_last_not_of("\n ") + 1 - first);
  return line.substr(0, line.find('\n'));
}

bool is_success(const std::string& answer) {
  return answer.empty() || answer == "New server registered." || answer == "Server deleted." ||
         answer.starts_with("New backend registered") || answer == "Backend published." ||
         answer == "Backend unpublished." || answer.starts_with("IP changed from") ||
         answer.starts_with("no need to change") || answer.starts_with("port changed from");
}

std::string advice_on(const std::string& answer) {
  if (answer.starts_with("Permission denied"))
    return "; the socket needs 'level admin' in the line 'stats socket' of HAProxy's configuration";
  if (answer.starts_with("Cannot find default proxy"))
    return "; HAProxy's configuration needs a section 'defaults' of that name";
  if (answer.starts_with("Mode is required")) return "; write 'mode http' or 'mode tcp' into that section";
  // Up to 3.3, and from 3.4 on, where it may be that the backend takes no servers for another reason.
  if (answer.starts_with("Backend must use a dynamic load balancing") ||
      answer.find("uses a non dynamic load balancing method") != std::string::npos)
    return "; 'balance roundrobin' or 'leastconn' is one, or use mode = \"slots\"";
  return {};
}

std::string refusal_of(const std::string& command, const std::string& answer) {
  const auto line = first_line(answer);
  if (is_success(line)) return {};
  return "HAProxy refuses '" + command + "': " + line + advice_on(line);
}

}  // namespace drcon::haproxy
