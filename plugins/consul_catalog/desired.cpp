#include "consul_catalog/desired.hpp"

#include "common/address.hpp"
#include "common/digest.hpp"
#include "consul_catalog/go_duration.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <set>

namespace drcon::consul_catalog {
namespace {

using nlohmann::json;

constexpr auto for_ever = "87600h";  // ten years: Consul has no check that somebody else sets and that does not run out

std::string word(const check_words& from, const std::string& key) {
  const auto at = from.find(key);
  return at == from.end() ? std::string() : at->second;
}

bool is_yes(const std::string& text) { return !text.empty() && text != "false" && text != "0" && text != "no"; }

// The endpoint's own words where it names a kind of check, else the sink's.
check_words words_of(const endpoint& from, const desired_rules& by) {
  static const std::set<std::string> kinds{"http", "https", "tcp", "grpc", "script", "cmd", "ttl"};
  constexpr std::string_view mark = "check_";
  check_words own;
  bool names_one = false;
  for (const auto& [key, value] : from.meta) {
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
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

// The check that Consul's agent runs; nothing when none is asked for. As Registrator has it, the first kind counts.
std::optional<json> check_of(const check_words& words, const std::string& id, const endpoint& from,
                             const desired_rules& by, std::vector<std::string>& left_out) {
  const auto place = common::with_port(from.address, from.port);
  json check = {{"CheckID", "service:" + id}, {"Name", "Service '" + id + "' check"}};
  const auto http = word(words, "http");
  const auto https = word(words, "https");
  if (!http.empty() || !https.empty()) {
    check["HTTP"] = (http.empty() ? "https://" : "http://") + place + path_of(http.empty() ? https : http);
    const auto method = word(words, http.empty() ? "https_method" : "http_method");
    if (!method.empty()) check["Method"] = method;
  } else if (by.scripts && !word(words, "cmd").empty()) {
    check["Args"] = {"check-cmd", from.id, std::to_string(from.port), word(words, "cmd")};
  } else if (by.scripts && !word(words, "script").empty()) {
    auto script = replaced(word(words, "script"), "$SERVICE_IP", from.address);
    check["Args"] = {"/bin/sh", "-c", replaced(std::move(script), "$SERVICE_PORT", std::to_string(from.port))};
  } else if (is_yes(word(words, "tcp"))) {
    check["TCP"] = place;
  } else if (!word(words, "grpc").empty()) {
    const auto service = word(words, "grpc");
    check["GRPC"] = service == "true" || service == "1" ? place : place + "/" + service;
    check["GRPCUseTLS"] = is_yes(word(words, "grpc_use_tls"));
  } else {
    if (!by.scripts && (!word(words, "script").empty() || !word(words, "cmd").empty()))
      left_out.emplace_back(
          "its script check: scripts = true would pass it on, and so let whoever labels a container "
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

json meta_of(const endpoint& from, std::vector<std::string>& left_out) {
  constexpr std::size_t most = 62;  // of 64; two are ours
  json to = json::object();
  for (const auto& [key, value] : from.meta) {
    auto fault = fault_of_meta(key, value);
    if (!fault && to.size() == most) fault = "is one too many: Consul takes 64";
    if (fault) left_out.push_back("its metadata '" + key + "', which " + *fault);
    else to[key] = value;
  }
  return to;
}

void read_status(const endpoint& from, registration& to) {
  switch (from.health) {
    case health::passing: to.status = "passing"; break;
    case health::warning: to.status = "warning"; break;
    default: to.status = "critical"; break;
  }
  to.note = "drcon: " + std::string(to_string(from.health));
  if (from.weight == 0) {
    to.status = "critical";  // Consul takes no weight of 0
    to.note = "drcon: weight 0, no new traffic";
  }
}

// Its id goes into paths, where Consul takes nothing unprintable: it could be registered, and never removed.
bool is_printable(const std::string& text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

std::optional<std::string> fault_of(const endpoint& from, const std::string& service) {
  constexpr std::size_t longest = 512;
  if (service.empty() || from.id.empty()) return "it has no name or no id";
  if (service.size() > longest || from.id.size() > longest) return "its name or id has more than 512 bytes";
  if (!is_printable(service) || !is_printable(from.id))
    return "its service's name, or its id, has characters that are not printable ASCII";
  if (from.port < 1 || from.port > 65535) return "its port is not between 1 and 65535";
  return {};
}

registration registration_of(const endpoint& from, const std::string& service, const std::string& id,
                             const desired_rules& by) {
  registration to{
      .id = id, .service = service, .endpoint = from.id, .body = {}, .digest = {}, .status = {}, .note = {}};
  read_status(from, to);
  const auto words = words_of(from, by);
  const auto ttl = word(words, "ttl");
  to.ttl = go_duration(ttl).value_or(std::chrono::nanoseconds::zero());
  if (to.ttl.count() == 0 && !ttl.empty()) to.left_out.push_back("its check's ttl '" + ttl + "', which is no duration");
  const auto deregister = deregister_after(words, by);

  json own = {{"CheckID", own_check(id)},
              {"Name", "drcon"},
              {"Notes", "Kept by drcon: the endpoint's health as its source tells it."},
              {"TTL", to.ttl.count() > 0 ? ttl : for_ever},
              {"Status", to.status}};
  json checks = json::array();
  if (auto check = check_of(words, id, from, by, to.left_out)) checks.push_back(std::move(*check));
  // One that never runs out is critical only when drcon says so: nobody is gone then.
  if (!deregister.empty() && to.ttl.count() > 0) own["DeregisterCriticalServiceAfter"] = deregister;
  if (!deregister.empty() && !checks.empty()) checks.back()["DeregisterCriticalServiceAfter"] = deregister;
  checks.push_back(own);

  auto meta = meta_of(from, to.left_out);
  meta[owner_key] = by.owner;
  json body = {{"ID", id},          {"Name", service},
               {"Tags", from.tags}, {"Address", from.address},
               {"Port", from.port}, {"Weights", {{"Passing", std::max(from.weight, 1U)}, {"Warning", 1}}},
               {"Checks", checks},  {"Meta", meta}};
  // The status changes by itself, without a registration.
  auto lasting = body;
  lasting["Checks"].back().erase("Status");
  to.digest = common::digest(lasting.dump(-1, ' ', false, json::error_handler_t::replace));
  body["Meta"][digest_key] = to.digest;
  to.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
  return to;
}

}  // namespace

std::string own_check(const std::string& id) { return "drcon:" + id; }

registrations desired_from(const snapshot_view& desired, const desired_rules& by) {
  std::map<std::string, int> uses;
  for (const auto service : desired.services())
    for (const auto each : service.endpoints()) ++uses[std::string(each.id())];
  registrations to;
  for (const auto service : desired.services()) {
    const std::string name(service.name());
    for (const auto view : service.endpoints()) {
      const auto each = view.copy();
      if (const auto fault = fault_of(each, name)) {
        to.refused.emplace_back(std::pair(name, each.id), *fault);
        continue;
      }
      const auto id = uses.at(each.id) > 1 ? name + ":" + each.id : each.id;
      to.all.emplace(id, registration_of(each, name, id, by));
    }
  }
  return to;
}

}  // namespace drcon::consul_catalog
