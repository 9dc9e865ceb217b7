#include "template/service_query.hpp"

#include "common/templating/fault.hpp"
#include "common/templating/format/quote.hpp"

#include <algorithm>
#include <optional>

namespace drcon::templates {
namespace {

using templating::failure;

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }
bool consists_of(std::string_view text, std::string_view more) {
  return !text.empty() &&
         std::ranges::all_of(text, [more](char c) { return is_word(c) || more.find(c) != std::string_view::npos; });
}

// What stands behind the last `mark`, which is cut off with it.
std::optional<std::string_view> cut_off(std::string_view& text, char mark) {
  const auto place = text.rfind(mark);
  if (place == std::string_view::npos) return {};
  const auto result = text.substr(place + 1);
  text = text.substr(0, place);
  return result;
}

std::optional<health> health_of(std::string_view word) {
  for (const auto each : {health::passing, health::warning, health::critical, health::maintenance})
    if (word == to_string(each)) return each;
  return {};
}

void read_filters(std::string_view words, std::string_view whole, service_query& result) {
  bool any = false;
  while (!words.empty()) {
    const auto comma = words.find(',');
    auto word = words.substr(0, comma);
    words.remove_prefix(comma == std::string_view::npos ? words.size() : comma + 1);
    while (word.starts_with(' ')) word.remove_prefix(1);
    while (word.ends_with(' ')) word.remove_suffix(1);
    if (word.empty()) continue;
    if (word == "any") any = true;
    else if (const auto found = health_of(word)) result.accepted.push_back(*found);
    else
      throw failure("health.service: invalid filter: " + templating::go_quoted(word) + " in " +
                    templating::go_quoted(whole) + "; expected any, passing, warning, critical or maintenance");
  }
  if (any) result.accepted.clear();
  else if (result.accepted.empty()) result.accepted = {health::passing};
}

}  // namespace

bool service_query::accepts(const endpoint& each) const {
  if (!accepted.empty() && std::ranges::find(accepted, each.health) == accepted.end()) return false;
  if (!tag.empty() && std::ranges::find(each.tags, tag) == each.tags.end()) return false;
  if (datacenter.empty()) return true;
  const auto found = each.meta.find("datacenter");
  return found != each.meta.end() && found->second == datacenter;
}

service_query read_service_query(std::span<const std::string_view> arguments) {
  std::string whole;
  for (const auto each : arguments) whole += (whole.empty() ? "" : "|") + std::string(each);
  const auto invalid = [&whole] { return failure("health.service: invalid format: " + templating::go_quoted(whole)); };
  service_query result;
  std::string_view rest = whole;
  if (const auto bar = rest.find('|'); bar != std::string_view::npos) {
    auto filters = std::string(rest.substr(bar + 1));
    std::ranges::replace(filters, '|', ',');
    read_filters(filters, whole, result);
    rest = rest.substr(0, bar);
  } else {
    result.accepted = {health::passing};
  }
  if (cut_off(rest, '~'))
    throw failure("the distance from a node is not known here, so that " + templating::go_quoted(whole) +
                  " has no order; leave out what begins with '~'");
  if (const auto datacenter = cut_off(rest, '@')) {
    if (!consists_of(*datacenter, ".-")) throw invalid();
    result.datacenter = *datacenter;
  }
  if (cut_off(rest, '?'))
    throw failure(
        "namespaces, partitions and peers are the source's to choose, not the template's: give the service "
        "an entry of its own in the source, with `as`, and leave out what begins with '?' in " +
        templating::go_quoted(whole));
  if (const auto name = cut_off(rest, '.')) {
    if (!consists_of(rest, "=:.-")) throw invalid();
    result.tag = rest;
    rest = *name;
  }
  if (!consists_of(rest, "-")) throw invalid();
  result.name = rest;
  return result;
}

service_query query_of_service(std::string name, std::span<const std::string_view> filters) {
  service_query result;
  result.name = std::move(name);
  std::string words;
  for (const auto each : filters) words += std::string(each) + ",";
  std::ranges::replace(words, '|', ',');
  read_filters(words, words, result);
  return result;
}

place_query read_place_query(std::string_view text, std::string_view function) {
  const auto whole = text;
  place_query result;
  if (cut_off(text, '~'))
    throw failure("the distance from a node is not known here, so that " + templating::go_quoted(whole) +
                  " has no order; leave out what begins with '~'");
  if (const auto datacenter = cut_off(text, '@')) {
    if (!consists_of(*datacenter, ".-"))
      throw failure(std::string(function) + ": invalid format: " + templating::go_quoted(whole));
    result.datacenter = *datacenter;
  }
  result.name = text;
  return result;
}

}  // namespace drcon::templates
