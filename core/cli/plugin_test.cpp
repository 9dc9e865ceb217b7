// drcon plugin test: the conformance kit, for authors of plugins.
#include "cli/plugin_test.hpp"

#include "base/json_text.hpp"
#include "conformance/child.hpp"
#include "conformance/report.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <pattern.hpp>

#include <iostream>
#include <memory>

namespace drcon::cli {
namespace {

struct arguments_of_test {
  conformance::request what;
  bool json = false;
  bool list = false;
  std::string case_to_run;
  int record = -1;
};

std::string is_regex(const std::string& text) {
  try {
    const pattern tried(text);
    return {};
  } catch (const pattern_error&) {
    return "'" + text + "' is no regular expression";
  }
}

int list(bool as_json) {
  auto all = nlohmann::json::array();
  for (const auto& each : conformance::plan({config::kind::source, config::kind::sink})) {
    if (as_json) all.push_back({{"name", each.name()}, {"promise", each.what->promise}});
    else std::cout << fmt::format("{:<34} {}\n", each.name(), each.what->promise);
  }
  if (as_json) std::cout << base::json_text(all, 2) << "\n";
  return exit_ok;
}

int test(const arguments_of_test& arguments) {
  if (!arguments.case_to_run.empty())
    conformance::run_case({.plugin = arguments.what.plugin,
                           .options = arguments.what.options,
                           .unreachable = arguments.what.unreachable,
                           .name = arguments.case_to_run,
                           .record = arguments.record});
  if (arguments.list) return list(arguments.json);
  if (!arguments.json)
    std::cout << "conformance of " << arguments.what.plugin.string() << ", plugin ABI " << DRCON_ABI_MAJOR << "."
              << DRCON_ABI_MINOR << "\n";
  const auto print_line = [&](const conformance::result& each) {
    if (!arguments.json) std::cout << conformance::line_of(each) << std::flush;
  };
  const auto found = conformance::run_all(arguments.what, print_line);
  if (arguments.json) std::cout << base::json_text(conformance::json_of(arguments.what, found), 2) << "\n";
  else std::cout << conformance::summary_of(found);
  if (found.results.empty()) {
    std::cerr << "drcon: no case is named so; --list names them all\n";
    return exit_usage;
  }
  return found.has_breach() ? exit_config : exit_ok;
}

}  // namespace

void add_plugin_test(CLI::App& plugin, int& result) {
  auto* verb = plugin.add_subcommand(
      "test",
      "Try a plugin against every promise of the contract, each in a process of its own. Exit 1 when one is broken.");
  const auto arguments = std::make_shared<arguments_of_test>();
  verb->add_option("FILE", arguments->what.plugin, "The plugin: ./libx.so");
  verb->add_option("--options", arguments->what.options,
                   "TOML: the plugin's options, as under [source.NAME] or [sink.NAME]; for a plugin that is both, in "
                   "[source] and [sink]. @scratch@ in it stands for a directory that is removed after each case")
      ->check(CLI::ExistingFile);
  verb->add_option("--unreachable", arguments->what.unreachable,
                   "TOML, as --options: options with which the other side cannot be reached, such as a port on which "
                   "nobody listens. Without it no error is provoked, and what is promised for one is not tried")
      ->check(CLI::ExistingFile);
  verb->add_option("--only", arguments->what.only, "Only the cases whose name this regular expression finds")
      ->check(is_regex);
  verb->add_flag("--json", arguments->json, "For machines");
  verb->add_flag("--list", arguments->list, "Only name the cases, and what each promises");
  verb->add_option("--run-case", arguments->case_to_run)->group("");
  verb->add_option("--record", arguments->record)->group("");
  verb->callback([arguments, &result] {
    if (!arguments->list && arguments->what.plugin.empty()) throw CLI::RequiredError("FILE");
    result = test(*arguments);
  });
}

}  // namespace drcon::cli
