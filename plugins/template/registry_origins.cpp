// registry: which of its things a value comes of, and what to do when that thing is to blame.
#include "common/templating/format/quote.hpp"
#include "common/templating/format/unicode.hpp"
#include "common/templating/invocation.hpp"
#include "template/registry.hpp"

#include <algorithm>

namespace drcon::templates {
namespace {

using templating::kind;
using templating::value;

// Each finding is shown: whoever may register names could otherwise make any number of them.
constexpr std::size_t most_findings = 1000;

// Numbers in order of the services: of each the service itself, its endpoints, and two for each of its settings.
std::size_t count_of(const service& each) { return 1 + each.endpoints.size() + 2 * each.values.size(); }

bool has_grammar(std::string_view text) {
  return text.empty() || !std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
         });
}

std::string character(const value& number) {
  std::string result;
  const auto natural = number.natural();
  templating::append(result, natural > 0x10ffff ? templating::replacement : static_cast<char32_t>(natural));
  return result;
}

// The first text in it that cannot be written, and why.
template <typename Judge>
std::string first_unfit(const value& of, bool as_characters, templating::memory& scratch, const Judge& judge,
                        std::size_t depth = 0) {
  constexpr std::size_t deepest = 1000;
  if (as_characters && of.is_whole()) return judge(character(of));
  if (of.is(kind::text)) return judge(of.text());
  const bool is_list = of.is(kind::list);
  if (depth > deepest || (!is_list && !of.is(kind::map))) return {};
  for (std::size_t i = 0; i < of.size(); ++i) {
    const auto entry = is_list ? templating::map_entry{.key = {}, .held = of.at(i, scratch)} : of.entry(i, scratch);
    if (auto why = first_unfit(entry.key, as_characters, scratch, judge, depth + 1); !why.empty()) return why;
    if (auto why = first_unfit(entry.held, as_characters, scratch, judge, depth + 1); !why.empty()) return why;
  }
  return {};
}

}  // namespace

origin registry::count_of(const std::vector<service>& services) {
  std::size_t all = 0;
  for (const auto& each : services) all += templates::count_of(each);
  return static_cast<origin>(std::min<std::size_t>(all, 1U << 30U));
}

origin registry::origin_of(const service& owner, const endpoint* each) const {
  if (first_.empty()) {
    std::size_t next = 1;
    for (const auto& one : services_) {
      first_.push_back(static_cast<origin>(next));
      next += templates::count_of(one);
    }
  }
  const auto first = first_[static_cast<std::size_t>(&owner - services_.data())];
  return each == nullptr ? first : first + 1 + static_cast<origin>(each - owner.endpoints.data());
}

origin registry::first_setting_of(const service& owner) const {
  return origin_of(owner, nullptr) + 1 + static_cast<origin>(owner.endpoints.size());
}

// As keys() has it, without the map of all of them: there is a registry for each file of many.
origin registry::asked_origin(const std::string& path) const {
  for (auto each = services_.rbegin(); each != services_.rend(); ++each)  // the last one of a path counts
    if (const auto found = each->values.find(path); found != each->values.end())
      return first_setting_of(*each) + 2 * static_cast<origin>(std::distance(each->values.begin(), found));
  return templating::origins::none;
}

registry::thing registry::thing_of(origin number) const {
  if (services_.empty()) return {};
  origin_of(services_.front(), nullptr);  // first_ is there then
  const auto place = std::ranges::upper_bound(first_, number) - first_.begin() - 1;
  const auto& owner = services_[static_cast<std::size_t>(place)];
  auto index = static_cast<std::size_t>(number - first_[static_cast<std::size_t>(place)]);
  thing result{.owner = &owner, .each = nullptr, .path = {}};
  if (index == 0) return result;
  if (--index < owner.endpoints.size()) {
    result.each = &owner.endpoints[index];
    return result;
  }
  index -= owner.endpoints.size();
  result.path = std::next(owner.values.begin(), static_cast<std::ptrdiff_t>(index / 2))->first;
  result.is_asked = index % 2 == 0;
  return result;
}

const service* registry::named_by(const value& name) const {
  if (!known().is_one(name.origin())) return nullptr;
  const auto of = thing_of(name.origin());
  const auto text = name.text();
  return of.path.empty() && text.data() == of.owner->name.data() && text.size() == of.owner->name.size() ? of.owner
                                                                                                         : nullptr;
}

bool registry::is_name_of_node(const value& name) const {
  if (!known().is_one(name.origin())) return false;
  const auto of = thing_of(name.origin());
  const auto text = name.text();
  return of.each != nullptr && text.data() == of.each->node.data() && text.size() == of.each->node.size();
}

// Whether the query holds a text of that thing which means something else in a query than the letters that it is.
bool registry::is_written_by_grammar(const thing& of, std::string_view query) const {
  if (of.is_asked) return false;
  const auto is_in = [query](std::string_view text) {
    return has_grammar(text) && !text.empty() && query.find(text) != std::string_view::npos;
  };
  if (!of.path.empty()) {
    const auto found = keys().find(of.path);
    if (found != keys().end() && is_in(found->second.held)) return true;
    for (auto rest = of.path; !rest.empty(); rest.remove_prefix(std::min(rest.find('/'), rest.size() - 1) + 1))
      if (is_in(rest)) return true;
    return false;
  }
  if (is_in(of.owner->name)) return true;
  if (of.each == nullptr)
    return std::ranges::any_of(of.owner->endpoints,
                               [&](const endpoint& one) { return std::ranges::any_of(one.tags, is_in); });
  if (is_in(of.each->id) || is_in(of.each->node) || is_in(of.each->address)) return true;
  return std::ranges::any_of(of.each->tags, is_in) ||
         std::ranges::any_of(of.each->meta, [&](const auto& one) { return is_in(one.first) || is_in(one.second); });
}

bool registry::finds_nothing(std::span<const value> asked, const templating::failure& why, bool is_readable,
                             templating::invocation& in) const {
  const auto behind = known().behind(known().of_all(asked), in.scratch());
  std::string query;
  for (const auto& each : asked) query += (query.empty() ? "" : "|") + std::string(each.text());
  const bool comes_of_data = !behind.all.empty() || !behind.are_known;
  if (!comes_of_data) return false;
  if (is_readable &&
      std::ranges::none_of(behind.all, [&](auto each) { return is_written_by_grammar(thing_of(each), query); }))
    return false;
  if (findings_.size() >= most_findings || !has_finding_.insert(query).second) return true;
  const auto of = behind.all.empty() ? thing() : thing_of(*behind.all.begin());
  const auto place = in.where();
  findings_.push_back({.item = of.owner == nullptr ? query
                               : !of.path.empty()  ? std::string(of.path)
                                                   : of.owner->name,
                       .why = "what line " + std::to_string(place.line) + ", column " + std::to_string(place.column) +
                              " of the template asks for by " + templating::go_quoted(query) +
                              " is taken as not there: " + why.text()});
  return true;
}

void registry::judge(const value& made, bool as_characters, std::string_view function,
                     templating::memory& scratch) const {
  auto why = first_unfit(made, as_characters, scratch, [&](std::string_view text) { return unfit(text); });
  if (why.empty()) return;
  const auto of = known().behind(made.origin(), scratch);
  if (of.all.empty() && of.are_known) return;  // the operator's own
  // A setting's value may have lines where nothing is escaped.
  const bool are_settings =
      of.are_known && std::ranges::all_of(of.all, [&](auto each) { return !thing_of(each).path.empty(); });
  if (are_settings)
    why = first_unfit(made, as_characters, scratch, [&](std::string_view text) { return unfit_setting(text); });
  if (why.empty()) return;
  const auto holds = " holds " + why + ", which cannot be written in this file's language as it is";
  const auto reason = "what " + std::string(function) + " makes of it" + holds;
  if (leave_out(made.origin(), reason, scratch)) throw templating::left_out(reason);
  if (are_settings) note_unfit_setting();
  throw templating::failure("what it makes of texts of the registry" + holds);
}

// The one thing that it comes of, where that can be left out.
std::optional<registry::thing> registry::can_be_left_out(origin of, templating::memory& scratch) const {
  const auto behind = known().behind(of, scratch);
  if (!behind.are_known || behind.all.size() != 1) return {};
  const auto one = thing_of(*behind.all.begin());
  if (one.is_asked) return {};
  return one;
}

bool registry::leave_out(origin of, const std::string& why, templating::memory& scratch) const {
  const auto one = can_be_left_out(of, scratch);
  if (one) note_thing(*one, why);
  return one.has_value();
}

void registry::note_setting(std::string_view path, const service& owner, const std::string& why) const {
  note_thing({.owner = &owner, .each = nullptr, .path = path}, why);
}

const void* registry::place_of(const thing& of) {
  if (!of.path.empty()) return of.path.data();
  return of.each != nullptr ? static_cast<const void*>(of.each) : of.owner;
}

// Only what could be left out counts: of all else nobody could say who is to blame.
bool registry::may_ask(origin of, std::uint64_t count, templating::memory& scratch) const {
  const auto one = can_be_left_out(of, scratch);
  if (!one) return true;
  demands_.try_emplace(place_of(*one), demand{.of = *one}).first->second.count += count;
  demanded_ += count;
  return demanded_ <= templating::most_that_all_data_asks_for;
}

void registry::note_most_demanding() const {
  if (demanded_ <= templating::most_that_all_data_asks_for) return;
  std::vector<demand> all;
  for (const auto& [place, each] : demands_)
    if (!has_note_.contains(place)) all.push_back(each);
  // Those that ask for as much in the order of the services, whatever their places in memory are.
  std::ranges::sort(all, [this](const demand& left, const demand& right) {
    return left.count != right.count
               ? left.count > right.count
               : origin_of(*left.of.owner, left.of.each) < origin_of(*right.of.owner, right.of.each);
  });
  auto rest = demanded_;
  for (const auto& each : all) {
    if (rest <= templating::most_that_all_data_asks_for) break;
    rest -= each.count;
    note_thing(each.of, "asks for " + std::to_string(each.count) +
                            " rounds of loops and bytes of repeated texts, and all data together asks for " +
                            std::to_string(demanded_) + ", more than " +
                            std::to_string(templating::most_that_all_data_asks_for) +
                            ": what asks for most is left out");
  }
}

void registry::note_thing(const thing& of, const std::string& why) const {
  if (has_note_.insert(place_of(of)).second)
    noted_.push_back({.owner = of.owner, .each = of.each, .path = of.path, .why = why});
}

}  // namespace drcon::templates
