#include "bench/former/values.hpp"

#include "common/address.hpp"

#include <algorithm>
#include <map>

namespace drcon::former {
namespace {

using values = mustache_template::values;
using type = kainjow::mustache::data::type;
using form = mustache_template;
using endpoints = std::vector<const endpoint*>;

bool in_service(const endpoint& each) {
  return (each.health == health::passing || each.health == health::warning) && each.weight > 0;
}

void set_place(values& of, std::size_t i, std::size_t count) {
  of["first"] = mustache_flag(i == 0);
  of["last"] = mustache_flag(i + 1 == count);
  of["index"] = std::to_string(i);
}

values value_of(const endpoint& source, const form& of, std::size_t i, std::size_t count) {
  values result;
  const bool is_ipv6 = source.address.find(':') != std::string::npos;
  describe_labels(source, of, result);
  result["address"] = source.address;
  result["host"] = is_ipv6 ? "[" + source.address + "]" : source.address;
  result["port"] = std::to_string(source.port);
  result["server"] = common::with_port(source.address, source.port);
  result["weight"] = std::to_string(source.weight);
  result["priority"] = std::to_string(source.priority);
  result["backup"] = mustache_flag(source.priority > 0);
  result["passing"] = mustache_flag(source.health == health::passing);
  result["in_service"] = mustache_flag(in_service(source));
  if (of.mentions("tagged")) {
    values tagged = type::object;
    for (const auto& tag : source.tags) tagged[tag] = mustache_flag(true);
    result["tagged"] = std::move(tagged);
  }
  set_place(result, i, count);
  return result;
}

values list_of(const endpoints& all, const form& of) {
  values result = type::list;
  for (std::size_t i = 0; i < all.size(); ++i) result.push_back(value_of(*all[i], of, i, all.size()));
  return result;
}

// [{KEY: …, count, endpoints}], in order of the key.
values groups_of(const std::map<std::string, endpoints>& groups, const char* key, const form& of) {
  values result = type::list;
  std::size_t i = 0;
  for (const auto& [name, members] : groups) {
    values one;
    one[key] = name;
    one["count"] = std::to_string(members.size());
    one["endpoints"] = list_of(members, of);
    set_place(one, i++, groups.size());
    result.push_back(one);
  }
  return result;
}

// [{key, value}], in order of the key.
values pairs_of(const std::map<std::string, std::string>& all) {
  values result = type::list;
  std::size_t i = 0;
  for (const auto& [key, value] : all) {
    values one;
    one["key"] = key;
    one["name"] = key.substr(key.rfind('/') + 1);
    one["value"] = value;
    set_place(one, i++, all.size());
    result.push_back(one);
  }
  return result;
}

values groups_by_tag(const endpoints& usable, const form& of) {
  std::map<std::string, endpoints> by_tag;
  for (const auto* each : usable)
    for (const auto& tag : each->tags)
      if (auto& group = by_tag[tag]; group.empty() || group.back() != each) group.push_back(each);
  return groups_of(by_tag, "tag", of);
}

values groups_by_meta(const endpoints& usable, const form& of) {
  std::map<std::string, std::map<std::string, endpoints>> by_meta;
  for (const auto* each : usable)
    for (const auto& [key, value] : each->meta) by_meta[key][value].push_back(each);
  values metas = type::object;
  for (const auto& [key, groups] : by_meta) metas[key] = groups_of(groups, "value", of);
  return metas;
}

enum class groups { with, without };

values value_of(const service& source, const form& of, const std::function<bool(const endpoint&)>& counts,
                groups grouped, std::size_t i, std::size_t count) {
  endpoints usable;
  endpoints all;
  for (const auto& each : source.endpoints) {
    if (!counts(each)) continue;
    all.push_back(&each);
    if (in_service(each)) usable.push_back(&each);
  }
  values result;
  result["name"] = source.name;
  result["count"] = std::to_string(usable.size());
  result["empty"] = mustache_flag(usable.empty());
  result["endpoints"] = list_of(usable, of);
  if (of.mentions("all_endpoints")) result["all_endpoints"] = list_of(all, of);
  result["values"] = pairs_of(source.values);
  if (grouped == groups::with && of.mentions("by_tag")) result["by_tag"] = groups_by_tag(usable, of);
  if (grouped == groups::with && of.mentions("by_meta")) result["by_meta"] = groups_by_meta(usable, of);
  set_place(result, i, count);
  return result;
}

// [{tag, services}]: for who renders something for each tag, with the services that carry it. These have no groups of
// their own: they would take a group for each tag within each tag.
values services_by_tag(const std::vector<service>& all, const form& of) {
  std::map<std::string, std::vector<const service*>> by_tag;
  for (const auto& each : all)
    for (const auto& one : each.endpoints)
      for (const auto& tag : one.tags)
        if (auto& group = by_tag[tag]; in_service(one) && (group.empty() || group.back() != &each))
          group.push_back(&each);
  std::erase_if(by_tag, [](const auto& each) { return each.second.empty(); });
  values result = type::list;
  std::size_t i = 0;
  for (const auto& [tag, services] : by_tag) {
    const auto carries = [&tag = tag](const endpoint& each) {
      return std::ranges::find(each.tags, tag) != each.tags.end();
    };
    values list = type::list;
    for (std::size_t n = 0; n < services.size(); ++n)
      list.push_back(value_of(*services[n], of, carries, groups::without, n, services.size()));
    values one;
    one["tag"] = tag;
    one["count"] = std::to_string(services.size());
    one["services"] = std::move(list);
    set_place(one, i++, by_tag.size());
    result.push_back(one);
  }
  return result;
}

}  // namespace

values values_of(const std::vector<service>& all, const form& of, const surroundings& around) {
  const auto every = [](const endpoint&) { return true; };
  values services = type::list;
  values by_name = type::object;
  values keys = type::object;
  const auto routed =
      static_cast<std::size_t>(std::ranges::count_if(all, [](const auto& each) { return each.values.empty(); }));
  std::size_t place = 0;
  for (const auto& each : all) {
    const bool is_settings = !each.values.empty();
    auto one = value_of(each, of, every, groups::with, place, routed);
    if (of.mentions("service")) by_name[each.name] = values(one);
    for (const auto& [key, value] : each.values) keys[key] = value;
    if (is_settings) continue;
    services.push_back(one);
    ++place;
  }
  values root;
  root["sink"] = around.sink;
  root["revision"] = std::to_string(around.revision);
  root["services"] = std::move(services);
  root["service"] = std::move(by_name);
  root["service_count"] = std::to_string(routed);
  root["key"] = std::move(keys);
  if (of.mentions("by_tag")) root["by_tag"] = services_by_tag(all, of);
  return root;
}

}  // namespace drcon::former
