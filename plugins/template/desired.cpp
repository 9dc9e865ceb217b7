#include "template/desired.hpp"

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
      // Values may have lines, and where nothing is escaped they stay as they are.
      const auto found = in == language::none ? std::nullopt : unwritable(value, in);
      if (found)
        refused(each.name, key, "its value holds " + *found + ", which cannot be written in this file's language");
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

}  // namespace drcon::templates
