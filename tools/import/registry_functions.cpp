#include "import/registry_functions.hpp"

#include "common/templating/functions/functions.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace drcon::importing {
namespace {

constexpr std::array key_functions{"key", "keyExists", "keyExistsGet", "keyOrDefault",
                                   "ls",  "safeLs",    "tree",         "safeTree"};

struct other_function {
  std::string_view name;
  std::string_view why_not;  // empty: the template sink has it
};

constexpr std::string_view vault = "drcon does not watch Vault: have Vault's own agent write the secret to a file";
constexpr std::string_view nomad =
    "drcon does not watch Nomad: have Nomad register the service in Consul (provider = \"consul\"), and ask for that";
constexpr std::string_view mesh =
    "drcon does not take part in Consul's service mesh: keep Consul Template for this file";
constexpr std::string_view catalogue =
    "no source of drcon publishes this: name what the template needs in the configuration, and write it into the "
    "template";

constexpr other_function others[] = {
    {"service", {}},
    {"services", {}},
    {"file", {}},
    {"secret", vault},
    {"secrets", vault},
    {"pkiCert", vault},
    {"nomadService", nomad},
    {"nomadServices", nomad},
    {"nomadVar", nomad},
    {"nomadVarExists", nomad},
    {"nomadVarList", nomad},
    {"nomadVarListSafe", nomad},
    {"connect", mesh},
    {"caLeaf", mesh},
    {"caRoots", mesh},
    {"peerings", mesh},
    {"partitions", catalogue},
    {"exportedServices", catalogue},
    {"node", {}},
    {"nodes", {}},
    {"datacenters", {}},
};

constexpr std::string_view not_there = "drcon's templates do not have this function";

bool is_of_a_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

}  // namespace

bool asks_for_keys(std::string_view function) {
  return std::ranges::find(key_functions, function) != key_functions.end();
}

std::string_view why_not(std::string_view function) {
  static const auto engine = templating::every_function();
  if (engine.find(function) != nullptr || asks_for_keys(function)) return {};
  const auto* found = std::ranges::find(others, function, &other_function::name);
  if (found == std::ranges::end(others)) return not_there;
  return found->why_not;
}

functions_of_text::functions_of_text(std::string_view text) : table_(templating::every_function()) {
  for (const auto* each : key_functions) add(each);
  for (const auto& each : others) add(each.name);
  for (const std::string_view family : {"sprig_", "spew_"})
    for (auto found = text.find(family); found != std::string_view::npos; found = text.find(family, found + 1)) {
      auto end = found;
      while (end < text.size() && is_of_a_word(text[end])) ++end;
      add(text.substr(found, end - found));
    }
}

void functions_of_text::add(std::string_view name) {
  if (table_.find(name) != nullptr) return;
  functions_.push_back({.name = names_.emplace_back(name), .parameters = {}});
  table_.add({&functions_.back(), 1});
}

}  // namespace drcon::importing
