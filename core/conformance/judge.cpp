#include "conformance/judge.hpp"

#include "plugins/validation.hpp"

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

std::optional<std::string> fault_of_endpoint(const drcon_endpoint& endpoint, std::size_t stride,
                                             const std::string& which) {
  if (endpoint.size < sizeof(drcon_endpoint) || endpoint.size > stride)
    return which + " has size " + number(endpoint.size) + "; expected sizeof(drcon_endpoint), " +
           number(sizeof(drcon_endpoint));
  if (endpoint.reserved != 0) return which + " has a reserved member that is not 0";
  if (is_broken(endpoint.id) || is_broken(endpoint.node) || is_broken(endpoint.address))
    return which + " has a string with a length and no data";
  if (endpoint.tag_count > 0 && endpoint.tags == nullptr) return which + " has tags at a NULL pointer";
  for (std::size_t i = 0; i < endpoint.tag_count; ++i)
    if (is_broken(endpoint.tags[i])) return which + " has a tag with a length and no data";
  return fault_of_pairs(endpoint.meta, endpoint.meta_count, "the meta of " + which);
}

template <class Pairs>
void find_twins(const Pairs& all, const std::string& whose, std::vector<std::string>& faults) {
  std::set<std::string_view> keys;
  for (const auto& [key, value] : all)
    if (!keys.insert(key).second) faults.push_back(whose + " have the key '" + plugins::printable(key) + "' twice");
}

}  // namespace

std::optional<std::string> fault_of_layout(const drcon_service& service) {
  if (service.size < sizeof(drcon_service))
    return "a service has size " + number(service.size) + "; expected sizeof(drcon_service), " +
           number(sizeof(drcon_service));
  if (is_broken(service.name)) return std::string("a service name has a length and no data");
  const auto name = "service '" + plugins::printable(view(service.name)) + "'";
  if (service.endpoint_count > 0 && service.endpoints == nullptr) return name + " has endpoints at a NULL pointer";
  if (service.endpoint_count > 0 &&
      (service.endpoint_size < sizeof(drcon_endpoint) || service.endpoint_size % alignof(drcon_endpoint) != 0))
    return name + " has endpoint_size " + number(service.endpoint_size) +
           ", the stride of its endpoints; expected sizeof(drcon_endpoint), " + number(sizeof(drcon_endpoint));
  const auto* bytes = reinterpret_cast<const std::byte*>(service.endpoints);
  for (std::size_t i = 0; i < service.endpoint_count; ++i, bytes += service.endpoint_size) {
    const auto& each = *reinterpret_cast<const drcon_endpoint*>(bytes);
    if (auto fault = fault_of_endpoint(each, service.endpoint_size, "endpoint " + number(i) + " of " + name))
      return fault;
  }
  return fault_of_pairs(service.values, service.value_count, "the values of " + name);
}

std::vector<std::string> faults_of_content(const drcon_service& service) {
  std::vector<plugins::refusal> refused;
  plugins::accept(service, refused);
  std::vector<std::string> faults;
  for (const auto& each : refused)
    faults.push_back("the host leaves out " + (each.endpoint.empty() ? "" : "endpoint '" + each.endpoint + "' of ") +
                     "service '" + each.service + "': " + each.why);
  const service_view read{&service};
  const auto name = plugins::printable(read.name());
  find_twins(read.values(), "the values of service '" + name + "'", faults);
  for (const auto each : read.endpoints())
    find_twins(each.meta(), "the meta of endpoint '" + plugins::printable(each.id()) + "' of service '" + name + "'",
               faults);
  return faults;
}

}  // namespace drcon::conformance
