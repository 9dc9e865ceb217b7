#include "cli/command_line.hpp"

#include "base/build_facts.hpp"
#include "cli/admin_answer.hpp"
#include "cli/operator_verbs.hpp"
#include "cli/plugin_new.hpp"
#include "cli/plugin_test.hpp"
#include "cli/terminal_text.hpp"
#include "cli/tools.hpp"
#include "config/suggest.hpp"
#include "config/units.hpp"
#include "plugins/plugin_process.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <functional>
#include <iostream>
#include <string_view>
#include <vector>

namespace drcon::cli {
namespace {

constexpr auto about = R"(Keeps load balancers and config files in step with service discovery.

Sources (Consul, a file, ...) publish endpoints; pipelines in a TOML file decide when and whether to use them;
sinks (nginx, ...) keep their targets in step.)";

constexpr auto epilogue = R"(
Exit codes: 0 done; 1 the configuration is wrong; 2 the command line is wrong; 3 a source or target did not answer
or refused, a file that the configuration names (a secret, an include, a plugin) cannot be read yet, or something needs
attention; 4 a plugin, or the disk of the state, did not stop in time. With a program that a sink keeps, run and once
end with the exit code of that program. check and doctor end with 1 also where a file cannot be read.

When it runs: drcon status; drcon explain PIPELINE ENDPOINT; drcon journal -f
First steps: drcon init, or: drcon plugins; drcon reference nginx; drcon check -c my.toml; drcon doctor -c my.toml; drcon render --diff -c my.toml; drcon run -c my.toml)";

const CLI::Validator duration(
    [](std::string& text) {
      return config::parse_duration(text) ? std::string()
                                          : "expected a duration such as 500ms or 1m, found '" + text + "'";
    },
    "DURATION");

void add_config(CLI::App& verb, arguments& options) {
  verb.add_option("-c,--config", options.config, "The configuration file, TOML")->capture_default_str();
}

CLI::App* add_verb(CLI::App& app, const char* name, const char* text, std::function<int(const arguments&)> what,
                   arguments& options, int& result) {
  auto* verb = app.add_subcommand(name, text);
  verb->add_option("--plugin-dir", options.plugin_directories,
                   "Also load plugins (*.so) from this directory; may be repeated");
  verb->callback([what = std::move(what), &options, &result] { result = what(options); });
  return verb;
}

void add_reference_verbs(CLI::App& app, arguments& options, int& result) {
  auto* reference_verb = add_verb(app, "reference",
                                  "Print what every key of the configuration means: drcon's own keys, or with NAME "
                                  "the options of a plugin.",
                                  reference, options, result);
  add_config(*reference_verb, options);
  auto* name = reference_verb->add_option("NAME", options.plugin, "Name of a plugin, as in plugin = \"NAME\"");
  reference_verb->add_option("--format", options.format, "For a terminal, a web page or man")
      ->check(CLI::IsMember({"text", "markdown", "man"}))
      ->capture_default_str();
  reference_verb
      ->add_option("--output", options.output, "Write the pages of drcon and of all plugins into this directory")
      ->excludes(name);

  auto* schema_verb = add_verb(app, "schema",
                               "Print one JSON Schema for the whole configuration, plugins' options included, for "
                               "editors: taplo, VS Code's Even Better TOML.",
                               schema, options, result);
  add_config(*schema_verb, options);
}

void add_timeout(CLI::App& verb, std::string& text, const char* help) {
  verb.add_option("--timeout", text, help)->capture_default_str()->check(duration);
}

// What the callbacks of the parser fill in and read; it lives for as long as the parser.
struct parsing {
  arguments given;
  int result = exit_ok;
  std::string timeout = "30s";
};

// The verb with the --timeout that was given.
std::function<int(const arguments&)> timed(const parsing& state, int (*verb)(const arguments&)) {
  return [verb, &state](const arguments& given) {
    auto complete = given;
    complete.timeout = *config::parse_duration(state.timeout);
    return verb(complete);
  };
}

CLI::Option* add_user(CLI::App& verb, arguments& options) {
  return verb.add_option("--user", options.user,
                         "Look with the rights of this user, as root. Default: the user of the unit drcon.service, if "
                         "there is one");
}

void add_run_and_check(CLI::App& app, parsing& state) {
  auto* run_verb =
      add_verb(app, "run",
               "Run until SIGTERM. SIGHUP reloads the configuration: only what differs is restarted, and a "
               "wrong one changes nothing. A second SIGTERM exits immediately.",
               run, state.given, state.result);
  add_config(*run_verb, state.given);

  auto* check_verb = add_verb(
      app, "check",
      "Check the configuration and every plugin's options; print each fault as "
      "FILE:LINE:COLUMN; change nothing, connect to nothing.",
      [](const arguments& given) { return given.live ? doctor(given) : check(given); }, state.given, state.result);
  add_config(*check_verb, state.given);
  auto* live = check_verb->add_flag("--live", state.given.live, "Connect as well: the same as drcon doctor");
  check_verb->add_flag("--json", state.given.json, "For machines: what was found, each with a code");
  add_user(*check_verb, state.given)->needs(live);

  auto* doctor_verb =
      add_verb(app, "doctor",
               "Connect to everything that the configuration names, change nothing, and report of each source and sink "
               "what works, what does not, and what to do. Exit code 3 when something does not work.",
               doctor, state.given, state.result);
  add_config(*doctor_verb, state.given);
  add_user(*doctor_verb, state.given);
  doctor_verb->add_flag("--json", state.given.json, "For machines: what was found, each with a code");
}

void add_once_and_render(CLI::App& app, parsing& state) {
  auto* once_verb =
      add_verb(app, "once",
               "Bring every target up to date once, then exit. A program that a sink keeps is started then; its end is "
               "waited for, and its exit code is drcon's.",
               timed(state, once), state.given, state.result);
  add_config(*once_verb, state.given);
  add_timeout(*once_verb, state.timeout, "How long sources and targets get to answer");

  auto* render_verb = add_verb(app, "render", "Print what would be written to each target; nothing is changed.",
                               timed(state, render), state.given, state.result);
  add_config(*render_verb, state.given);
  add_timeout(*render_verb, state.timeout, "How long sources get to answer");
  render_verb->add_flag("--diff", state.given.diff, "Print the difference from what is there now instead");
}

void add_plugins(CLI::App& app, parsing& state) {
  auto* plugins_verb = add_verb(
      app, "plugins", "List the plugins, and what was refused and why.",
      [](const arguments& given) { return given.plugin.empty() ? plugins_list(given) : plugins_show(given); },
      state.given, state.result);
  add_config(*plugins_verb, state.given);
  plugins_verb->add_flag("--json", state.given.json,
                         "Print JSON; with show, print the schemas of the plugin's options");
  auto* show = plugins_verb->add_subcommand("show", "The options of one plugin: meaning, type, default, range.");
  show->fallthrough();  // --plugin-dir may follow it
  show->add_option("NAME", state.given.plugin, "Name of the plugin, as in plugin = \"NAME\"")->required();
}

// Verbs that programs use, and that help does not list.
void add_hidden_verbs(CLI::App& app, parsing& state) {
  // Called by the shells to complete a line; see packaging/completions.
  app.add_subcommand("complete", "")
      ->group("")
      ->callback([&state] { state.result = complete(state.given); })
      ->add_option("WORD", state.given.words);
  // What drcon starts for isolation = "process"; not for people.
  app.add_subcommand("plugin-process", "")->group("")->callback([&state] { state.result = plugins::plugin_process(); });
}

// In the order in which help lists them.
void add_verbs(CLI::App& app, parsing& state) {
  add_run_and_check(app, state);
  add_once_and_render(app, state);
  add_plugins(app, state);
  add_operator_verbs(
      [&app, &state](const char* name, const char* meaning, int (*what)(const arguments&)) {
        auto* added = app.add_subcommand(name, meaning);
        added->callback([what, &state] { state.result = what(state.given); });
        return added;
      },
      state.given);
  auto* plugin_verb = app.add_subcommand("plugin", "For authors of plugins.");
  plugin_verb->require_subcommand(1);
  add_plugin_new(*plugin_verb, state.result);
  add_plugin_test(*plugin_verb, state.result);
  add_reference_verbs(app, state.given, state.result);
  add_hidden_verbs(app, state);
}

// A value that is given and empty is a variable of a script that is not set: `--service ""` must not mean all services.
// Only what completes a line has empty words.
void refuse_empty_values(CLI::App& app) {
  static const CLI::Validator not_empty(
      [](std::string& text) { return text.empty() ? std::string("it is empty; give a value, or leave it out") : ""; },
      std::string());
  for (auto* each : app.get_options())
    if (each->get_expected_max() > 0) each->check(not_empty);
  for (auto* each : app.get_subcommands([](const CLI::App*) { return true; }))
    if (each->get_name() != "complete") refuse_empty_values(*each);
}

bool has_verb(const CLI::App& app, const std::string& name) {
  return !app.get_subcommands([&name](const CLI::App* each) { return each->get_name() == name; }).empty();
}

// The tool that the first word names; null when there is none.
const tool* called_tool(const std::vector<tool>& all, int argc, char** argv) {
  if (argc < 2) return nullptr;
  const auto found = std::ranges::find(all, argv[1], [](const tool& each) { return each.described.name; });
  return found == all.end() ? nullptr : &*found;
}

// For help alone: a tool reads its own arguments.
void add_tools(CLI::App& app, const std::vector<tool>& all) {
  for (const auto& each : all) app.add_subcommand(each.described.name, each.described.meaning);
}

// A first word that is neither a verb nor an option; empty when there is none.
std::string unknown_verb(const CLI::App& app, int argc, char** argv) {
  const std::string first = argc < 2 ? "" : argv[1];
  return first.empty() || first.starts_with('-') || has_verb(app, first) ? "" : first;
}

std::vector<std::string> names_of_verbs(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* each : app.get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); }))
    names.push_back(each->get_name());
  return names;
}

bool asks_for_json(int argc, char** argv) {
  return std::any_of(argv, argv + argc, [](std::string_view word) { return word == "--json"; });
}

// As each other refusal, so that a program need not read two shapes.
int print_usage_as_json(const std::string& error, const std::string& help) {
  print_json({{"error", error}, {"help", help}, {"code", "usage"}});
  return exit_usage;
}

int refuse_verb(const CLI::App& app, const std::string& verb, bool as_json) {
  const auto what = "there is no verb '" + printable(verb) + "'";
  const auto near = config::suggestion(verb, names_of_verbs(app));
  if (as_json) return print_usage_as_json(what, (near.empty() ? "" : near + " ") + "drcon --help lists them");
  std::cerr << "drcon: " << what << (near.empty() ? "." : "; " + near) << " drcon --help lists them\n";
  return exit_usage;
}

// What was probably meant by the first word that the verb does not know; empty when nothing is near. `line`: the verb
// as it is typed.
std::string hint_of(const CLI::App& verb, const std::string& line, const std::vector<std::string>& words) {
  std::vector<std::string> options;
  for (const auto* each : verb.get_options())
    for (const auto& name : each->get_lnames()) options.push_back("--" + name);
  const auto verbs = names_of_verbs(verb);
  for (const auto& each : words) {
    const bool is_option = each.starts_with("--");
    const auto word = each.substr(0, each.find('='));
    const auto& known = is_option ? options : verbs;
    if (known.empty() || word == "--" || std::ranges::find(known, word) != known.end()) continue;
    if (const auto near = config::suggestion(word, known); near.starts_with("did you mean"))
      return line + (is_option ? " has no option '" : " has no verb '") + printable(word) + "'; " + near;
  }
  return {};
}

int refuse_line(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
  const auto* verb = &app;
  std::string line = "drcon";
  int begun = 1;
  for (; !verb->get_subcommands().empty(); ++begun) {
    verb = verb->get_subcommands().front();
    line += " " + verb->get_name();
  }
  const std::vector<std::string> words(argv + std::min(begun, argc), argv + argc);
  const auto hint = hint_of(*verb, line, words);
  const auto what = hint.empty() ? printable(error.what()) : hint;
  if (asks_for_json(argc, argv)) return print_usage_as_json(what, line + " --help");
  std::cerr << "drcon: " << what << "\n  help: " << line << " --help\n";
  return exit_usage;
}

// Becomes the tool that is called, or runs the verb. The exit code.
int run_command_line(int argc, char** argv) {
  CLI::App app(about, "drcon");
  app.footer(epilogue);
  app.set_version_flag("--version", std::string("drcon ") + build::version);
  app.require_subcommand(1);
  parsing state;
  state.given.command_line = &app;
  add_verbs(app, state);
  refuse_empty_values(app);
  auto all_tools = tools();
  std::erase_if(all_tools, [&app](const tool& each) { return has_verb(app, each.described.name); });
  if (const auto* called = called_tool(all_tools, argc, argv)) return become(*called, argv + 2);
  add_tools(app, all_tools);
  state.given.tools = &all_tools;
  if (const auto verb = unknown_verb(app, argc, argv); !verb.empty())
    return refuse_verb(app, verb, asks_for_json(argc, argv));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) return refuse_line(app, error, argc, argv);
    return app.exit(error) == 0 ? exit_ok : exit_usage;  // --help and --version
  }
  return state.result;
}

}  // namespace

int main(int argc, char** argv) {
  // Whoever started drcon may have SIGCHLD ignored, which survives the exec. The kernel would keep no exit codes, and
  // no check and no reload that drcon runs could be judged.
  std::signal(SIGCHLD, SIG_DFL);
  try {
    const int result = run_command_line(argc, argv);
    std::fflush(stdout);
    return result;
  } catch (const std::exception& error) {
    std::cerr << "drcon: " << error.what() << "\n";
    return exit_runtime;
  }
}

}  // namespace drcon::cli
