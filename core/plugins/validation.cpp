#include "plugins/validation.hpp"

#include "config/invisible.hpp"
#include "model/snapshot.hpp"

#include <drcon/update.hpp>

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <optional>
#include <set>

namespace drcon::plugins {
namespace {

constexpr std::size_t longest_name = 255;                       // of a service, as DNS and Consul have it
constexpr std::size_t longest_value = std::size_t{512} * 1024;  // of a setting, as Consul's store has it
constexpr std::size_t longest_label = 4096;  // a tag, a key or a value: proxies' routing rules in tags reach 2 kB

// RFC 1123, with underscores, which real host names have.
bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  std::size_t label = 0;
  char before = '.';
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (c == '.') {
      if (before == '.' || before == '-') return false;
      label = 0;
    } else if (const bool may_stand = letter || (c == '-' && before != '.'); !may_stand || ++label > 63) {
      return false;
    }
    before = c;
  }
  return before != '-';
}

bool is_address(std::string_view text) {
  boost::system::error_code error;
  boost::asio::ip::make_address(text, error);
  // The zone of an IPv6 address, as in fe80::1%eth0, means something on one machine only.
  if (!error) return text.find('%') == std::string_view::npos;
  // "1.2.3" and "300.1.1.1" would pass as host names, but some resolvers read them as other addresses.
  return is_host_name(text) && text.find_first_not_of("0123456789.") != std::string_view::npos;
}

std::optional<std::string> fault_of_label(std::string_view what, std::string_view text) {
  if (text.size() > longest_label)
    return "its " + std::string(what) + " has " + std::to_string(text.size()) + " bytes; " +
           std::to_string(longest_label) + " are allowed";
  if (!is_plain_text(text))
    return "its " + std::string(what) + " '" + printable(text, 60) + "' holds a control character or is not UTF-8";
  return {};
}

// What things are known by: two that look the same would be taken for one, by people and in the names of files.
std::optional<std::string> fault_of_identifier(std::string_view what, std::string_view text) {
  if (auto fault = fault_of_label(what, text)) return fault;
  if (config::has_invisible(text))
    return "its " + std::string(what) + " '" + printable(text, 60) + "' holds a character that is not seen";
  return {};
}

std::optional<std::string> fault_of(const endpoint_view& each) {
  if (each.id().empty()) return "it has no id";
  if (auto fault = fault_of_identifier("id", each.id())) return fault;
  if (auto fault = fault_of_identifier("node", each.node())) return fault;
  if (!is_address(each.address()))
    return "its address '" + printable(each.address(), 60) + "' is no IPv4 address, IPv6 address or host name";
  if (each.port() < 1 || each.port() > 65535)
    return "its port " + std::to_string(each.port()) + " is not between 1 and 65535";
  for (const auto& tag : each.tags())
    if (auto fault = fault_of_label("tag", tag)) return fault;
  for (const auto& [key, value] : each.meta()) {
    if (auto fault = fault_of_label("meta key", key)) return fault;
    if (auto fault = fault_of_label("meta value", value)) return fault;
  }
  return {};
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto length = config::sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

// A value may have several lines. The sink that writes it into a file escapes it for the language of that file.
std::optional<std::string> fault_of_value(std::string_view key, std::string_view value) {
  if (key.empty()) return "a value without a key";
  if (auto fault = fault_of_identifier("key", key)) return fault;
  if (value.size() > longest_value)
    return "its value has " + std::to_string(value.size()) + " bytes; 512 KiB are allowed";
  if (!is_utf8(value) || value.find('\0') != std::string_view::npos) return "its value is not text in UTF-8";
  return {};
}

std::optional<std::string> fault_of_name(std::string_view name) {
  if (name.empty()) return "a service that has no name";
  if (name.size() > longest_name)
    return "a service name of " + std::to_string(name.size()) + " bytes; " + std::to_string(longest_name) +
           " are allowed";
  if (!is_plain_text(name)) return "a service name that holds a control character or is not UTF-8";
  if (config::has_invisible(name)) return "a service name that holds a character that is not seen";
  return {};
}

}  // namespace

bool is_plain_text(std::string_view text) {
  while (!text.empty()) {
    const auto length = config::sequence_length(text);
    if (length == 0 || config::is_control(text.substr(0, length))) return false;
    text.remove_prefix(length);
  }
  return true;
}

namespace {

// The sizes of ABI 1.0: a plugin that was built with any minor fills at least these.
constexpr std::size_t least_service = offsetof(drcon_service, value_count) + sizeof(std::size_t);
constexpr std::size_t least_endpoint = offsetof(drcon_endpoint, meta_count) + sizeof(std::size_t);

bool is_there(drcon_string text) { return text.size == 0 || text.data != nullptr; }
bool is_there(const drcon_pair& pair) { return is_there(pair.key) && is_there(pair.value); }

template <class Element>
bool is_there(const Element* first, std::size_t count) {
  if (count > 0 && first == nullptr) return false;
  return std::all_of(first, first + count, [](const Element& each) { return is_there(each); });
}

bool is_there(const drcon_endpoint& each) {
  return is_there(each.id) && is_there(each.node) && is_there(each.address) && is_there(each.tags, each.tag_count) &&
         is_there(each.meta, each.meta_count);
}

}  // namespace

std::optional<std::string> fault_of_layout(const drcon_service& service) {
  if (service.size < least_service)
    return "a drcon_service whose size is " + std::to_string(service.size) + ", not " + std::to_string(least_service);
  if (!is_there(service.name)) return "a drcon_service whose name is NULL";
  if (!is_there(service.values, service.value_count)) return "a drcon_service whose values are NULL";
  if (service.endpoint_count == 0) return {};
  if (service.endpoints == nullptr) return "a drcon_service whose endpoints are NULL";
  if (service.endpoint_size < least_endpoint || service.endpoint_size % alignof(drcon_endpoint) != 0)
    return "a drcon_service whose endpoint_size is " + std::to_string(service.endpoint_size) + ", not " +
           std::to_string(least_endpoint);
  const auto* each = reinterpret_cast<const std::byte*>(service.endpoints);
  for (std::size_t i = 0; i < service.endpoint_count; ++i, each += service.endpoint_size)
    if (!is_there(*reinterpret_cast<const drcon_endpoint*>(each))) return "a drcon_endpoint with a NULL text or array";
  return {};
}

model::service_ptr accept(const drcon_service& published, std::vector<refusal>& refused) {
  const service_view service{&published};
  if (const auto fault = fault_of_name(service.name())) {
    refused.push_back({printable(service.name()), {}, *fault});
    return nullptr;
  }
  drcon::service kept{
      .name = std::string(service.name()), .revision = service.revision(), .endpoints = {}, .values = {}};
  std::set<std::string_view> ids;
  for (const auto each : service.endpoints()) {
    auto fault = fault_of(each);
    if (!fault && !ids.insert(each.id()).second) fault = "another endpoint has the same id";
    if (fault) {
      refused.push_back({kept.name, printable(each.id()), *fault});
      continue;
    }
    kept.endpoints.push_back(each.copy());
    // A health that this host does not know, from a newer plugin, must not attract traffic.
    if (kept.endpoints.back().health > health::maintenance) kept.endpoints.back().health = health::critical;
  }
  for (const auto& [key, value] : service.values()) {
    if (const auto fault = fault_of_value(key, value)) refused.push_back({kept.name, printable(key), *fault});
    else kept.values.emplace(key, value);
  }
  return std::make_shared<const model::shared_service>(std::move(kept));
}

}  // namespace drcon::plugins
