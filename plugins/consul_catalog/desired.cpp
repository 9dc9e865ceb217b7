#include "consul_catalog/desired.hpp"

#include "common/address.hpp"
#include "common/consul_rules.hpp"
#include "common/digest.hpp"
#include "common/in_service.hpp"
#include "consul_catalog/go_duration.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <set>

namespace drcon::consul_catalog {
namespace {

using nlohmann::json;

// Each renewal is a request to the agent, and each change of a status one to Consul's servers.
constexpr auto least_ttl = std::chrono::seconds(1);
constexpr auto for_ever = "87600h";  // ten years: Consul has no check without a TTL whose status is set from outside

std::string word(const check_words& words, const std::string& key) {
  const auto found = words.find(key);
  return found == words.end() ? std::string() : found->second;
}

bool is_yes(const std::string& text) { return !text.empty() && text != "false" && text != "0" && text != "no"; }

// The endpoint's own settings where they name a kind of check, else those of the sink.
check_words words_of(const endpoint& origin, const desired_rules& by) {
  static const std::set<std::string> kinds{"http", "https", "tcp", "grpc", "script", "cmd", "ttl"};
  constexpr std::string_view mark = "check_";
  check_words own;
  bool names_one = false;
  for (const auto& [key, value] : origin.meta) {
    if (!key.starts_with(mark) || value.empty()) continue;
    own.emplace(key.substr(mark.size()), value);
    names_one |= kinds.contains(key.substr(mark.size()));
  }
  if (names_one) return own;
  auto all = by.check;
  for (auto& [key, value] : own) all.insert_or_assign(key, value);
  return all;
}

std::string path_of(const std::string& text) { return text.starts_with('/') ? text : "/" + text; }

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (auto found = text.find(what); found != std::string::npos; found = text.find(what, found + with.size()))
    text.replace(found, what.size(), with);
  return text;
}

// The check that Consul's agent runs; nothing when none is asked for. As with Registrator, the first kind counts.
std::optional<json> check_of(const check_words& words, const std::string& id, const endpoint& origin,
                             const desired_rules& by, std::vector<std::string>& left_out) {
  const auto place = common::with_port(origin.address, origin.port);
  json check = {{"CheckID", "service:" + id}, {"Name", "Service '" + id + "' check"}};
  const auto http = word(words, "http");
  const auto https = word(words, "https");
  if (!http.empty() || !https.empty()) {
    check["HTTP"] = (http.empty() ? "https://" : "http://") + place + path_of(http.empty() ? https : http);
    const auto method = word(words, http.empty() ? "https_method" : "http_method");
    if (!method.empty()) check["Method"] = method;
  } else if (by.scripts && !word(words, "cmd").empty()) {
    check["Args"] = {"check-cmd", origin.id, std::to_string(origin.port), word(words, "cmd")};
  } else if (by.scripts && !word(words, "script").empty()) {
    auto script = replaced(word(words, "script"), "$SERVICE_IP", origin.address);
    check["Args"] = {"/bin/sh", "-c", replaced(std::move(script), "$SERVICE_PORT", std::to_string(origin.port))};
  } else if (is_yes(word(words, "tcp"))) {
    check["TCP"] = place;
  } else if (!word(words, "grpc").empty()) {
    const auto service = word(words, "grpc");
    check["GRPC"] = service == "true" || service == "1" ? place : place + "/" + service;
    check["GRPCUseTLS"] = is_yes(word(words, "grpc_use_tls"));
  } else {
    if (!by.scripts && (!word(words, "script").empty() || !word(words, "cmd").empty()))
      left_out.emplace_back(
          "its script check: scripts = true would pass it on, and so let anybody who labels a container "
          "run commands on Consul's agent");
    return {};
  }
  if (is_yes(word(words, "tls_skip_verify"))) check["TLSSkipVerify"] = true;
  const auto interval = word(words, "interval");
  check["Interval"] = interval.empty() ? "10s" : interval;
  if (const auto timeout = word(words, "timeout"); !timeout.empty()) check["Timeout"] = timeout;
  if (const auto status = word(words, "initial_status"); !status.empty()) check["Status"] = status;
  return check;
}

std::string deregister_after(const check_words& words, const desired_rules& by) {
  const auto own = word(words, "deregister_after");
  return own.empty() ? by.deregister : own;
}

// What Consul takes as metadata: structs/structs.go has these limits in every version so far.
std::optional<std::string> fault_of_meta(const std::string& key, const std::string& value) {
  constexpr std::size_t longest_key = 128;
  constexpr std::size_t longest_value = 512;
  const bool sound = !key.empty() && std::ranges::all_of(key, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
  if (!sound) return "has a character that is no letter, digit, '-' or '_'";
  if (key.size() > longest_key) return "is longer than 128 characters";
  if (key.starts_with("consul-") || key.starts_with("drcon-")) return "begins as what is reserved";
  if (value.size() > longest_value) return "has a value of more than 512 bytes";
  return {};
}

json meta_of(const endpoint& origin, std::vector<std::string>& left_out) {
  constexpr std::size_t most = 61;  // of 64; three are ours
  json result = json::object();
  for (const auto& [key, value] : origin.meta) {
    auto fault = fault_of_meta(key, value);
    if (!fault && result.size() == most) fault = "is one too many: Consul takes 64";
    if (fault) left_out.push_back("its metadata '" + key + "', which " + *fault);
    else result[key] = value;
  }
  return result;
}

void read_status(const endpoint& origin, registration& result) {
  switch (origin.health) {
    case health::passing: result.status = "passing"; break;
    case health::warning: result.status = "warning"; break;
    default: result.status = "critical"; break;
  }
  result.note = "drcon: " + std::string(to_string(origin.health));
  if (origin.weight == 0) {
    result.status = "critical";  // Consul takes no weight of 0
    result.note = "drcon: weight 0, no new traffic";
  }
}

// The id goes into paths, where Consul takes nothing unprintable, nor a part that is empty, "." or "..": it could be
// registered, but never removed. A service with such a name could be asked for by nobody.
bool is_printable(const std::string& text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

std::optional<std::string> fault_of(const endpoint& origin, const std::string& service) {
  constexpr std::size_t longest = 512;
  if (service.empty() || origin.id.empty()) return "it has no name or no id";
  if (service.size() > longest || origin.id.size() > longest) return "its name or id has more than 512 bytes";
  if (!is_printable(service) || !is_printable(origin.id))
    return "its service's name, or its id, has characters that are not printable ASCII";
  if (!common::consul::fits_path(service) || !common::consul::fits_path(origin.id))
    return "its service's name, or its id, has a part between slashes that is empty, '.' or '..'; Consul could not be "
           "asked for it, nor to remove it";
  if (origin.port < 1 || origin.port > 65535) return "its port is not between 1 and 65535";
  return {};
}

// The time after which the check named drcon runs out; 0: it does not.
std::chrono::nanoseconds ttl_of(const std::string& text, std::vector<std::string>& left_out) {
  if (text.empty()) return {};
  const auto ttl = go_duration(text);
  if (ttl && *ttl >= least_ttl) return *ttl;
  left_out.push_back("its check's ttl '" + text + "', which is " +
                     (ttl ? "shorter than 1s: drcon would do nothing but renew it" : "no duration"));
  return {};
}

registration registration_of(const endpoint& origin, const std::string& service, const std::string& id,
                             const desired_rules& by) {
  registration result{
      .id = id, .service = service, .endpoint = origin.id, .body = {}, .digest = {}, .status = {}, .note = {}};
  read_status(origin, result);
  const auto words = words_of(origin, by);
  const auto ttl = word(words, "ttl");
  result.ttl = ttl_of(ttl, result.left_out);
  const auto deregister = deregister_after(words, by);

  json own = {{"CheckID", own_check(id)},
              {"Name", "drcon"},
              {"Notes", "Kept by drcon: the endpoint's health as its source reports it."},
              {"TTL", result.ttl.count() > 0 ? ttl : for_ever},
              {"Status", result.status}};
  json checks = json::array();
  if (auto check = check_of(words, id, origin, by, result.left_out)) checks.push_back(std::move(*check));
  // A check that never runs out is critical only when drcon says so; that is no sign that the service is gone.
  if (!deregister.empty() && result.ttl.count() > 0) own["DeregisterCriticalServiceAfter"] = deregister;
  if (!deregister.empty() && !checks.empty()) checks.back()["DeregisterCriticalServiceAfter"] = deregister;
  checks.push_back(own);

  auto meta = meta_of(origin, result.left_out);
  meta[owner_key] = by.owner;
  if (!by.origin.empty()) meta[origin_key] = by.origin;
  json body = {{"ID", id},
               {"Name", service},
               {"Tags", origin.tags},
               {"Address", origin.address},
               {"Port", origin.port},
               {"Weights", {{"Passing", std::max(origin.weight, 1U)}, {"Warning", 1}}},
               {"Checks", checks},
               {"Meta", meta}};
  // The status has an update of its own, without a registration: it is no part of the digest.
  auto lasting = body;
  lasting["Checks"].back().erase("Status");
  result.digest = common::digest(lasting.dump(-1, ' ', false, json::error_handler_t::replace));
  body["Meta"][digest_key] = result.digest;
  result.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
  return result;
}

}  // namespace

std::string own_check(const std::string& id) { return "drcon:" + id; }

registrations desired_from(const snapshot_view& snapshot, const desired_rules& by) {
  std::map<std::string, int> uses;
  for (const auto service : snapshot.services())
    for (const auto each : service.endpoints()) ++uses[std::string(each.id())];
  registrations result;
  // Ids that endpoints have themselves go first: one that is put together must not take the place of such a one.
  for (const bool is_shared : {false, true}) {
    for (const auto service : snapshot.services()) {
      const std::string name(service.name());
      for (const auto view : service.endpoints()) {
        if ((uses.at(std::string(view.id())) > 1) != is_shared) continue;
        const auto each = view.copy();
        if (const auto fault = fault_of(each, name)) {
          result.refused.push_back(
              {.service = name, .endpoint = each.id, .why = *fault, .in_service = common::in_service(each)});
          continue;
        }
        const auto id = is_shared ? name + ":" + each.id : each.id;
        const auto other = result.all.find(id);
        if (other == result.all.end()) result.all.emplace(id, registration_of(each, name, id, by));
        else
          result.refused.push_back({.service = name,
                                    .endpoint = each.id,
                                    .why = "its registration would have the id '" + id +
                                           "', which belongs to endpoint '" + other->second.endpoint +
                                           "' of service '" + other->second.service + "'",
                                    .in_service = common::in_service(each)});
      }
    }
  }
  return result;
}

}  // namespace drcon::consul_catalog
