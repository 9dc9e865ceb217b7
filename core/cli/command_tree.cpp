#include "cli/command_tree.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <sstream>
#include <utility>

namespace drcon::cli {
namespace {

// CLI::IsMember tells its values in the name of the type alone: "TEXT:{text,markdown,man}".
std::vector<std::string> choices_of(const std::string& type) {
  std::vector<std::string> all;
  const auto open = type.find('{');
  const auto close = type.find('}', open);
  if (open == std::string::npos || close == std::string::npos) return all;
  std::istringstream list(type.substr(open + 1, close - open - 1));
  for (std::string each; std::getline(list, each, ',');) all.push_back(each);
  return all;
}

command_option option_of(const CLI::Option& from) {
  command_option to;
  for (const auto& each : from.get_snames()) to.names.push_back("-" + each);
  for (const auto& each : from.get_lnames()) to.names.push_back("--" + each);
  to.positional = to.names.empty();
  if (to.positional) to.names.push_back(from.get_name());
  to.takes_value = from.get_items_expected_max() > 0;
  to.meaning = from.get_description();
  to.fallback = from.get_default_str();
  to.choices = choices_of(from.get_type_name());
  return to;
}

}  // namespace

bool command_option::is(const std::string& called) const { return std::ranges::count(names, called) > 0; }

const command* command::verb(const std::string& called) const {
  const auto at = std::ranges::find(verbs, called, &command::name);
  return at == verbs.end() ? nullptr : &*at;
}

command tree_of(const CLI::App& app) {
  command to{
      .name = app.get_name(), .meaning = app.get_description(), .footer = app.get_footer(), .options = {}, .verbs = {}};
  for (const auto* each : app.get_options())
    if (!each->get_group().empty()) to.options.push_back(option_of(*each));
  for (const auto* each : app.get_subcommands({})) {
    auto part = tree_of(*each);
    const bool is_option_group = each->get_name().empty();
    if (is_option_group) to.options.insert(to.options.end(), part.options.begin(), part.options.end());
    else if (!each->get_group().empty()) to.verbs.push_back(std::move(part));
  }
  return to;
}

}  // namespace drcon::cli
