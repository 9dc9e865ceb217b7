// Consul Template's functions that need a system which drcon does not watch.
#include "common/templating/fault.hpp"
#include "template/registry.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace drcon::templates {
namespace {

using templating::function;
using templating::value;

constexpr std::string_view vault =
    "drcon does not read Vault. Have the secret put into a file by Vault's agent and use `file`, or into the "
    "environment "
    "of drcon and use `env`";
constexpr std::string_view nomad =
    "drcon does not ask Nomad. Let Nomad register in Consul, which is its default, and use `service`; variables have "
    "to "
    "be keys of Consul, for `key`";
constexpr std::string_view mesh =
    "drcon does not follow Consul's service mesh: a sidecar proxy does that. `service` has the services themselves";
constexpr std::string_view enterprise =
    "drcon has no list of these. Name the services of each in an entry of a source, with `as`, and use `service`";

struct refused {
  std::string_view name;
  std::string_view instead;
};
constexpr refused all_refused[] = {
    {"caLeaf", mesh},        {"caRoots", mesh},           {"connect", mesh},          {"exportedServices", enterprise},
    {"nomadService", nomad}, {"nomadServices", nomad},    {"nomadVar", nomad},        {"nomadVarExists", nomad},
    {"nomadVarList", nomad}, {"nomadVarListSafe", nomad}, {"partitions", enterprise}, {"peerings", enterprise},
    {"pkiCert", vault},      {"secret", vault},           {"secrets", vault},
};

value call_none(templating::invocation&, std::span<const value>) {
  throw templating::failure("this function needs a system that drcon does not watch");
}

constexpr templating::parameter anything[] = {templating::takes::any};

}  // namespace

std::span<const function> refused_functions() {
  static const auto all = [] {
    std::array<function, std::size(all_refused)> result{};
    for (std::size_t i = 0; i < result.size(); ++i)
      result[i] = {.name = all_refused[i].name,
                   .parameters = anything,
                   .is_variadic = true,
                   .call = call_none,
                   .arguments = "",
                   .meaning = all_refused[i].instead};
    return result;
  }();
  return all;
}

std::string_view refusal_of(std::string_view function) {
  const auto* found = std::ranges::find(all_refused, function, &refused::name);
  return found == std::end(all_refused) ? std::string_view() : found->instead;
}

}  // namespace drcon::templates
