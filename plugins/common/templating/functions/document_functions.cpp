// Functions that read and write whole documents: YAML, TOML.
#include "common/templating/functions/functions.hpp"
#include "common/templating/invocation.hpp"
#include "common/templating/parameter_lists.hpp"
#include "common/templating/toml.hpp"
#include "common/templating/yaml/yaml.hpp"

namespace drcon::templating {
namespace {

using arguments = std::span<const value>;

auto cost_of(invocation& in) {
  return [&in](std::uint64_t steps) { in.spend(steps); };
}

value call_parse_yaml(invocation& in, arguments all) {
  if (all[0].size() == 0) return in.scratch().any_map({}).in_any(true);
  return read_yaml(all[0].text(), in.scratch(), in.around().bounds.memory, cost_of(in));
}

value call_to_yaml(invocation& in, arguments all) {
  try {
    return in.text(yaml_text(all[0], in.scratch(), in.around().bounds.memory, cost_of(in)));
  } catch (const failure& wrong) {
    const bool is_gos_own = wrong.text().starts_with("cannot marshal type: ");
    throw failure((is_gos_own ? "" : "toYAML: ") + wrong.text());
  }
}

value call_to_toml(invocation& in, arguments all) {
  try {
    return in.text(toml_text(all[0], in.scratch(), in.around().bounds.memory, cost_of(in)));
  } catch (const failure& wrong) {
    const bool is_gos_own = std::string_view(wrong.text()).starts_with("reflect: ");
    throw failure((is_gos_own ? "" : "toTOML: ") + std::string(wrong.text()));
  }
}

constexpr function document_table[] = {
    {"parseYAML", expects::text, false, call_parse_yaml, "TEXT", "what the YAML says; empty is an empty map"},
    {"toTOML", expects::any, false, call_to_toml, "MAP", "as TOML"},
    {"toYAML", expects::any, false, call_to_yaml, "VALUE", "as YAML"},
};

}  // namespace

std::span<const function> document_functions() { return document_table; }

}  // namespace drcon::templating
