#include "template/view.hpp"

#include "common/address.hpp"
#include "common/endpoint_values.hpp"
#include "common/in_service.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <span>
#include <string_view>

namespace drcon::templates {
namespace {

using common::in_service;
using common::room_for;
using templating::field;
using templating::kind;
using templating::map_class;
using templating::map_entry;
using templating::memory;
using templating::object_class;
using templating::value;

template <typename T>
const T& as(const void* self) {
  return *static_cast<const T*>(self);
}

value number(std::uint64_t of) { return value::integer(static_cast<std::int64_t>(of)); }
value text(const std::string& of) { return value(std::string_view(of)); }

// An endpoint, and the service that it belongs to.
struct endpoint_item {
  const endpoint* of = nullptr;
  const service* owner = nullptr;
};
const endpoint& endpoint_of(const void* self) { return *as<endpoint_item>(self).of; }

value host_of(const void* self, memory& scratch) {
  const auto& address = endpoint_of(self).address;
  return address.find(':') == std::string::npos ? text(address) : scratch.text("[" + address + "]");
}

value server_of(const void* self, memory& scratch) {
  const auto& each = endpoint_of(self);
  return scratch.text(common::with_port(each.address, each.port));
}

const field endpoint_fields[] = {
    {.name = "id", .get = [](const void* self, memory&) { return text(endpoint_of(self).id); }},
    {.name = "node", .get = [](const void* self, memory&) { return text(endpoint_of(self).node); }},
    {.name = "address", .get = [](const void* self, memory&) { return text(endpoint_of(self).address); }},
    {.name = "host", .get = host_of},
    {.name = "port", .get = [](const void* self, memory&) { return number(endpoint_of(self).port); }},
    {.name = "server", .get = server_of},
    {.name = "weight", .get = [](const void* self, memory&) { return number(endpoint_of(self).weight); }},
    {.name = "priority", .get = [](const void* self, memory&) { return number(endpoint_of(self).priority); }},
    {.name = "backup", .get = [](const void* self, memory&) { return value(endpoint_of(self).priority > 0); }},
    {.name = "health", .get = [](const void* self, memory&) { return value(to_string(endpoint_of(self).health)); }},
    {.name = "passing",
     .get = [](const void* self, memory&) { return value(endpoint_of(self).health == health::passing); }},
    {.name = "in_service", .get = [](const void* self, memory&) { return value(in_service(endpoint_of(self))); }},
    {.name = "tags", .get = [](const void* self, memory&) { return common::tags_of(endpoint_of(self)); }},
    {.name = "tagged", .get = [](const void* self, memory&) { return common::tagged_of(endpoint_of(self)); }},
    {.name = "meta", .get = [](const void* self, memory&) { return common::texts_of(endpoint_of(self).meta); }},
    {.name = "meta_list",
     .get = [](const void* self, memory& scratch) { return common::pairs_of(endpoint_of(self).meta, scratch); }},
    {.name = "service_name",
     .get = [](const void* self, memory&) { return text(as<endpoint_item>(self).owner->name); }},
};
constexpr object_class endpoint_class{.type = "endpoint", .fields = endpoint_fields};

value endpoint_list(const endpoint_item* first, std::size_t count, memory& scratch) {
  return common::list_of<endpoint_item, endpoint_class>(first, count, scratch);
}

using endpoint_items = std::vector<endpoint_item>;

value endpoint_list(const endpoint_items& all, memory& scratch) {
  auto* kept = room_for<endpoint_item>(all.size(), scratch);
  std::uninitialized_copy(all.begin(), all.end(), kept);
  return endpoint_list(kept, all.size(), scratch);
}

// Endpoints that have something in common.
struct group {
  std::string_view name;
  value endpoints;
};
const field tag_group_fields[] = {
    {.name = "tag", .get = [](const void* self, memory&) { return value(as<group>(self).name); }},
    {.name = "count", .get = [](const void* self, memory&) { return number(as<group>(self).endpoints.size()); }},
    {.name = "endpoints", .get = [](const void* self, memory&) { return as<group>(self).endpoints; }},
};
constexpr object_class tag_group_class{.type = "tag", .fields = tag_group_fields};
const field value_group_fields[] = {
    {.name = "value", .get = tag_group_fields[0].get},
    {.name = "count", .get = tag_group_fields[1].get},
    {.name = "endpoints", .get = tag_group_fields[2].get},
};
constexpr object_class value_group_class{.type = "value", .fields = value_group_fields};

template <const object_class& Class>
value groups_of(const std::map<std::string_view, endpoint_items>& groups, memory& scratch) {
  auto* all = room_for<group>(groups.size(), scratch);
  std::size_t count = 0;
  for (const auto& [name, members] : groups)
    new (all + count++) group{.name = name, .endpoints = endpoint_list(members, scratch)};
  return common::list_of<group, Class>(all, count, scratch);
}

// A service, and its place among the others; with a tag: those of its endpoints that carry it.
struct service_item {
  const service* of = nullptr;
  std::size_t index = 0;
  std::size_t count = 0;
  const std::string* tag = nullptr;

  bool counts(const endpoint& each) const {
    return tag == nullptr || std::ranges::find(each.tags, *tag) != each.tags.end();
  }
};

std::size_t usable_of(const service_item& item) {
  return static_cast<std::size_t>(std::ranges::count_if(
      item.of->endpoints, [&](const endpoint& each) { return in_service(each) && item.counts(each); }));
}

template <bool All>
value endpoints_of(const void* self, memory& scratch) {
  const auto& item = as<service_item>(self);
  auto* kept = room_for<endpoint_item>(item.of->endpoints.size(), scratch);
  std::size_t count = 0;
  for (const auto& each : item.of->endpoints)
    if ((All || in_service(each)) && item.counts(each)) new (kept + count++) endpoint_item{&each, item.of};
  return endpoint_list(kept, count, scratch);
}

// Services within a list for each tag have no groups of their own: they would take a group for each tag within each
// tag.
value by_tag_of(const void* self, memory& scratch) {
  const auto& item = as<service_item>(self);
  if (item.tag != nullptr) return {};
  std::map<std::string_view, endpoint_items> groups;
  for (const auto& each : item.of->endpoints) {
    if (!in_service(each)) continue;
    for (const auto& tag : each.tags)
      if (auto& members = groups[tag]; members.empty() || members.back().of != &each)
        members.push_back({&each, item.of});
  }
  return groups_of<tag_group_class>(groups, scratch);
}

value find_by_meta(const void* self, const value& key, memory& scratch) {
  const auto& item = as<service_item>(self);
  std::map<std::string_view, endpoint_items> groups;
  for (const auto& each : item.of->endpoints) {
    if (!in_service(each)) continue;
    if (const auto found = each.meta.find(std::string(key.text())); found != each.meta.end())
      groups[found->second].push_back({&each, item.of});
  }
  return groups.empty() ? value() : groups_of<value_group_class>(groups, scratch);
}

// Mustache looks names up in maps, and lists none of them.
std::size_t unlisted(const void*) { return 0; }
map_entry no_entry(const void*, std::size_t, memory&) { return {}; }

const map_class by_meta_class{.type = "map[string][]value",
                              .key = kind::text,
                              .absent = kind::list,
                              .size = unlisted,
                              .find = find_by_meta,
                              .at = no_entry,
                              .any = false};

const field service_fields[] = {
    {.name = "name", .get = [](const void* self, memory&) { return text(as<service_item>(self).of->name); }},
    {.name = "count", .get = [](const void* self, memory&) { return number(usable_of(as<service_item>(self))); }},
    {.name = "empty", .get = [](const void* self, memory&) { return value(usable_of(as<service_item>(self)) == 0); }},
    {.name = "endpoints", .get = endpoints_of<false>},
    {.name = "all_endpoints", .get = endpoints_of<true>},
    {.name = "values",
     .get = [](const void* self,
               memory& scratch) { return common::settings_of(as<service_item>(self).of->values, scratch); }},
    {.name = "by_tag", .get = by_tag_of},
    {.name = "by_meta",
     .get = [](const void* self,
               memory&) { return as<service_item>(self).tag == nullptr ? value(self, by_meta_class) : value(); }},
    // Of one that is reached by its name, its place among all: an element of a list has its place there, which is the
    // same.
    {.name = "first", .get = [](const void* self, memory&) { return value(as<service_item>(self).index == 0); }},
    {.name = "last",
     .get = [](const void* self,
               memory&) { return value(as<service_item>(self).index + 1 == as<service_item>(self).count); }},
    {.name = "index", .get = [](const void* self, memory&) { return number(as<service_item>(self).index); }},
};
constexpr object_class service_class{.type = "service", .fields = service_fields};

// A tag, and the services of which an endpoint in service carries it.
struct tag_item {
  std::string_view tag;
  value services;
};
const field tag_fields[] = {
    {.name = "tag", .get = [](const void* self, memory&) { return value(as<tag_item>(self).tag); }},
    {.name = "count", .get = [](const void* self, memory&) { return number(as<tag_item>(self).services.size()); }},
    {.name = "services", .get = [](const void* self, memory&) { return as<tag_item>(self).services; }},
};
constexpr object_class tag_class{.type = "tag", .fields = tag_fields};

bool is_routed(const service& each) { return each.values.empty(); }

std::size_t routed_of(const subject& all) {
  return static_cast<std::size_t>(std::ranges::count_if(all.services, is_routed));
}

template <typename Chosen>
value services_of(const subject& all, memory& scratch, Chosen chosen) {
  const auto count = static_cast<std::size_t>(std::ranges::count_if(all.services, chosen));
  auto* kept = room_for<service_item>(count, scratch);
  std::size_t place = 0;
  for (const auto& each : all.services)
    if (chosen(each)) {
      new (kept + place) service_item{.of = &each, .index = place, .count = count};
      ++place;
    }
  return common::list_of<service_item, service_class>(kept, count, scratch);
}

value find_service(const void* self, const value& key, memory& scratch) {
  const auto& all = as<subject>(self);
  const service_item* found = nullptr;
  std::size_t place = 0;
  for (const auto& each : all.services) {
    if (each.name == key.text())
      found = scratch.make<service_item>(service_item{.of = &each, .index = place, .count = routed_of(all)});
    if (is_routed(each)) ++place;
  }
  return found == nullptr ? value() : value(found, service_class);
}

// A key may be in several sets of settings, which then agree unless one of them is about to change: the last one
// counts.
value find_key(const void* self, const value& key, memory&) {
  const std::string path(key.text());
  value result;
  for (const auto& each : as<subject>(self).services)
    if (const auto found = each.values.find(path); found != each.values.end()) result = text(found->second);
  return result;
}

const map_class services_class{.type = "map[string]service",
                               .key = kind::text,
                               .absent = kind::nil,
                               .size = unlisted,
                               .find = find_service,
                               .at = no_entry,
                               .any = false};
const map_class keys_class{.type = "map[string]string",
                           .key = kind::text,
                           .absent = kind::text,
                           .size = unlisted,
                           .find = find_key,
                           .at = no_entry,
                           .any = false};

// For who renders something for each tag, with the services that carry it.
value services_by_tag(const void* self, memory& scratch) {
  std::map<std::string_view, std::vector<service_item>> groups;
  for (const auto& each : as<subject>(self).services)
    for (const auto& one : each.endpoints) {
      if (!in_service(one)) continue;
      for (const auto& tag : one.tags)
        if (auto& members = groups[tag]; members.empty() || members.back().of != &each)
          members.push_back({.of = &each, .index = members.size(), .tag = &tag});
    }
  auto* all = room_for<tag_item>(groups.size(), scratch);
  std::size_t count = 0;
  for (auto& [tag, members] : groups) {
    for (auto& each : members) each.count = members.size();
    auto* kept = room_for<service_item>(members.size(), scratch);
    std::uninitialized_copy(members.begin(), members.end(), kept);
    new (all + count++)
        tag_item{.tag = tag, .services = common::list_of<service_item, service_class>(kept, members.size(), scratch)};
  }
  return common::list_of<tag_item, tag_class>(all, count, scratch);
}

// Of all services in one list, so that `last` is the last one of all.
template <bool All>
value endpoints_of_all(const void* self, memory& scratch) {
  endpoint_items kept;
  for (const auto& each : as<subject>(self).services)
    for (const auto& one : each.endpoints)
      if (All || in_service(one)) kept.push_back({&one, &each});
  return endpoint_list(kept, scratch);
}

// What this file is for: a service, a setting, or a tag with its services.
value item_of(const void* self, memory& scratch) {
  const auto& all = as<subject>(self);
  if (all.each == nullptr) return {};
  if (all.each->kind == item_kind::key) return common::setting_of(*all.each->setting, scratch);
  if (all.each->kind == item_kind::service) return find_service(self, text(all.each->of->name), scratch);
  // The carriers are found once for all files: to look for them here would take the square of the number of tags.
  const auto& carriers = all.each->carriers;
  auto* kept = room_for<service_item>(carriers.size(), scratch);
  for (std::size_t i = 0; i < carriers.size(); ++i)
    new (kept + i) service_item{.of = carriers[i], .index = i, .count = carriers.size(), .tag = &all.each->name};
  const auto services = common::list_of<service_item, service_class>(kept, carriers.size(), scratch);
  return {scratch.make<tag_item>(std::string_view(all.each->name), services), tag_class};
}

const field root_fields[] = {
    {.name = "item", .get = item_of},
    {.name = "sink", .get = [](const void* self, memory&) { return text(as<subject>(self).sink); }},
    {.name = "revision", .get = [](const void* self, memory&) { return number(as<subject>(self).revision); }},
    {.name = "service_count", .get = [](const void* self, memory&) { return number(routed_of(as<subject>(self))); }},
    {.name = "services",
     .get = [](const void* self, memory& scratch) { return services_of(as<subject>(self), scratch, is_routed); }},
    {.name = "services_with_endpoints",
     .get =
         [](const void* self, memory& scratch) {
           return services_of(as<subject>(self), scratch,
                              [](const service& each) { return std::ranges::any_of(each.endpoints, in_service); });
         }},
    {.name = "service", .get = [](const void* self, memory&) { return value(self, services_class); }},
    {.name = "key", .get = [](const void* self, memory&) { return value(self, keys_class); }},
    {.name = "by_tag", .get = services_by_tag},
    {.name = "endpoints_of_all_services", .get = endpoints_of_all<false>},
    {.name = "all_endpoints_of_all_services", .get = endpoints_of_all<true>},
};
constexpr object_class root_class{.type = "snapshot", .fields = root_fields};

}  // namespace

value view_of(const subject& of) { return {&of, root_class}; }

}  // namespace drcon::templates
