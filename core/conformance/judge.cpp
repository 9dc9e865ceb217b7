#include "conformance/judge.hpp"

#include "plugins/boundary.hpp"

#include <drcon/update.hpp>

#include <set>

namespace drcon::conformance {
namespace {

bool is_broken(drcon_string text) { return text.data == nullptr && text.size > 0; }

std::string number(std::size_t value) { return std::to_string(value); }

std::optional<std::string> fault_of_pairs(const drcon_pair* all, std::size_t count, const std::string& whose) {
  if (count > 0 && all == nullptr) return whose + " are " + number(count) + " at a NULL pointer";
  for (std::size_t i = 0; i < count; ++i)
    if (is_broken(all[i].key) || is_broken(all[i].value)) return whose + " hold a string with a length and no data";
  return {};
}

std::optional<std::string> fault_of_endpoint(const drcon_endpoint& from, std::size_t stride, const std::string& which) {
  if (from.size < sizeof(drcon_endpoint) || from.size > stride)
    return which + " has size " + number(from.size) + "; expected sizeof(drcon_endpoint), " +
           number(sizeof(drcon_endpoint));
  if (from.reserved != 0) return which + " has a reserved member that is not 0";
  if (is_broken(from.id) || is_broken(from.node) || is_broken(from.address))
    return which + " has a string with a length and no data";
  if (from.tag_count > 0 && from.tags == nullptr) return which + " has tags at a NULL pointer";
  for (std::size_t i = 0; i < from.tag_count; ++i)
    if (is_broken(from.tags[i])) return which + " has a tag with a length and no data";
  return fault_of_pairs(from.meta, from.meta_count, "the meta of " + which);
}

template <class Pairs>
void find_twins(const Pairs& all, const std::string& whose, std::vector<std::string>& faults) {
  std::set<std::string_view> keys;
  for (const auto& [key, value] : all)
    if (!keys.insert(key).second) faults.push_back(whose + " have the key '" + plugins::printable(key) + "' twice");
}

}  // namespace

std::optional<std::string> fault_of_layout(const drcon_service& from) {
  if (from.size < sizeof(drcon_service))
    return "a service has size " + number(from.size) + "; expected sizeof(drcon_service), " +
           number(sizeof(drcon_service));
  if (is_broken(from.name)) return std::string("a service name has a length and no data");
  const auto name = "service '" + plugins::printable(view(from.name)) + "'";
  if (from.endpoint_count > 0 && from.endpoints == nullptr) return name + " has endpoints at a NULL pointer";
  if (from.endpoint_count > 0 &&
      (from.endpoint_size < sizeof(drcon_endpoint) || from.endpoint_size % alignof(drcon_endpoint) != 0))
    return name + " has endpoint_size " + number(from.endpoint_size) +
           ", the stride of its endpoints; expected sizeof(drcon_endpoint), " + number(sizeof(drcon_endpoint));
  const auto* at = reinterpret_cast<const std::byte*>(from.endpoints);
  for (std::size_t i = 0; i < from.endpoint_count; ++i, at += from.endpoint_size) {
    const auto& each = *reinterpret_cast<const drcon_endpoint*>(at);
    if (auto fault = fault_of_endpoint(each, from.endpoint_size, "endpoint " + number(i) + " of " + name)) return fault;
  }
  return fault_of_pairs(from.values, from.value_count, "the values of " + name);
}

std::vector<std::string> faults_of_content(const drcon_service& from) {
  std::vector<plugins::refusal> refused;
  plugins::accept(from, refused);
  std::vector<std::string> faults;
  for (const auto& [service, endpoint, why] : refused)
    faults.push_back("the host leaves out " + (endpoint.empty() ? "" : "endpoint '" + endpoint + "' of ") +
                     "service '" + service + "': " + why);
  const service_view read{&from};
  const auto name = plugins::printable(read.name());
  find_twins(read.values(), "the values of service '" + name + "'", faults);
  for (const auto each : read.endpoints())
    find_twins(each.meta(), "the meta of endpoint '" + plugins::printable(each.id()) + "' of service '" + name + "'",
               faults);
  return faults;
}

}  // namespace drcon::conformance
