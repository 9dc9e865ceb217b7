#include "nomad/answer.hpp"

#include "common/json_text.hpp"
#include "common/short_text.hpp"

#include <drcon/url.hpp>

#include <nlohmann/json.hpp>
#include <parsed_json.hpp>

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

namespace drcon::nomad {
namespace {

using common::json_text;
using nlohmann::json;

constexpr std::int64_t last_port = 65535;

// A port that is not there, is none, or is 0, which is what an address without a port has.
std::uint32_t port_of(const json& each) {
  const auto found = each.find("Port");
  if (found == each.end() || !found->is_number_integer()) return 0;
  const auto port = found->get<std::int64_t>();
  return port > 0 && port <= last_port ? static_cast<std::uint32_t>(port) : 0;
}

// Nothing when it is no list of texts.
std::optional<std::vector<std::string>> tags_of(const json& each) {
  std::vector<std::string> tags;
  const auto found = each.find("Tags");
  if (found == each.end() || found->is_null()) return tags;
  if (!found->is_array()) return {};
  for (const auto& tag : *found) {
    if (!tag.is_string()) return {};
    tags.push_back(tag.get<std::string>());
  }
  return tags;
}

bool carries(const std::vector<std::string>& tags, const std::vector<std::string>& asked) {
  return std::ranges::all_of(asked,
                             [&](const std::string& each) { return std::ranges::find(tags, each) != tags.end(); });
}

endpoint endpoint_of(const json& each, std::vector<std::string> tags) {
  endpoint result{.id = json_text(each, "ID"),
                  .node = json_text(each, "NodeID"),
                  .address = json_text(each, "Address"),
                  .port = port_of(each),
                  .tags = std::move(tags),
                  .meta = {}};
  constexpr std::pair<const char*, const char*> published[] = {
      {"job", "JobID"}, {"allocation", "AllocID"}, {"datacenter", "Datacenter"}};
  for (const auto& [key, from] : published)
    if (auto text = json_text(each, from); !text.empty()) result.meta.emplace(key, std::move(text));
  return result;
}

// Why it cannot be reached; empty when it can.
std::string why_unreachable(const endpoint& of) {
  if (of.address.empty()) return "it has no address";
  return of.port == 0 ? "it has no port: name one in the job's service block" : "";
}

}  // namespace

std::vector<common::http_header> token_headers(const std::string& token) {
  if (token.empty()) return {};
  return {{"X-Nomad-Token", token}};
}

std::string scope(const std::string& ns, const std::string& region) {
  auto query = ns.empty() ? std::string() : "namespace=" + url_encode(ns);
  if (!region.empty()) query += (query.empty() ? "region=" : "&region=") + url_encode(region);
  return query;
}

std::optional<std::string> fault_of(const common::http_answer& answer) {
  if (answer.fault != common::http_fault::none) return answer.why;
  if (answer.status == 403)
    return "Nomad refuses the token (403): it needs read-job in the namespace; " + common::first_line(answer.body);
  if (answer.status == 404)
    return "Nomad answers 404: it has services of its own from version 1.3 on, or another server answers here";
  if (answer.status == 429) return "Nomad has too many requests (429): " + common::first_line(answer.body);
  if (answer.status != 200)
    return "Nomad answers " + std::to_string(answer.status) + ": " + common::first_line(answer.body);
  if (answer.header("x-nomad-knownleader") == "false")
    return "Nomad knows no leader, so that its answer may be old or empty";
  return {};
}

common::failure kind_of(const common::http_answer& answer) {
  if (answer.fault != common::http_fault::none) return common::failure::unanswered;
  // A region that this one is not joined to: one question with a wrong name must not keep the answers to all others
  // back.
  const bool has_no_way = answer.status == 500 && answer.body.find("No path to region") != std::string::npos;
  return has_no_way || common::is_refused(answer) ? common::failure::refusal : common::failure::error;
}

std::optional<instances> read_instances(const std::string& body, const selection& asked, std::string& why) {
  const auto all = parsed_json(body);
  if (!all.is_array()) {
    why = "the answer is not a list of instances";
    return {};
  }
  instances result;
  std::set<std::string> ids;
  for (const auto& each : all) {
    const auto tags = each.is_object() ? tags_of(each) : std::nullopt;
    if (!tags || json_text(each, "ID").empty() || json_text(each, "ServiceName") != asked.name) {
      why = "an instance in the answer has no ID, is of another service, or has tags that are none";
      return {};
    }
    if (!carries(*tags, asked.tags)) continue;
    auto one = endpoint_of(each, *tags);
    if (!ids.insert(one.id).second) {
      why = "the answer has the instance " + one.id + " twice";
      return {};
    }
    if (auto fault = why_unreachable(one); !fault.empty()) result.left_out.emplace(one.id, std::move(fault));
    else result.endpoints.push_back(std::move(one));
  }
  std::ranges::sort(result.endpoints, {}, &endpoint::id);
  return result;
}

}  // namespace drcon::nomad
