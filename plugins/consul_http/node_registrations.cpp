#include "consul_http/node_registrations.hpp"

#include "common/json_text.hpp"

#include <nlohmann/json.hpp>
#include <parsed_json.hpp>

#include <algorithm>
#include <utility>

namespace drcon::consul {
namespace {

using nlohmann::json;

// Reads a node's answer without a tree of its values: with thousands of services it has megabytes, of which these few
// members count.
class node_reader final : public nlohmann::json_sax<json> {
public:
  std::optional<node_content> result() && {
    if (!is_whole_) return {};
    std::ranges::sort(content_.instances, {}, &registration::id);
    content_.instances.shrink_to_fit();  // it is kept: a node with thousands of services has grown it by halves
    return std::move(content_);
  }

  bool null() override {
    if (depth_ == 0) is_whole_ = true;
    return true;
  }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t value) override {
    if (key_ != "ModifyIndex") return true;
    if (depth_ == 3 && in_services_) one_.index = value;
    else if (depth_ == 2 && !in_services_) content_.index = value;
    return true;
  }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t& value) override {
    if (depth_ == 3 && in_services_ && key_ == "Service") one_.service = std::move(value);
    return true;
  }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override {
    ++depth_;
    if (depth_ == 3 && in_services_) one_ = {.id = std::move(key_), .service = {}, .index = 0};
    return true;
  }
  bool key(string_t& value) override {
    key_ = std::move(value);
    if (depth_ == 1) in_services_ = key_ == "Services";
    return true;
  }
  bool end_object() override {
    if (depth_ == 3 && in_services_) content_.instances.push_back(std::move(one_));
    if (--depth_ == 0) is_whole_ = true;
    return true;
  }
  bool start_array(std::size_t) override {
    ++depth_;
    return true;
  }
  bool end_array() override {
    --depth_;
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    is_whole_ = false;
    return false;
  }

private:
  int depth_ = 0;
  bool in_services_ = false;
  bool is_whole_ = false;
  std::string key_;
  registration one_;
  node_content content_;
};

void add(std::set<service_change>& changes, const registration& each) { changes.insert({each.service, each.index}); }
void add_gone(std::set<service_change>& changes, const registration& each) { changes.insert({each.service, {}}); }

// Both in the order of their ids.
std::set<service_change> difference(const std::vector<registration>& before, const std::vector<registration>& now) {
  std::set<service_change> changes;
  auto old = before.begin();
  for (const auto& each : now) {
    for (; old != before.end() && old->id < each.id; ++old) add_gone(changes, *old);
    if (old == before.end() || old->id != each.id) {
      add(changes, each);
      continue;
    }
    if (*old != each) add(changes, each);
    if (old->service != each.service) add_gone(changes, *old);
    ++old;
  }
  for (; old != before.end(); ++old) add_gone(changes, *old);
  return changes;
}

// The node's address is that of instances without one of their own, so that all of them may have changed.
std::set<service_change> all_of(const node_content& node) {
  std::set<service_change> changes;
  for (const auto& each : node.instances) changes.insert({each.service, std::max(each.index, node.index)});
  return changes;
}

std::uint64_t highest_index(const node_content& node) {
  auto highest = node.index;
  for (const auto& each : node.instances) highest = std::max(highest, each.index);
  return highest;
}

// What changes after an answer has a higher index than all in that answer. After a restore of Consul's data it has the
// index of long ago, and answers about the service that came in between would be taken for newer ones. True if so.
bool forget_old_indices(std::set<service_change>& changes, std::uint64_t highest_before) {
  const auto is_old = [&](const service_change& each) { return each.index && *each.index <= highest_before; };
  if (std::ranges::none_of(changes, is_old)) return false;
  std::set<service_change> without;
  for (const auto& each : changes) without.insert({each.service, is_old(each) ? std::nullopt : each.index});
  changes = std::move(without);
  return true;
}

}  // namespace

std::optional<node_content> parse_node(const std::string& body) {
  node_reader reader;
  if (has_hidden_rest(body) || !json::sax_parse(body, &reader)) return {};
  return std::move(reader).result();
}

std::optional<std::set<std::string>> parse_nodes(const std::string& body) {
  const auto all = parsed_json(body);
  if (!all.is_array()) return {};
  std::set<std::string> names;
  for (const auto& each : all) {
    if (!each.is_object()) return {};
    names.insert(common::json_text(each, "Node"));
  }
  return names;
}

std::set<service_change> registrations::take(const std::string& node, node_content now) {
  const auto highest = highest_index(now);
  const auto found = nodes_.find(node);
  if (found == nodes_.end()) return all_of(nodes_.emplace(node, known{std::move(now), highest}).first->second.content);
  auto& [content, highest_seen] = found->second;
  auto changes = difference(content.instances, now.instances);
  if (content.index != now.index) changes.merge(all_of(now));
  // From then on indices are counted from the restored ones.
  const bool is_restored = forget_old_indices(changes, highest_seen);
  highest_seen = is_restored ? highest : std::max(highest, highest_seen);
  content = std::move(now);
  return changes;
}

std::set<service_change> registrations::keep_only(const std::set<std::string>& nodes) {
  std::set<service_change> changes;
  std::erase_if(nodes_, [&](const auto& each) {
    if (nodes.contains(each.first)) return false;
    for (const auto& one : each.second.content.instances) add_gone(changes, one);
    return true;
  });
  return changes;
}

std::set<std::string> registrations::services_of(const std::string& node) const {
  std::set<std::string> names;
  if (const auto found = nodes_.find(node); found != nodes_.end())
    for (const auto& each : found->second.content.instances) names.insert(each.service);
  return names;
}

}  // namespace drcon::consul
