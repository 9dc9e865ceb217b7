// Functions on maps, and those that group services and settings.
#include "common/templating/format/number.hpp"
#include "common/templating/format/print.hpp"
#include "common/templating/format/quote.hpp"
#include "common/templating/functions/functions.hpp"
#include "common/templating/functions/key_pair.hpp"
#include "common/templating/functions/merge.hpp"
#include "common/templating/invocation.hpp"
#include "common/templating/parameter_lists.hpp"

#include <algorithm>
#include <map>
#include <string>

namespace drcon::templating {
namespace {

using arguments = std::span<const value>;

constexpr std::size_t most_parts = 100;  // parts of a path

// A map that grows, from which the one that templates see is made at the end.
struct branch {
  std::map<std::string, branch, std::less<>> below;
  std::optional<value> leaf;
};

void put(invocation& in, branch& root, std::string_view path, const value& held, std::string_view function_name) {
  auto* at = &root;
  auto rest = path;
  auto whole = path;
  for (std::size_t depth = 0;; ++depth) {
    if (depth > most_parts)
      throw failure(std::string(function_name) + ": more than " + std::to_string(most_parts) +
                    " parts: " + go_quoted(path));
    const auto mark = rest.find('/');
    if (mark == std::string_view::npos) break;
    auto& next = at->below[std::string(rest.substr(0, mark))];
    if (next.leaf && in.around().oversees != nullptr &&
        in.around().oversees->leave_out(next.leaf->origin(),
                                        std::string(function_name) + ": others are below it: " + go_quoted(path),
                                        in.scratch()))
      next.leaf.reset();
    if (next.leaf) {
      std::string shown;
      printer(shown, in.scratch(), in.around().bounds.output).printf("%q", std::span(&*next.leaf, 1));
      throw failure(std::string(function_name) + ": not a map: " + go_quoted(whole) + ": " +
                    go_quoted(rest.substr(0, mark)) + " already has value " + shown);
    }
    at = &next;
    whole = rest;
    rest.remove_prefix(mark + 1);
  }
  if (rest.empty()) return;
  auto& last = at->below[std::string(rest)];
  last.below.clear();
  last.leaf = held;
}

value map_of_branch(const branch& of, memory& scratch) {
  std::vector<map_entry> all;
  for (const auto& [name, each] : of.below)
    all.push_back({.key = scratch.text(name), .held = each.leaf ? *each.leaf : map_of_branch(each, scratch)});
  return scratch.any_map(std::move(all));
}

value text_field(const value& of, std::string_view name, memory& scratch) {
  if (!of.is(kind::object)) return value(std::string_view());
  const auto* found = of.as_object().find(name);
  return found == nullptr || found->get == nullptr ? value(std::string_view())
                                                   : found->get(of.self(), scratch).inherits(of.origin());
}

value call_explode(invocation& in, arguments all) {
  branch root;
  for (std::size_t i = 0; i < all[0].size(); ++i) {
    const auto pair = all[0].at(i, in.scratch());
    in.spend(1);
    put(in, root, text_field(pair, "Key", in.scratch()).text(), text_field(pair, "Value", in.scratch()), "explode");
  }
  return map_of_branch(root, in.scratch());
}

value call_explode_map(invocation& in, arguments all) {
  branch root;
  for (std::size_t i = 0; i < all[0].size(); ++i) {
    const auto each = all[0].entry(i, in.scratch());
    in.spend(1);
    put(in, root, each.key.text(), each.held.in_any(false), "explodeMap");
  }
  return map_of_branch(root, in.scratch());
}

value call_merge_map(invocation& in, arguments all) { return merge_maps(in, all[0], all[1], merging::fills); }
value call_merge_map_with_override(invocation& in, arguments all) {
  return merge_maps(in, all[0], all[1], merging::overrides);
}

const map_class pair_map_class = map_of("map[string]*dependency.KeyPair", kind::nil);
const map_class pair_maps_class = map_of("map[string]map[string]*dependency.KeyPair", kind::nil);

value call_by_key(invocation& in, arguments all) {
  auto& scratch = in.scratch();
  std::map<std::string_view, std::vector<map_entry>> groups;
  for (std::size_t i = 0; i < all[0].size(); ++i) {
    const auto pair = all[0].at(i, scratch);
    in.spend(1);
    const auto key = text_field(pair, "Key", scratch).text();
    const auto mark = key.find('/');
    if (mark == std::string_view::npos || mark + 1 == key.size()) continue;
    const auto rest = key.substr(mark + 1);
    const auto* made = scratch.make<key_pair>(key_pair{.path = text_field(pair, "Path", scratch).text(),
                                                       .key = rest,
                                                       .held = text_field(pair, "Value", scratch).text()});
    groups[key.substr(0, mark)].push_back(
        {.key = value(rest), .held = value(made, key_pair_class).with_origin(pair.origin())});
  }
  std::vector<map_entry> result;
  for (auto& [top, entries] : groups)
    result.push_back({.key = value(top), .held = scratch.map_of(std::move(entries), pair_map_class)});
  return scratch.map_of(std::move(result), pair_maps_class);
}

// The elements of a list of objects with what each is grouped by: `keys` calls its argument for each group.
template <typename Keys>
std::vector<map_entry> grouped(invocation& in, const value& list, std::string_view name, std::string_view field_name,
                               const list_class& kept_as, Keys keys) {
  std::map<value, std::vector<value>, bool (*)(const value&, const value&)> groups(in_order);
  if (list.is_there()) {
    const bool is_known = list.is(kind::list) && list.type().starts_with("[]*dependency.");
    if (!is_known) throw failure(std::string(name) + ": wrong argument type " + std::string(list.type()));
    for (std::size_t i = 0; i < list.size(); ++i) {
      const auto each = list.at(i, in.scratch());
      in.spend(1);
      keys(text_field(each, field_name, in.scratch()), [&](const value& key) { groups[key].push_back(each); });
    }
  }
  std::vector<map_entry> result;
  for (const auto& [key, members] : groups)
    result.push_back({.key = key, .held = in.scratch().list_of(members, kept_as)});
  return result;
}

value call_by_tag(invocation& in, arguments all) {
  return in.scratch().list_map(
      grouped(in, all[0], "byTag", "Tags", any_list_class, [&](const value& tags, const auto& add) {
        for (std::size_t i = 0; i < tags.size(); ++i) add(tags.at(i, in.scratch()));
      }));
}

value call_by_port(invocation& in, arguments all) {
  return in.scratch().number_map(
      grouped(in, all[0], "byPort", "Port", any_list_class, [](const value& port, const auto& add) { add(port); }));
}

std::string meta_key(const value& meta, std::string_view asked, memory& scratch) {
  const bool is_number = asked.ends_with("|int");
  const auto name = is_number ? asked.substr(0, asked.size() - 4) : asked;
  const auto found = meta.is(kind::map) ? meta.find(value(name), scratch) : value(std::string_view());
  std::string result(found.is(kind::text) ? found.text() : std::string_view());
  if (result.empty()) result = is_number ? "0" : "_no_" + std::string(name) + "_";
  if (is_number) {
    const auto number = read_signed(result, 10);
    if (!number)
      throw failure("cannot parse " + result + " as number : strconv.Atoi: parsing " + go_quoted(result) +
                    ": invalid syntax");
    const auto digits = std::to_string(number.number);
    result = (digits.size() < 5 ? std::string(5 - digits.size(), '0') : "") + digits;
  }
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  std::ranges::replace_if(
      result, [&](char c) { return !fits(c); }, '_');
  return result;
}

const list_class health_services_class{
    .type = "[]*dependency.HealthService", .size = span_size, .at = span_at, .any = false};
const map_class health_services_map_class = map_of("map[string][]*dependency.HealthService", kind::list);

value call_by_meta(invocation& in, arguments all) {
  auto& scratch = in.scratch();
  const auto asked = all[0].text();
  auto groups =
      grouped(in, all[1], "byMeta", "ServiceMeta", health_services_class, [&](const value& meta, const auto& add) {
        std::string key;
        for (auto rest = asked;;) {
          const auto mark = rest.find(',');
          key += (key.empty() ? "" : "_") + meta_key(meta, rest.substr(0, mark), scratch);
          if (mark == std::string_view::npos) break;
          rest.remove_prefix(mark + 1);
        }
        add(scratch.text(key));
      });
  return scratch.map_of(std::move(groups), health_services_map_class);
}

constexpr function map_table[] = {
    {"byKey", expects::pairs, false, call_by_key, "PAIRS", "keys by the first part of their path"},
    {"byMeta", expects::text_and_any, false, call_by_meta, "NAMES SERVICES",
     "services by these metadata, with a comma between the names; NAME|int is a number"},
    {"byPort", expects::any, false, call_by_port, "SERVICES", "services by their port"},
    {"byTag", expects::any, false, call_by_tag, "SERVICES", "services by each of their tags"},
    {"explode", expects::pairs, false, call_explode, "PAIRS", "keys as maps within maps, by the parts of their path"},
    {"explodeMap", expects::map, false, call_explode_map, "MAP", "a map as maps within maps, by the parts of its keys"},
    {"mergeMap", expects::two_maps, false, call_merge_map, "MAP OTHER",
     "both; where both have a key, the first one's value"},
    {"mergeMapWithOverride", expects::two_maps, false, call_merge_map_with_override, "MAP OTHER",
     "both; where both have a key, the second one's value"},
};

}  // namespace

std::span<const function> map_functions() { return map_table; }

}  // namespace drcon::templating
