// The arguments of service, services, key and their kin, as Consul Template reads them:
//   [TAG.]NAME[?QUERY][@DATACENTER][~NEAR][|STATUS,STATUS]     PATH[?QUERY][@DATACENTER]
#include "common/templating/go/tree.hpp"
#include "import/walk.hpp"

#include <algorithm>

namespace drcon::importing {
namespace {

std::string trimmed(std::string text) {
  text.erase(0, std::min(text.find_first_not_of(' '), text.size()));
  while (text.ends_with(' ')) text.pop_back();
  return text;
}

std::optional<health> read_health(const std::string& statuses) {
  auto result = health::passing;
  for (std::size_t start = 0; start < statuses.size();) {
    const auto end = std::min(statuses.find_first_of(",|", start), statuses.size());
    const auto each = trimmed(statuses.substr(start, end - start));
    if (each == "warning") result = std::max(result, health::warning);
    else if (each == "any" || each == "critical" || each == "maintenance") result = health::any;
    else if (!each.empty() && each != "passing") return {};
    start = end + 1;
  }
  return result;
}

// Cuts off what follows the character, from the end: PATH@DATACENTER loses @DATACENTER.
shape cut(shape& query, char mark) {
  auto found = query.split_at_first({&mark, 1});
  if (!found) return {};
  query = found->before;
  return found->after;
}

shape only_one(const std::vector<shape>& forms) { return forms.size() == 1 ? forms[0] : shape::anything(); }

void add(std::vector<service_ask>& all, service_ask one) {
  const bool is_there = std::ranges::any_of(all, [&one](const service_ask& each) {
    return each.where == one.where && each.which == one.which && each.tag == one.tag && each.least == one.least &&
           each.datacenter == one.datacenter;
  });
  if (!is_there) all.push_back(std::move(one));
}

void add(std::vector<key_ask>& all, key_ask one) {
  const bool is_there = std::ranges::any_of(all, [&one](const key_ask& each) {
    return each.where == one.where && each.path == one.path && each.is_prefix == one.is_prefix &&
           each.datacenter == one.datacenter;
  });
  if (!is_there) all.push_back(std::move(one));
}

// The narrowest of the conditions under which a loop over the catalogue is.
std::vector<choice> narrowest(const std::vector<condition>& all, std::size_t item) {
  std::vector<choice> best;
  for (const auto& each : all) {
    if (each.item != item) continue;
    const auto widest = std::ranges::max(each.any_of).what;
    if (best.empty() || widest < std::ranges::max(best).what) best = each.any_of;
  }
  return best;
}

}  // namespace

std::string walk::shown_call(const node& of) const {
  auto text = templating::go::shown(command_ == nullptr ? of : *command_);
  std::ranges::replace(text, '\n', ' ');
  return text;
}

bool walk::read_known(const node& of, const shape& given, std::string_view what, std::string& result) {
  const auto whole = given.whole();
  if (!whole) {
    report_.fault(where(of),
                  shown_call(of) + ": " + std::string(what) +
                      " is known only when the template is rendered: add an entry for each that it may be, by "
                      "hand");
    return false;
  }
  result = *whole;
  return true;
}

std::optional<std::vector<choice>> walk::choices(const shape& name) const {
  if (const auto whole = name.whole()) return std::vector{choice{.what = choice::kind::name, .text = *whole}};
  if (const auto item = name.listed()) return narrowest(conditions_, *item);
  if (auto pattern = name.pattern())
    return std::vector{choice{.what = choice::kind::pattern, .text = std::move(*pattern)}};
  return {};
}

void walk::service_of(const node& of, const shape& query, std::vector<shape>& names) {
  auto name = query;
  const auto statuses = cut(name, '|');
  const auto near = cut(name, '~');
  const auto datacenter = cut(name, '@');
  const auto scope = cut(name, '?');
  service_ask asked{.where = where(of), .call = shown_call(of)};
  if (scope != shape())
    return report_.fault(where(of), shown_call(of) + ": '?" + scope.shown() +
                                        "': add namespace or partition to the entry of the service, by hand; services "
                                        "of peers cannot be watched");
  std::string filter;
  if (!read_known(of, statuses, "which health counts", filter) ||
      !read_known(of, datacenter, "the datacenter", asked.datacenter))
    return;
  if (near != shape())
    report_.fault(where(of), shown_call(of) +
                                 ": drcon has endpoints in order of their ids, not of their distance: leave out what "
                                 "begins with '~' in the template");
  const auto least = read_health(filter);
  if (!least)
    return report_.fault(where(of), shown_call(of) + ": '" + filter +
                                        "' is no health of Consul's: expected passing, "
                                        "warning, critical, maintenance or any");
  asked.least = *least;
  if (auto tagged = name.split_at_last('.')) {
    asked.tag = tagged->before.whole();
    name = tagged->after;
  }
  if (name == shape()) return;  // Consul Template gives nothing for service ""
  names.push_back(name);
  auto which = choices(name);
  if (!which)
    return report_.fault(where(of),
                         shown_call(of) +
                             ": the name of the service is known only when the template is rendered: add { name "
                             "= \"NAME\" } to service of [source.consul] for each that it may be, or { match "
                             "= \".*\" } for the whole catalogue");
  asked.which = std::move(*which);
  asked.is_computed = !name.whole() && !name.listed();
  add(asks_.services, std::move(asked));
}

held walk::service(const node& of, arguments given) {
  if (given.empty()) return {};
  auto queries = forms_of(given[0]);
  for (const auto& each : given.subspan(1)) queries = joined(joined(queries, {shape("|")}), forms_of(each));
  std::vector<shape> names;
  for (const auto& each : queries) service_of(of, each, names);
  return held::of(held::kind::endpoints, std::move(names));
}

held walk::services(const node& of, arguments given) {
  catalogue called{.where = where(of), .call = shown_call(of)};
  if (!given.empty()) {
    auto query = only_one(forms_of(given[0]));
    std::string nothing;
    const auto datacenter = cut(query, '@');
    if (read_known(of, query, "the datacenter", nothing))
      read_known(of, datacenter, "the datacenter", called.datacenter);
  }
  auto found = std::ranges::find(catalogues_, called.where, &catalogue::where);
  if (found == catalogues_.end()) found = catalogues_.insert(found, std::move(called));
  return held::of(held::kind::catalogue, static_cast<std::size_t>(found - catalogues_.begin()));
}

// What drcon knows of nodes are the endpoints on them.
held walk::nodes(std::string_view function, const node& of, arguments given) {
  service_ask asked{.where = where(of), .call = shown_call(of), .which = {}, .tag = {}, .least = health::any};
  if (function == "datacenters") {
    report_.fault(where(of),
                  shown_call(of) +
                      ": gives the datacenters that the pipeline watches alone: add a source with datacenter = "
                      "\"NAME\" for each other one, by hand");
  } else if (function == "node" && given.empty()) {
    report_.fault(where(of), "node: drcon has no node of its own: name one, as in node \"NAME\"");
  } else {
    auto query = given.empty() ? shape() : only_one(forms_of(given[0]));
    if (read_known(of, cut(query, '@'), "the datacenter", asked.datacenter)) add(asks_.services, std::move(asked));
    asks_.details.emplace("node");
  }
  return {};
}

void walk::key_of(std::string_view function, const node& of, const shape& query) {
  auto path = query;
  key_ask asked{.where = where(of), .call = shown_call(of)};
  const auto datacenter = cut(path, '@');
  const auto scope = cut(path, '?');
  if (scope != shape())
    return report_.fault(where(of),
                         shown_call(of) + ": '?" + scope.shown() +
                             "': keys of another namespace or partition need a source of their own, by hand");
  if (!read_known(of, datacenter, "the datacenter", asked.datacenter)) return;
  const bool is_folder = function != "key" && !function.starts_with("keyE") && function != "keyOrDefault";
  asked.is_computed = !path.whole();
  asked.may_be_missing = function != "key";
  asked.is_prefix = is_folder || asked.is_computed;
  asked.is_one_level = !asked.is_computed && (function == "ls" || function == "safeLs");
  asked.path = path.prefix();
  asked.path.erase(0, std::min(asked.path.find_first_not_of('/'), asked.path.size()));
  if (!asked.path.empty()) return add(asks_.keys, std::move(asked));
  if (asked.is_computed)
    return report_.fault(where(of),
                         shown_call(of) +
                             ": no part at the beginning of the path is known before the template is rendered: "
                             "add { path = \"…\" } or { prefix = \"…\" } to key of [source.settings]");
  if (is_folder)
    report_.fault(where(of), shown_call(of) +
                                 " asks for the whole store, which no source watches: add a { prefix = \"…\" "
                                 "} to key of [source.settings] for each folder that is needed");
}

held walk::key(std::string_view function, const node& of, arguments given) {
  if (given.empty()) return {};
  const auto queries = forms_of(given[0]);
  for (const auto& each : queries) key_of(function, of, each);
  const bool is_list = function == "ls" || function == "tree" || function == "safeLs" || function == "safeTree";
  return is_list ? held::of(held::kind::pairs, queries) : held::text(shape::anything());
}

}  // namespace drcon::importing
