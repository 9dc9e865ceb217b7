// Consul Template's functions that ask for services, nodes and datacenters.
#include "common/endpoint_values.hpp"
#include "common/templating/functions/key_pair.hpp"
#include "common/templating/invocation.hpp"
#include "common/templating/json.hpp"
#include "common/templating/parameter_lists.hpp"
#include "template/registry.hpp"
#include "template/service_query.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <tuple>

namespace drcon::templates {
namespace {

using common::room_for;
using templating::failure;
using templating::field;
using templating::function;
using templating::invocation;
using templating::kind;
using templating::list_class;
using templating::map_class;
using templating::memory;
using templating::object_class;
using templating::value;
using arguments = std::span<const value>;
namespace expects = templating::expects;

template <typename T>
const T& as(const void* self) {
  return *static_cast<const T*>(self);
}

// Metadata that consul-http publishes with `details`.
constexpr std::string_view node_meta = "node_meta.";
constexpr std::string_view node_tagged_address = "node_tagged_address.";
constexpr std::string_view tagged_address = "tagged_address.";

// An endpoint, as Consul Template's functions have it.
struct instance {
  const registry* in = nullptr;
  const service* owner = nullptr;
  const endpoint* of = nullptr;

  value text(std::string_view part, const char* what) const { return in->text(part, what, *owner, of); }
  /// Its metadata of that name, or empty.
  value meta(const char* name) const {
    const auto found = of->meta.find(name);
    return found == of->meta.end() ? value(std::string_view()) : text(found->second, "meta value");
  }
  /// Sources write NODE/ID, so that it is unique; Consul's own id is what stands behind it.
  value id() const {
    const auto whole = text(of->id, "id").text();
    const bool has_node = !of->node.empty() && whole.size() > of->node.size() && whole.starts_with(of->node) &&
                          whole[of->node.size()] == '/';
    return value(has_node ? whole.substr(of->node.size() + 1) : whole);
  }
};

const list_class tags_class{
    .type = "[]string",
    .size = [](const void* self) { return as<instance>(self).of->tags.size(); },
    .at = [](const void* self, std::size_t i,
             memory&) { return as<instance>(self).text(as<instance>(self).of->tags[i], "tag"); },
    .any = false};

value meta_entry(const instance& in, const std::map<std::string, std::string>::value_type& of) {
  in.text(of.first, "meta key");
  return in.text(of.second, "meta value");
}

// Metadata that the source adds, of which Consul Template has fields of their own. Each can be asked for by its name
// all the same: an instance's own metadata of such a name goes first.
bool is_added(std::string_view key) {
  return key == "datacenter" || key == "node_id" || key == "node_address" || key == "checks" ||
         key.starts_with(node_meta) || key.starts_with(node_tagged_address) || key.starts_with(tagged_address);
}

const map_class meta_class{
    .type = "map[string]string",
    .key = kind::text,
    .absent = kind::text,
    .size =
        [](const void* self) {
          return static_cast<std::size_t>(std::ranges::count_if(
              as<instance>(self).of->meta, [](const auto& each) { return !is_added(each.first); }));
        },
    .find =
        [](const void* self, const value& key, memory&) {
          const auto& all = as<instance>(self).of->meta;
          const auto found = all.find(std::string(key.text()));
          if (found != all.end() && found->first == "checks")
            as<instance>(self).in->note_check_field(registry::whole_checks);
          return found == all.end() ? value() : as<instance>(self).text(found->second, "meta value");
        },
    .at =
        [](const void* self, std::size_t i, memory&) {
          for (const auto& each : as<instance>(self).of->meta)
            if (!is_added(each.first) && i-- == 0)
              return templating::map_entry{.key = value(std::string_view(each.first)),
                                           .held = meta_entry(as<instance>(self), each)};
          return templating::map_entry{};
        },
    .any = false};

// The metadata under `prefix`, by what stands behind it.
template <typename Made>
std::vector<templating::map_entry> entries_under(const instance& in, std::string_view prefix, Made made) {
  std::vector<templating::map_entry> result;
  for (const auto& each : in.of->meta)
    if (each.first.starts_with(prefix))
      result.push_back(
          {.key = value(std::string_view(each.first).substr(prefix.size())), .held = made(meta_entry(in, each))});
  return result;
}

value node_meta_of(const void* self, memory& scratch) {
  return scratch.text_map(entries_under(as<instance>(self), node_meta, [](const value& held) { return held; }));
}
value node_addresses_of(const void* self, memory& scratch) {
  return scratch.text_map(
      entries_under(as<instance>(self), node_tagged_address, [](const value& held) { return held; }));
}

struct service_address {
  std::string_view address;
  std::int64_t port = 0;
};
const field address_fields[] = {
    {.name = "Address", .get = [](const void* self, memory&) { return value(as<service_address>(self).address); }},
    {.name = "Port", .get = [](const void* self, memory&) { return value::integer(as<service_address>(self).port); }},
};
constexpr object_class address_class{.type = "api.ServiceAddress", .fields = address_fields};
// As in Go, an address that is not there has no host and the port 0.
value find_address(const void* self, const value& key, memory& scratch) {
  const auto found = templating::entries_find(self, key, scratch);
  return found.is(kind::nothing) ? value(scratch.make<service_address>(), address_class) : found;
}

const map_class addresses_class{.type = "map[string]api.ServiceAddress",
                                .key = kind::text,
                                .absent = kind::nil,
                                .size = templating::entries_size,
                                .find = find_address,
                                .at = templating::entries_at,
                                .any = false};

// From HOST:PORT, with brackets around an IPv6 address.
value addresses_of(const void* self, memory& scratch) {
  const auto made = [&scratch](const value& held) {
    auto host = held.text();
    std::int64_t port = 0;
    if (const auto colon = host.rfind(':'); colon != std::string_view::npos) {
      std::from_chars(host.data() + colon + 1, host.data() + host.size(), port);
      host = host.substr(0, colon);
    }
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    return value(scratch.make<service_address>(host, port), address_class);
  };
  return scratch.map_of(entries_under(as<instance>(self), tagged_address, made), addresses_class);
}

// A part of what was read from the JSON of checks. Its texts are judged as the template reads them: before, they are
// quoted and escaped, which no language but JSON can carry, and hides a line break.
struct check_part {
  const instance* owner = nullptr;
  value whole;
};

value judged(const instance& owner, const value& each, memory& scratch);

const list_class check_list_class{.type = "[]interface {}",
                                  .size = [](const void* self) { return as<check_part>(self).whole.size(); },
                                  .at =
                                      [](const void* self, std::size_t i, memory& scratch) {
                                        const auto& part = as<check_part>(self);
                                        return judged(*part.owner, part.whole.at(i, scratch), scratch);
                                      },
                                  .any = true};

const map_class check_map_class{
    .type = "map[string]interface {}",
    .key = kind::text,
    .absent = kind::nil,
    .size = [](const void* self) { return as<check_part>(self).whole.size(); },
    .find =
        [](const void* self, const value& key, memory& scratch) {
          const auto& part = as<check_part>(self);
          part.owner->in->note_check_field(key.text());
          return judged(*part.owner, part.whole.as_map().find(part.whole.self(), key, scratch), scratch);
        },
    .at =
        [](const void* self, std::size_t i, memory& scratch) {
          const auto& part = as<check_part>(self);
          const auto entry = part.whole.entry(i, scratch);
          part.owner->in->note_check_field(entry.key.text());
          part.owner->text(entry.key.text(), "check");
          return templating::map_entry{.key = entry.key, .held = judged(*part.owner, entry.held, scratch)};
        },
    .any = true};

value judged(const instance& owner, const value& each, memory& scratch) {
  if (each.is(kind::text)) return owner.text(each.text(), "check");
  if (each.is(kind::list)) return {scratch.make<check_part>(&owner, each), check_list_class};
  if (each.is(kind::map)) return {scratch.make<check_part>(&owner, each), check_map_class};
  return each;
}

// Nothing where it is no list: anybody may register metadata of that name.
value read_checks(std::string_view json, memory& scratch) {
  if (json.empty()) return {};
  try {
    const auto all = templating::read_json(json, scratch);
    return all.is(kind::list) ? all : value();
  } catch (const failure&) {
    return {};
  }
}

value checks_of(const void* self, memory& scratch) {
  const auto& owner = as<instance>(self);
  const auto found = owner.of->meta.find("checks");
  const auto all = found == owner.of->meta.end() ? value() : read_checks(found->second, scratch);
  return all.is_there() ? judged(owner, all, scratch) : scratch.any_list({});
}

// Calls `judge` for every text, within maps only for those that `is_read` names.
template <typename IsRead, typename Judge>
void judge_texts(const value& of, memory& scratch, IsRead is_read, Judge judge) {
  if (of.is(kind::text)) judge(of.text());
  if (of.is(kind::list))
    for (std::size_t i = 0; i < of.size(); ++i) judge_texts(of.at(i, scratch), scratch, is_read, judge);
  if (!of.is(kind::map)) return;
  for (std::size_t i = 0; i < of.size(); ++i)
    if (const auto entry = of.entry(i, scratch); is_read(entry.key.text()))
      judge_texts(entry.held, scratch, is_read, judge);
}

value no_text(const void*, memory&) { return value(std::string_view()); }

value weight_of(const void* self, memory&) { return value::integer(as<instance>(self).of->weight); }
const field weight_fields[] = {{.name = "Passing", .get = weight_of}, {.name = "Warning", .get = weight_of}};
constexpr object_class weights_class{.type = "api.AgentWeights", .fields = weight_fields};

value node_of(const void* self, memory&) { return as<instance>(self).text(as<instance>(self).of->node, "node"); }
value address_of(const void* self, memory&) {
  return as<instance>(self).text(as<instance>(self).of->address, "address");
}
value port_of(const void* self, memory&) { return value::integer(as<instance>(self).of->port); }
value id_of(const void* self, memory&) { return as<instance>(self).id(); }
value service_name_of(const void* self, memory&) {
  const auto& each = as<instance>(self);
  return each.in->text(each.owner->name, "name", *each.owner, nullptr);
}
// In order, as Consul Template has them: a file must not depend on the order in which a service registers its tags.
struct tags_in_order {
  const instance* in = nullptr;
  const std::string** all = nullptr;
};
const list_class tags_in_order_class{
    .type = tags_class.type,
    .size = [](const void* self) { return as<tags_in_order>(self).in->of->tags.size(); },
    .at = [](const void* self, std::size_t i,
             memory&) { return as<tags_in_order>(self).in->text(*as<tags_in_order>(self).all[i], "tag"); },
    .any = false};

value tags_of(const void* self, memory& scratch) {
  const auto& tags = as<instance>(self).of->tags;
  if (std::ranges::is_sorted(tags)) return {self, tags_class};
  auto* all = room_for<const std::string*>(tags.size(), scratch);
  for (std::size_t i = 0; i < tags.size(); ++i) all[i] = &tags[i];
  std::ranges::sort(all, all + tags.size(), {}, [](const std::string* each) { return std::string_view(*each); });
  return {scratch.make<tags_in_order>(&as<instance>(self), all), tags_in_order_class};
}
value meta_of(const void* self, memory&) { return {self, meta_class}; }

value node_id_of(const void* self, memory&) { return as<instance>(self).meta("node_id"); }
value node_address_of(const void* self, memory&) { return as<instance>(self).meta("node_address"); }
value datacenter_of(const void* self, memory&) { return as<instance>(self).meta("datacenter"); }
value status_of(const void* self, memory&) { return value(to_string(as<instance>(self).of->health)); }

// In the order of Consul Template's type, which toJSON and printf show.
const field health_service_fields[] = {
    {.name = "Node", .get = node_of},
    {.name = "NodeID", .get = node_id_of},
    {.name = "NodeAddress", .get = node_address_of},
    {.name = "NodeTaggedAddresses", .get = node_addresses_of},
    {.name = "NodeMeta", .get = node_meta_of},
    {.name = "ServiceMeta", .get = meta_of},
    {.name = "Address", .get = address_of},
    {.name = "ServiceTaggedAddresses", .get = addresses_of},
    {.name = "ID", .get = id_of},
    {.name = "Name", .get = service_name_of},
    {.name = "Tags", .get = tags_of},
    {.name = "Checks", .get = checks_of},
    {.name = "Status", .get = status_of},
    {.name = "Port", .get = port_of},
    {.name = "Weights", .get = [](const void* self, memory&) { return value(self, weights_class); }},
};
const field more_health_service_fields[] = {
    {.name = "NodeDatacenter", .get = datacenter_of},
    {.name = "Namespace", .get = no_text},
};
constexpr object_class health_service_class{
    .type = "*dependency.HealthService", .fields = health_service_fields, .unshown = more_health_service_fields};
const list_class health_services_class{
    .type = "[]*dependency.HealthService", .size = templating::span_size, .at = templating::span_at, .any = false};

// Consul Template has them in order of node and id.
bool in_order(const endpoint* left, const endpoint* right) {
  return std::tie(left->node, left->id) < std::tie(right->node, right->id);
}

// The service that is asked for, or null where it has no endpoints. Its name is whatever somebody has registered: one
// that comes from there is that service, though in a query it would mean another one, or could not be read.
const service* find_service(invocation& in, arguments all, const std::vector<std::string_view>& words,
                            service_query& asked) {
  const auto& known = registry_of(in);
  const auto* const named = known.named_by(all[0]);
  bool is_readable = false;
  try {
    asked = named != nullptr ? query_of_service(named->name, std::span(words).subspan(1)) : read_service_query(words);
    is_readable = true;
    return named != nullptr ? named : known.find_service(asked.name);
  } catch (const failure& why) {
    if (!known.finds_nothing(all, why, is_readable, in)) throw;
    return nullptr;
  }
}

value call_service(invocation& in, arguments all) {
  auto& scratch = in.scratch();
  std::vector<std::string_view> words;
  for (const auto& each : all) words.push_back(each.text());
  if (words.empty() || words[0].empty()) return scratch.list_of({}, health_services_class);
  const auto& known = registry_of(in);
  service_query asked;
  const auto* found = find_service(in, all, words, asked);
  if (found == nullptr) return scratch.list_of({}, health_services_class);
  std::vector<const endpoint*> accepted;
  for (const auto& each : found->endpoints) {
    in.spend(1);
    if (asked.accepts(each)) accepted.push_back(&each);
  }
  if (!std::ranges::is_sorted(accepted, in_order)) std::ranges::stable_sort(accepted, in_order);
  auto* items = room_for<instance>(accepted.size(), scratch);
  auto* list = room_for<value>(accepted.size(), scratch);
  for (std::size_t i = 0; i < accepted.size(); ++i) {
    new (items + i) instance{&known, found, accepted[i]};
    new (list + i) value(value(items + i, health_service_class).with_origin(known.origin_of(*found, accepted[i])));
  }
  return {scratch.make<templating::list_span>(list, accepted.size()), health_services_class};
}

// A service of the catalogue: its name, and all tags that its endpoints carry.
struct snippet {
  const registry* in = nullptr;
  const service* of = nullptr;
};

value snippet_tags(const void* self, memory& scratch) {
  const auto& each = as<snippet>(self);
  std::map<std::string_view, value> all;
  for (const auto& one : each.of->endpoints)
    for (const auto& tag : one.tags) all.emplace(tag, each.in->text(tag, "tag", *each.of, &one));
  std::vector<value> list;
  for (const auto& [tag, held] : all) list.push_back(held);
  return scratch.text_list(list);
}

const field snippet_fields[] = {
    {.name = "Name",
     .get =
         [](const void* self, memory&) {
           const auto& each = as<snippet>(self);
           return each.in->text(each.of->name, "name", *each.of, nullptr);
         }},
    {.name = "Tags", .get = snippet_tags},
};
constexpr object_class snippet_class{.type = "*dependency.CatalogSnippet", .fields = snippet_fields};
const list_class snippets_class{
    .type = "[]*dependency.CatalogSnippet", .size = templating::span_size, .at = templating::span_at, .any = false};

bool is_in(const endpoint& each, const std::string& datacenter) {
  const auto found = each.meta.find("datacenter");
  return datacenter.empty() || (found != each.meta.end() && found->second == datacenter);
}

// The one argument that may be given, or empty.
std::string_view optional_text(std::string_view function, arguments all) {
  if (all.size() > 1)
    throw failure(std::string(function) + ": wrong number of arguments, expected 0 or 1, but got " +
                  std::to_string(all.size()));
  return all.empty() ? std::string_view() : all[0].text();
}

// The datacenter that is asked for, where there are all of something; nothing where nobody could ask for it.
std::optional<std::string> datacenter_asked_for(invocation& in, std::string_view function, arguments all) {
  try {
    const auto asked = read_place_query(optional_text(function, all), function);
    if (!asked.name.empty()) throw failure(std::string(function) + ": expected \"@DATACENTER\"");
    return asked.datacenter;
  } catch (const failure& why) {
    if (!registry_of(in).finds_nothing(all, why, false, in)) throw;
    return {};
  }
}

value call_services(invocation& in, arguments all) {
  const auto datacenter = datacenter_asked_for(in, "services", all);
  if (!datacenter) return in.scratch().list_of({}, snippets_class);
  const auto& known = registry_of(in);
  std::vector<value> list;
  for (const auto& each : known.services()) {
    in.spend(1);
    const auto fits = [&](const endpoint& one) { return is_in(one, *datacenter); };
    if (!each.values.empty() || (!datacenter->empty() && std::ranges::none_of(each.endpoints, fits))) continue;
    list.push_back(
        value(in.scratch().make<snippet>(&known, &each), snippet_class).with_origin(known.origin_of(each, nullptr)));
  }
  return in.scratch().list_of(list, snippets_class);
}

// A node, which is known by an endpoint that runs on it.
const field node_fields[] = {
    {.name = "ID", .get = node_id_of},
    {.name = "Node", .get = node_of},
    {.name = "Address", .get = node_address_of},
    {.name = "Datacenter", .get = datacenter_of},
    {.name = "TaggedAddresses", .get = node_addresses_of},
    {.name = "Meta", .get = node_meta_of},
};
constexpr object_class node_class{.type = "*dependency.Node", .fields = node_fields};
const list_class nodes_class{
    .type = "[]*dependency.Node", .size = templating::span_size, .at = templating::span_at, .any = false};

// One endpoint of each node, in order of the nodes' names.
std::map<std::string_view, instance> nodes_of(invocation& in, const std::string& datacenter) {
  const auto& known = registry_of(in);
  std::map<std::string_view, instance> result;
  for (const auto& each : known.services())
    for (const auto& one : each.endpoints) {
      in.spend(1);
      if (!one.node.empty() && is_in(one, datacenter)) result.emplace(one.node, instance{&known, &each, &one});
    }
  return result;
}

value call_nodes(invocation& in, arguments all) {
  const auto datacenter = datacenter_asked_for(in, "nodes", all);
  if (!datacenter) return in.scratch().list_of({}, nodes_class);
  const auto& known = registry_of(in);
  std::vector<value> list;
  for (const auto& [name, each] : nodes_of(in, *datacenter))
    list.push_back(
        value(in.scratch().make<instance>(each), node_class).with_origin(known.origin_of(*each.owner, each.of)));
  return in.scratch().list_of(list, nodes_class);
}

// A service of a node.
const field node_service_fields[] = {
    {.name = "ID", .get = id_of},
    {.name = "Service", .get = service_name_of},
    {.name = "Tags", .get = tags_of},
    {.name = "Meta", .get = meta_of},
    {.name = "Port", .get = port_of},
    {.name = "Address", .get = address_of},
    {.name = "EnableTagOverride", .get = [](const void*, memory&) { return value(false); }},
};
constexpr object_class node_service_class{.type = "*dependency.CatalogNodeService", .fields = node_service_fields};
const list_class node_services_class{
    .type = "[]*dependency.CatalogNodeService", .size = templating::span_size, .at = templating::span_at, .any = false};

struct catalog_node {
  value node;
  value services;
};
const field catalog_node_fields[] = {
    {.name = "Node", .get = [](const void* self, memory&) { return as<catalog_node>(self).node; }},
    {.name = "Services", .get = [](const void* self, memory&) { return as<catalog_node>(self).services; }},
};
constexpr object_class catalog_node_class{.type = "*dependency.CatalogNode", .fields = catalog_node_fields};

// The node that is asked for; nothing where nobody could ask for it.
std::optional<place_query> node_asked_for(invocation& in, arguments all) {
  const auto& known = registry_of(in);
  if (all.size() == 1 && known.is_name_of_node(all[0]))
    return place_query{.name = std::string(all[0].text()), .datacenter = {}};
  try {
    return read_place_query(optional_text("node", all), "node");
  } catch (const failure& why) {
    if (!known.finds_nothing(all, why, false, in)) throw;
    return {};
  }
}

value call_node(invocation& in, arguments all) {
  const auto query = node_asked_for(in, all);
  if (!query) return value::null();
  const auto& asked = *query;
  if (asked.name.empty()) throw failure("drcon has no node of its own: name one, as in node \"NAME\"");
  const auto nodes = nodes_of(in, asked.datacenter);
  const auto found = nodes.find(asked.name);
  if (found == nodes.end()) return value::null();
  const auto& known = registry_of(in);
  std::vector<instance> services;
  for (const auto& each : known.services())
    for (const auto& one : each.endpoints)
      if (one.node == asked.name && is_in(one, asked.datacenter)) services.push_back({&known, &each, &one});
  std::vector<value> list;
  for (const auto& each : services)
    list.push_back(value(in.scratch().make<instance>(each), node_service_class)
                       .with_origin(known.origin_of(*each.owner, each.of)));
  const auto node = value(in.scratch().make<instance>(found->second), node_class)
                        .with_origin(known.origin_of(*found->second.owner, found->second.of));
  return {in.scratch().make<catalog_node>(node, in.scratch().list_of(list, node_services_class)), catalog_node_class};
}

value call_datacenters(invocation& in, arguments) {
  const auto& known = registry_of(in);
  std::map<std::string_view, value> all;
  for (const auto& each : known.services())
    for (const auto& one : each.endpoints)
      if (const auto found = one.meta.find("datacenter"); found != one.meta.end())
        all.emplace(found->second, known.text(found->second, "datacenter", each, &one));
  std::vector<value> list;
  for (const auto& [name, held] : all) list.push_back(held);
  return in.scratch().text_list(list);
}

constexpr function service_table[] = {
    {"datacenters", expects::flag, true, call_datacenters, "",
     "the datacenters that endpoints are in, by their metadata"},
    {"node", expects::text, true, call_node, "NAME[@DATACENTER]", "a node, and the endpoints on it"},
    {"nodes", expects::text, true, call_nodes, "[@DATACENTER]", "the nodes that endpoints are on"},
    {"service", expects::text, true, call_service, "[TAG.]NAME[@DATACENTER][|FILTER] [FILTER]",
     "endpoints of a service, passing ones without a filter"},
    {"services", expects::text, true, call_services, "[@DATACENTER]", "all services, with their tags"},
};

}  // namespace

value registry::item_value(const item& of, memory& scratch) const {
  switch (of.kind) {
    case item_kind::service: {
      // Of these services, which may be fewer than those that the item was made from.
      const auto found = std::ranges::find(services_, of.name, &service::name);
      return found == services_.end()
                 ? value()
                 : value(scratch.make<snippet>(this, &*found), snippet_class).with_origin(origin_of(*found, nullptr));
    }
    case item_kind::key:
      return value(scratch.make<templating::key_pair>(
                       templating::key_pair{.path = of.setting->first, .key = of.name, .held = of.setting->second}),
                   templating::key_pair_class)
          .with_origin(asked_origin(of.setting->first));
    default: return value(std::string_view(of.name));
  }
}

void registry::judge_checks(const std::string& json, const service& owner, const endpoint& each) const {
  if (check_fields_.empty()) return;
  if (check_fields_.contains(whole_checks)) text(json, "meta value", owner, &each);
  memory scratch(std::size_t{16} << 20U);
  judge_texts(
      read_checks(json, scratch), scratch, [this](std::string_view name) { return check_fields_.contains(name); },
      [&](std::string_view one) { text(one, "check", owner, &each); });
}

std::span<const function> service_functions() { return service_table; }

}  // namespace drcon::templates
