#include "engine/address_groups.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <map>
#include <optional>
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
void add_repeated(const std::vector<placed_address>& all, std::set<std::string>& into) {
  for (std::size_t i = 2; i < all.size(); ++i)
    if (auto text = without_digits(all[i].before); text == without_digits(all[i - 1].before))
      into.insert(std::move(text));
}

constexpr std::string_view blanks = " \t\r";

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (auto start = line.find_first_not_of(blanks); start != std::string_view::npos;) {
    const auto end = std::min(line.find_first_of(blanks, start), line.size());
    words.push_back(line.substr(start, end - start));
    start = line.find_first_not_of(blanks, end);
  }
  return words;
}

// What stands in front of an address, but for those words of its line.
std::string without_names(std::string_view before, const std::set<std::size_t>& names) {
  const auto line = line_start(before);
  std::string rest(before.substr(0, before.size() - line.size()));
  const auto words = words_of(line);
  const auto* from = line.data();
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto* const end = words[i].data() + words[i].size();
    rest.append(from, names.contains(i) ? words[i].data() : end);
    from = end;
  }
  return rest.append(from, line.data() + line.size());
}

// An address, with its line and its service.
struct known_address {
  std::string_view before;
  std::string service;
};

// The words that differ between two lines of one service. Nothing where lines differ in another way, too.
std::optional<std::set<std::size_t>> differing_words(const std::vector<known_address>& all) {
  std::set<std::size_t> differing;
  for (std::size_t i = 1; i < all.size(); ++i) {
    if (all[i].service != all[i - 1].service || !is_on_next_line(all[i].before)) continue;
    const auto last = words_of(line_start(all[i - 1].before));
    const auto next = words_of(line_start(all[i].before));
    if (last.size() != next.size()) return {};
    for (std::size_t word = 0; word < next.size(); ++word)
      if (last[word] != next[word]) differing.insert(word);
  }
  return differing;
}

// A service must not hide in another that stands beside it. So the text has to have two neighbours at least, and each
// two have to differ without the names.
bool tells_services_apart(const std::vector<known_address>& all, const std::set<std::size_t>& names) {
  bool is_shown = false;
  for (std::size_t i = 1; i < all.size(); ++i) {
    if (all[i].service == all[i - 1].service) continue;
    is_shown = true;
    const auto line_of = [&](const known_address& each) { return without_names(line_start(each.before), names); };
    if (is_on_next_line(all[i].before) && line_of(all[i]) == line_of(all[i - 1])) return false;
  }
  return is_shown;
}

std::set<std::size_t> names_in(const std::vector<known_address>& all) {
  const auto names = differing_words(all);
  return names && tells_services_apart(all, *names) ? *names : std::set<std::size_t>();
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
  separators found;
  std::set<std::string> between_two;
  std::vector<known_address> known;
  std::string last;
  for (const auto& each : wanted) {
    auto service = service_of(each.address);
    if (!last.empty() && !service.empty())
      (service == last ? found.texts : between_two).insert(without_digits(each.before));
    if (!service.empty()) known.push_back({each.before, service});
    last = std::move(service);
  }
  std::set<std::string> seen;
  add_repeated(live, seen);
  add_repeated(wanted, seen);
  if (auto shortest = shortest_separator(live); !shortest.empty()) seen.insert(std::move(shortest));
  std::ranges::set_difference(seen, between_two, std::inserter(found.texts, found.texts.end()));
  found.names = names_in(known);
  return found;
}

// Two forms differ in what stands between two addresses. In one a service has a heading, and its addresses
// follow each other in the same way. In the other each line begins with the service's name, so that the text in front
// of the first line is the same as that between two lines.
std::vector<address_group> groups_of(const std::vector<placed_address>& all, const separators& within_one) {
  std::vector<address_group> groups;
  std::map<std::string, std::size_t> by_heading;
  std::size_t current = 0;
  std::string between;  // of the current group; empty before its second address
  for (const auto& each : all) {
    auto separator = without_digits(each.before);
    auto heading = without_names(each.before, within_one.names);
    const bool repeats = within_one.texts.contains(separator) && (between.empty() || separator == between);
    // Of two lines that follow each other, how they begin says more than any other place of the text.
    const bool follows =
        !groups.empty() &&
        (is_on_next_line(each.before) ? line_start(heading) == line_start(groups[current].heading) : repeats);
    if (follows) {
      between = std::move(separator);
    } else {
      between.clear();
      const bool is_line_of_first =
          !groups.empty() && !groups.front().heading.empty() && heading.ends_with(groups.front().heading);
      current = is_line_of_first ? 0 : by_heading.try_emplace(heading, groups.size()).first->second;
      if (current == groups.size()) groups.push_back({.heading = std::move(heading), .addresses = {}});
    }
    groups[current].addresses.push_back(each.address);
  }
  return groups;
}

}  // namespace drcon::engine
