#include "cli/command_tree.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <sstream>
#include <utility>

namespace drcon::cli {
namespace {

// CLI::IsMember shows its values in the name of the type alone: "TEXT:{text,markdown,man}".
std::vector<std::string> choices_of(const std::string& type) {
  std::vector<std::string> all;
  const auto open = type.find('{');
  const auto close = type.find('}', open);
  if (open == std::string::npos || close == std::string::npos) return all;
  std::istringstream list(type.substr(open + 1, close - open - 1));
  for (std::string each; std::getline(list, each, ',');) all.push_back(each);
  return all;
}

command_option option_of(const CLI::Option& option) {
  command_option made;
  for (const auto& each : option.get_snames()) made.names.push_back("-" + each);
  for (const auto& each : option.get_lnames()) made.names.push_back("--" + each);
  made.positional = made.names.empty();
  if (made.positional) made.names.push_back(option.get_name());
  made.takes_value = option.get_items_expected_max() > 0;
  made.meaning = option.get_description();
  made.fallback = option.get_default_str();
  made.choices = choices_of(option.get_type_name());
  return made;
}

}  // namespace

bool command_option::is(const std::string& called) const { return std::ranges::count(names, called) > 0; }

const command* command::verb(const std::string& called) const {
  const auto found = std::ranges::find(verbs, called, &command::name);
  return found == verbs.end() ? nullptr : &*found;
}

command tree_of(const CLI::App& app) {
  command made{
      .name = app.get_name(), .meaning = app.get_description(), .footer = app.get_footer(), .options = {}, .verbs = {}};
  for (const auto* each : app.get_options())
    if (!each->get_group().empty()) made.options.push_back(option_of(*each));
  for (const auto* each : app.get_subcommands({})) {
    auto part = tree_of(*each);
    const bool is_option_group = each->get_name().empty();
    if (is_option_group) made.options.insert(made.options.end(), part.options.begin(), part.options.end());
    else if (!each->get_group().empty()) made.verbs.push_back(std::move(part));
  }
  return made;
}

}  // namespace drcon::cli
