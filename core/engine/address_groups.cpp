#include "engine/address_groups.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <map>
#include <string>
#include <utility>

namespace drcon::engine {
namespace {

constexpr std::string_view digits = "0123456789";

bool is_digit(char c) { return digits.find(c) != std::string_view::npos; }
// What may stand beside an address without being part of a longer word, such as a version number.
bool is_of_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_';
}

// How many of the first characters are digits, `most` at most.
std::size_t count_digits(std::string_view text, std::size_t most) {
  const auto end = std::min(text.find_first_not_of(digits), text.size());
  return std::min(end, most);
}

std::size_t length_of_port(std::string_view text) {
  if (!text.starts_with(':')) return 0;
  const auto count = count_digits(text.substr(1), 5);
  return count == 0 ? 0 : count + 1;
}

// 0: there is none at the beginning of the text.
std::size_t length_of_ipv4(std::string_view text) {
  std::size_t length = 0;
  for (int part = 0; part < 4; ++part) {
    if (part > 0 && text.substr(length, 1) != ".") return 0;
    length += part > 0 ? 1 : 0;
    const auto count = count_digits(text.substr(length), 3);
    if (count == 0) return 0;
    length += count;
  }
  if (length < text.size() && is_of_word(text[length])) return 0;
  return length;
}

std::size_t length_of_ipv6(std::string_view text) {
  const auto end = text.substr(0, 48).find(']');
  if (!text.starts_with('[') || end == std::string_view::npos) return 0;
  const auto inner = text.substr(1, end - 1);
  const bool is_address = inner.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos &&
                          std::ranges::count(inner, ':') >= 2;
  return is_address ? end + 1 : 0;
}

std::size_t length_of_address(std::string_view text) {
  const auto length = text.starts_with('[') ? length_of_ipv6(text) : length_of_ipv4(text);
  return length == 0 ? 0 : length + length_of_port(text.substr(length));
}

std::string without_digits(std::string_view text) {
  std::string rest;
  std::ranges::copy_if(text, std::back_inserter(rest), [](char c) { return !is_digit(c); });
  return rest;
}

// What stands on the line of an address in front of it.
std::string_view line_start(std::string_view before) { return before.substr(before.rfind('\n') + 1); }

// The next address stands on the next line.
bool is_on_next_line(std::string_view before) {
  const auto end = before.find('\n');
  return end != std::string_view::npos && before.find_first_not_of(" \t\r\n", end) >= before.rfind('\n');
}

// The shortest text between two addresses, if it stands there more than once or alone: one service is left behind for
// the next by more than what stands between two lines of one.
std::string shortest_separator(const std::vector<placed_address>& all) {
  if (all.size() < 2) return {};
  std::vector<std::string> texts;
  for (std::size_t i = 1; i < all.size(); ++i) texts.push_back(without_digits(all[i].before));
  const auto shortest = std::ranges::min(texts, {}, &std::string::size);
  return texts.size() == 1 || std::ranges::count(texts, shortest) > 1 ? shortest : std::string();
}

// What stands between three addresses in a row.
void add_repeated(const std::vector<placed_address>& all, separators& into) {
  for (std::size_t i = 2; i < all.size(); ++i)
    if (auto text = without_digits(all[i].before); text == without_digits(all[i - 1].before))
      into.insert(std::move(text));
}

}  // namespace

std::vector<placed_address> addresses_in(std::string_view text) {
  std::vector<placed_address> found;
  std::size_t end = 0;  // of the last address
  for (std::size_t start = text.find_first_of("0123456789["); start < text.size();
       start = text.find_first_of("0123456789[", start)) {
    const bool is_within_word = text[start] != '[' && start > 0 && is_of_word(text[start - 1]);
    const auto length = is_within_word ? 0 : length_of_address(text.substr(start));
    if (length > 0) {
      found.push_back({.address = text.substr(start, length), .before = text.substr(end, start - end)});
      end = start + length;
    }
    start += std::max<std::size_t>(length, 1);
  }
  return found;
}

separators separators_of(const std::vector<placed_address>& live, const std::vector<placed_address>& wanted,
                         const std::function<std::string(std::string_view address)>& service_of) {
  separators within_one;
  separators between_two;
  std::string last;
  for (const auto& each : wanted) {
    auto service = service_of(each.address);
    if (!last.empty() && !service.empty())
      (service == last ? within_one : between_two).insert(without_digits(each.before));
    last = std::move(service);
  }
  separators seen;
  add_repeated(live, seen);
  add_repeated(wanted, seen);
  if (auto shortest = shortest_separator(live); !shortest.empty()) seen.insert(std::move(shortest));
  std::ranges::set_difference(seen, between_two, std::inserter(within_one, within_one.end()));
  return within_one;
}

// Two forms differ in what stands between two addresses. In one a service has a heading, and its addresses
// follow each other in the same way. In the other each line begins with the service's name, so that the text in front
// of the first line is the same as that between two lines.
std::vector<address_group> groups_of(const std::vector<placed_address>& all, const separators& within_one) {
  std::vector<address_group> groups;
  std::map<std::string_view, std::size_t> by_heading;
  std::size_t current = 0;
  std::string between;  // of the current group; empty before its second address
  for (const auto& each : all) {
    auto separator = without_digits(each.before);
    const bool repeats = within_one.contains(separator) && (between.empty() || separator == between);
    // Of two lines that follow each other, how they begin says more than any other place of the text.
    const bool follows =
        !groups.empty() &&
        (is_on_next_line(each.before) ? line_start(each.before) == line_start(groups[current].heading) : repeats);
    if (follows) {
      between = std::move(separator);
    } else {
      between.clear();
      const bool is_line_of_first =
          !groups.empty() && !groups.front().heading.empty() && each.before.ends_with(groups.front().heading);
      current = is_line_of_first ? 0 : by_heading.try_emplace(each.before, groups.size()).first->second;
      if (current == groups.size()) groups.push_back({.heading = each.before, .addresses = {}});
    }
    groups[current].addresses.push_back(each.address);
  }
  return groups;
}

}  // namespace drcon::engine
