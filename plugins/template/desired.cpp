#include "template/desired.hpp"

#include "common/lower.hpp"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <optional>

namespace drcon::templates {
namespace {

// Why an endpoint cannot be written, or nothing: every text of it may stand in a template.
std::optional<std::string> fault_of(const endpoint& each, language in) {
  const auto judge = [&](const char* what, const std::string& value) -> std::optional<std::string> {
    const auto found = unwritable(value, in);
    if (!found) return {};
    return std::string("its ") + what + " holds " + *found + ", which cannot be written in this file's language";
  };
  if (auto fault = judge("id", each.id)) return fault;
  if (auto fault = judge("node", each.node)) return fault;
  if (auto fault = judge("address", each.address)) return fault;
  for (const auto& tag : each.tags)
    if (auto fault = judge("tag", tag)) return fault;
  for (const auto& [key, value] : each.meta) {
    if (auto fault = judge("meta key", key)) return fault;
    if (auto fault = judge("meta value", value)) return fault;
  }
  return {};
}

bool is_part_of_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

// Whether the name stands in the text, and not as a part of a longer one.
bool names(const std::string& text, const std::string& name) {
  for (auto place = text.find(name); !name.empty() && place != std::string::npos; place = text.find(name, place + 1)) {
    const auto end = place + name.size();
    if ((place == 0 || !is_part_of_name(text[place - 1])) && (end == text.size() || !is_part_of_name(text[end])))
      return true;
  }
  return false;
}

}  // namespace

desired_state desired_from(const update_view& update) {
  desired_state desired;
  desired.revision = update.wanted().revision();
  for (const auto each : update.wanted().services()) desired.services.push_back(each.copy());
  for (const auto each : update.changes()) {
    auto& list = each.added() ? desired.added : each.removed() ? desired.removed : desired.changed;
    list.emplace_back(each.name());
  }
  return desired;
}

std::vector<service> writable(const std::vector<service>& services, language in, const refusal& refused) {
  std::vector<service> kept;
  for (const auto& each : services) {
    if (const auto found = unwritable(each.name, in)) {
      refused(each.name, {}, "its name holds " + *found + ", which cannot be written in this file's language");
      continue;
    }
    service one{.name = each.name, .revision = each.revision, .endpoints = {}, .values = {}};
    for (const auto& [key, value] : each.values) {
      // The path of a key comes from whoever may write that key, and templates print it as they print the value.
      const auto in_path = unwritable(key, in);
      // A value may have several lines. In a file whose language has no escapes it is written as it is.
      const auto found = in_path ? in_path : in == language::none ? std::nullopt : unwritable(value, in);
      if (found)
        refused(each.name, key,
                std::string(in_path ? "its path" : "its value") + " holds " + *found +
                    ", which cannot be written in this file's language");
      else one.values.emplace(key, value);
    }
    for (const auto& endpoint : each.endpoints) {
      if (const auto fault = fault_of(endpoint, in)) refused(each.name, endpoint.id, *fault);
      else one.endpoints.push_back(endpoint);
    }
    kept.push_back(std::move(one));
  }
  return kept;
}

std::vector<service> without_case_twins(std::vector<service> services, const std::string& live,
                                        const refusal& refused) {
  std::map<std::string, std::size_t> count;
  for (const auto& each : services) ++count[common::lower(each.name)];
  std::erase_if(services, [&](const service& each) {
    if (count.at(common::lower(each.name)) == 1 || names(live, each.name)) return false;
    refused(each.name, {},
            "its name differs from another service's only in case, which nginx does not see, and the file does not "
            "name it yet");
    return true;
  });
  return services;
}

std::vector<service> with_bounded_labels(std::vector<service> services, const form& of, const refusal& refused) {
  const auto asks_for = [&of](std::initializer_list<const char*> names) {
    return std::ranges::any_of(names, [&of](const char* each) { return of.mentions(each); });
  };
  const bool tags = asks_for({"tags", "tagged", "by_tag"}) || of.how().each == item_kind::tag;
  const bool meta = asks_for({"meta", "meta_list", "by_meta"});
  for (auto& each : services)
    std::erase_if(each.endpoints, [&](const endpoint& one) {
      const bool too_many_tags = tags && one.tags.size() > most_labels;
      if (!too_many_tags && !(meta && one.meta.size() > most_labels)) return false;
      const auto count = too_many_tags ? one.tags.size() : one.meta.size();
      refused(each.name, one.id,
              "it has " + std::to_string(count) + (too_many_tags ? " tags" : " metadata values") +
                  ", which the template uses, and " + std::to_string(most_labels) + " are the most");
      return true;
    });
  return services;
}

}  // namespace drcon::templates
