#include "services.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <utility>

namespace etcd {
namespace {

using nlohmann::json;

// In ASCII, whatever it holds, and short.
std::string quoted(const std::string& text) {
  constexpr std::size_t longest = 200;
  return json(text.substr(0, longest)).dump(-1, ' ', true, json::error_handler_t::replace) +
         (text.size() > longest ? "…" : "");
}

[[noreturn]] void expected(const std::string& name, const std::string& what) {
  throw std::runtime_error("'" + name + "' is not " + what);
}

std::string read_text(const json& from, const std::string& name) {
  const auto at = from.find(name);
  if (at == from.end()) return {};
  if (!at->is_string()) expected(name, "a string");
  return at->get<std::string>();
}

std::uint32_t read_number(const json& from, const std::string& name, std::uint32_t least, std::uint32_t otherwise) {
  constexpr std::uint32_t most = 65535;
  const auto at = from.find(name);
  if (at == from.end()) return otherwise;
  const auto fits = at->is_number_integer() && *at >= least && *at <= most;
  if (!fits) expected(name, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return at->get<std::uint32_t>();
}

drcon::health read_health(const json& from) {
  const auto word = from.contains("health") ? read_text(from, "health") : "passing";
  using enum drcon::health;
  for (const auto each : {passing, warning, critical, maintenance})
    if (to_string(each) == word) return each;
  expected("health", "passing, warning, critical or maintenance");
}

std::vector<std::string> read_tags(const json& from) {
  const auto at = from.find("tags");
  if (at == from.end()) return {};
  const auto is_text = [](const json& each) { return each.is_string(); };
  if (!at->is_array() || !std::ranges::all_of(*at, is_text)) expected("tags", "a list of strings");
  return at->get<std::vector<std::string>>();
}

std::map<std::string, std::string> read_meta(const json& from, const std::string& name) {
  const auto at = from.find(name);
  if (at == from.end() || at->is_null()) return {};
  if (!at->is_object()) expected(name, "an object");
  std::map<std::string, std::string> to;
  for (const auto& [key, value] : at->items()) {
    if (!value.is_string()) expected(name, "an object of strings");
    to.emplace(key, value.get<std::string>());
  }
  return to;
}

// As etcd's own clients for Go write it (client/v3/naming): {"Addr": "10.0.0.1:80", "Metadata": …}.
drcon::endpoint read_grpc_endpoint(const std::string& id, const json& from) {
  const auto text = read_text(from, "Addr");
  const auto colon = text.rfind(':');
  std::uint32_t port = 0;
  const auto* const end = text.data() + text.size();
  const auto read = colon == std::string::npos ? std::from_chars_result{end, std::errc::invalid_argument}
                                               : std::from_chars(text.data() + colon + 1, end, port);
  if (read.ec != std::errc() || read.ptr != end || port == 0 || port > 65535) expected("Addr", "HOST:PORT");
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const auto meta = from.find("Metadata");  // anything; an object of strings is metadata for drcon too
  const bool is_object = meta != from.end() && meta->is_object();
  return {.id = id,
          .node = {},
          .address = host,
          .port = port,
          .tags = {},
          .meta = is_object ? read_meta(from, "Metadata") : std::map<std::string, std::string>()};
}

}  // namespace

drcon::endpoint read_endpoint(const std::string& id, const std::string& value) {
  const auto from = json::parse(value, nullptr, false);
  if (!from.is_object()) throw std::runtime_error("the value is no JSON object");
  if (from.contains("Addr")) return read_grpc_endpoint(id, from);
  if (!from.contains("address")) throw std::runtime_error("'address' is missing");
  if (!from.contains("port")) throw std::runtime_error("'port' is missing");
  return {.id = id,
          .node = read_text(from, "node"),
          .address = read_text(from, "address"),
          .port = read_number(from, "port", 1, 0),
          .weight = read_number(from, "weight", 0, 1),
          .priority = read_number(from, "priority", 0, 0),
          .health = read_health(from),
          .tags = read_tags(from),
          .meta = read_meta(from, "meta")};
}

services::services(std::string prefix, const std::vector<std::string>& named)
    : prefix_(std::move(prefix)), names_(named.begin(), named.end()), changed_(names_) {}

// Empty when the key is none of ours.
std::string services::service_of(const std::string& key) const {
  const auto slash = key.find('/', prefix_.size());
  if (!key.starts_with(prefix_) || slash == std::string::npos || slash + 1 == key.size()) return {};
  return key.substr(prefix_.size(), slash - prefix_.size());
}

void services::replace(const std::vector<key_value>& all) {
  std::set<std::string> there;
  for (const auto& each : all) there.insert(each.key);
  std::vector<std::string> gone;
  for (const auto& [key, entry] : entries_)
    if (!there.contains(key)) gone.push_back(key);
  for (const auto& each : gone) erase(each);
  for (const auto& each : all) take(each);
  changed_.insert(names_.begin(), names_.end());
}

void services::take(const key_value& change) {
  if (change.deleted) return erase(change.key);
  const auto name = service_of(change.key);
  entry to{.revision = change.revision, .endpoint = {}, .why = {}};
  if (name.empty()) {
    to.why = "the key is not PREFIX, service, /, id";
  } else {
    names_.insert(name);
    changed_.insert(name);
    try {
      to.endpoint = read_endpoint(change.key.substr(prefix_.size() + name.size() + 1), change.value);
    } catch (const std::exception& error) {
      to.why = error.what();
    }
  }
  auto& old = entries_[change.key];
  left_out_ += to.why.empty() ? 0U : 1U;
  left_out_ -= old.why.empty() ? 0U : 1U;
  if (!to.why.empty() && (to.why != old.why || to.revision != old.revision))
    news_.push_back({quoted(change.key), to.why});
  old = std::move(to);
}

void services::erase(const std::string& key) {
  if (const auto at = entries_.find(key); at != entries_.end()) {
    left_out_ -= at->second.why.empty() ? 0U : 1U;
    entries_.erase(at);
  }
  if (const auto name = service_of(key); !name.empty()) changed_.insert(name);
}

std::set<std::string> services::changed() { return std::exchange(changed_, {}); }

drcon::service services::find(const std::string& name, std::int64_t revision) const {
  drcon::service to{.name = name, .revision = static_cast<std::uint64_t>(revision), .endpoints = {}, .values = {}};
  const auto first = prefix_ + name + "/";
  for (auto at = entries_.lower_bound(first); at != entries_.end() && at->first.starts_with(first); ++at)
    if (at->second.why.empty()) to.endpoints.push_back(at->second.endpoint);
  return to;
}

std::vector<services::left_out> services::newly_left_out() { return std::exchange(news_, {}); }

std::int64_t services::newest_revision() const {
  std::int64_t newest = 0;
  for (const auto& [key, entry] : entries_) newest = std::max(newest, entry.revision);
  return newest;
}

}  // namespace etcd
