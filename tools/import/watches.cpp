#include "import/watches.hpp"

#include <pattern.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace drcon::importing {
namespace {

constexpr auto everything = ".*";
constexpr std::size_t longest_name = 512;  // a pattern takes some of the stack for each character

template <typename Ask>
std::string reason_of(const Ask& of) {
  return of.where.shown() + " " + of.call;
}

void add_reason(std::vector<std::string>& all, const std::string& one) {
  if (std::ranges::find(all, one) == all.end()) all.push_back(one);
}

// Of one and the same service there is one watch: it has what any of the calls needs.
void widen(service_watch& watch, const service_ask& more) {
  watch.least = std::max(watch.least, more.least);
  const std::vector<std::string> tags = more.tag ? std::vector{*more.tag} : std::vector<std::string>{};
  if (watch.tags != tags) watch.tags.clear();
  add_reason(watch.reasons, reason_of(more));
}

bool covers(const service_watch& wide, const service_watch& narrow) {
  if (&wide == &narrow || wide.which.what != choice::kind::pattern || wide.datacenter != narrow.datacenter)
    return false;
  if (wide.which.text == everything) return narrow.which.text != everything;
  return narrow.which.what == choice::kind::name && narrow.which.text.size() <= longest_name &&
         pattern(wide.which.text).matches_whole(narrow.which.text);
}

void absorb(service_watch& wide, const service_watch& narrow) {
  wide.least = std::max(wide.least, narrow.least);
  if (wide.tags != narrow.tags) wide.tags.clear();
  for (const auto& each : narrow.reasons) add_reason(wide.reasons, each);
}

// Whether a service of the narrow watch may be one of the wide one, too: which services carry a tag, nobody knows here.
bool may_share(const service_watch& wide, const service_watch& narrow) {
  if (&wide == &narrow || wide.which.what == choice::kind::name || wide.datacenter != narrow.datacenter) return false;
  return wide.which.what == choice::kind::tag || narrow.which.what != choice::kind::name || covers(wide, narrow);
}

// A source watches each service once, for the first of its entries that has it. So what one entry has of a service, the
// others have, too.
void share(std::vector<service_watch>& all) {
  const auto before = all;
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t j = 0; j < before.size(); ++j) {
      if (i == j || !may_share(before[j], all[i])) continue;
      all[i].least = std::max(all[i].least, before[j].least);
      if (all[i].tags != before[j].tags) all[i].tags.clear();
    }
}

std::vector<service_watch> services(const std::vector<service_ask>& all) {
  std::map<std::tuple<std::string, choice>, service_watch> found;
  for (const auto& each : all) {
    auto which = each.which;
    if (which.empty()) which.push_back({.what = choice::kind::pattern, .text = everything});
    for (const auto& one : which) {
      auto [place, is_new] = found.try_emplace({each.datacenter, one});
      auto& watch = place->second;
      if (is_new) {
        watch = {.which = one, .tags = {}, .least = each.least, .datacenter = each.datacenter};
        if (each.tag) watch.tags.push_back(*each.tag);
      }
      widen(watch, each);
    }
  }
  std::vector<service_watch> result;
  for (const auto& entry : found) {
    const auto& watch = entry.second;
    const auto wide = std::ranges::find_if(found, [&watch](const auto& other) { return covers(other.second, watch); });
    if (wide != found.end()) absorb(wide->second, watch);
  }
  for (const auto& entry : found) {
    const auto& watch = entry.second;
    if (std::ranges::none_of(found, [&watch](const auto& other) { return covers(other.second, watch); }))
      result.push_back(watch);
  }
  share(result);
  return result;
}

bool covers(const key_watch& wide, const key_watch& narrow) {
  if (!wide.is_prefix || wide.datacenter != narrow.datacenter || !narrow.path.starts_with(wide.path)) return false;
  if (!wide.is_one_level) return true;
  if (narrow.is_prefix) return narrow.is_one_level && narrow.path == wide.path;
  const auto below = narrow.path.substr(wide.path.size());
  return below.find('/', below.starts_with('/') ? 1 : 0) == std::string::npos;
}

std::vector<key_watch> keys(const std::vector<key_ask>& all) {
  std::vector<key_watch> found;
  for (const auto& each : all)
    found.push_back({.path = each.path,
                     .is_prefix = each.is_prefix,
                     .is_one_level = each.is_one_level,
                     .is_computed = each.is_computed,
                     .datacenter = each.datacenter,
                     .may_be_missing = each.may_be_missing,
                     .as = {},
                     .reasons = {reason_of(each)}});
  // The widest first: what one of them covers becomes a reason of it.
  std::ranges::stable_sort(found, {}, [](const key_watch& each) {
    return std::tuple(each.datacenter, !each.is_prefix, each.is_one_level, each.path);
  });
  std::vector<key_watch> result;
  for (const auto& each : found) {
    const auto wide = std::ranges::find_if(result, [&each](const key_watch& other) {
      return covers(other, each) ||
             (other.path == each.path && other.is_prefix == each.is_prefix && other.datacenter == each.datacenter);
    });
    if (wide == result.end()) {
      result.push_back(each);
      continue;
    }
    wide->is_computed = wide->is_computed || (each.is_computed && each.path == wide->path);
    wide->may_be_missing = wide->may_be_missing || each.may_be_missing;
    for (const auto& reason : each.reasons) add_reason(wide->reasons, reason);
  }
  std::ranges::stable_sort(result, {}, [](const key_watch& each) { return std::tuple(each.datacenter, each.path); });
  return result;
}

// One snapshot holds services and settings: a folder `web/` would be published as `web`, which may be a service's name,
// and so might a key of that name.
void name_apart(watches& all) {
  const bool knows_all_services = std::ranges::all_of(
      all.services, [](const service_watch& each) { return each.which.what == choice::kind::name; });
  std::set<std::string> taken;
  for (const auto& each : all.services) taken.insert(each.which.text);
  for (auto& each : all.keys) {
    auto name = each.path;
    if (name.ends_with('/')) name.pop_back();
    const bool may_be_a_service = !knows_all_services && name.find('/') == std::string::npos;
    if (!may_be_a_service && taken.insert(name).second) continue;
    each.as = (each.is_prefix ? "folder/" : "key/") + name;
    taken.insert(each.as);
  }
}

}  // namespace

watches smallest(const asks& of) {
  watches result{
      .details = {of.details.begin(), of.details.end()}, .services = services(of.services), .keys = keys(of.keys)};
  name_apart(result);
  return result;
}

void report_overlaps(const watches& all, report& found) {
  // A service without a datacenter in its name is that of all of them.
  for (const auto& own : all.services)
    for (const auto& other : all.services) {
      auto same_place = other;
      same_place.datacenter = own.datacenter;
      if (own.datacenter.empty() && !other.datacenter.empty() && (own.which == other.which || covers(own, same_place)))
        found.fault({.file = own.reasons.front()},
                    "in a pipeline that watches datacenter " + other.datacenter +
                        " as well, this gives the endpoints of both: write the name of the agent's own datacenter into "
                        "the template, too, as in service \"NAME@DATACENTER\"");
    }
  for (const auto& own : all.keys)
    for (const auto& other : all.keys) {
      auto same_place = other;
      same_place.datacenter = own.datacenter;
      // Of two equal ones, one is reported.
      const bool is_same =
          own.datacenter < other.datacenter && own.path == other.path && own.is_prefix == other.is_prefix;
      if (own.datacenter != other.datacenter && (is_same || (covers(own, same_place) && !covers(same_place, own))))
        found.fault({.file = other.reasons.front()},
                    "drcon's templates do not tell apart a key that two datacenters have: give one of the templates a "
                    "pipeline of its own, whose sources watch one datacenter");
    }
}

}  // namespace drcon::importing
