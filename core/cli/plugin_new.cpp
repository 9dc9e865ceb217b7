// The templates are layers: what all plugins have in common, what is the kind's, the language's, and that of both.
// "@NAME@" in a file or its name stands for the plugin's name; see replacements() for the others.
#include "cli/plugin_new.hpp"

#include "base/build_facts.hpp"
#include "cli/command_line.hpp"
#include "plugins/places.hpp"

#include <drcon/plugin.h>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <array>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <regex>
#include <stdexcept>
#include <system_error>

namespace drcon::cli {
namespace {

namespace fs = std::filesystem;

// Why a name cannot be used; empty when it can.
std::string fault_of_name(const std::string& name) {
  static const std::regex rule("[a-z][a-z0-9-]{0,62}");  // the ABI's, see drcon_plugin in drcon/plugin.h
  if (!std::regex_match(name, rule))
    return "expected small letters, digits and '-', a letter first, at most 63: such as my-registry";
  static constexpr std::array cmake_has{"all", "clean", "depend", "help", "install", "package", "preinstall", "test"};
  if (std::ranges::find(cmake_has, name) != cmake_has.end())
    return "it would be the name of a CMake target, and CMake has one of that name itself";
  return {};
}

// The directory of the templates; throws when there is none, telling where it was looked for.
fs::path templates(const std::vector<fs::path>& places) {
  std::string looked;
  std::error_code ignored;
  for (const auto& place : places) {
    if (fs::is_directory(place / "common", ignored)) return place;
    looked += "\n  " + place.string();
  }
  throw std::runtime_error("there are no templates for plugins; looked in" + looked +
                           "\nThey come with drcon's headers, in the package drcon-dev.");
}

std::map<std::string, std::string> replacements(const new_plugin& wanted) {
  const bool is_c = wanted.language == "c";
  return {{"@NAME@", wanted.name},
          {"@KIND@", wanted.kind},
          {"@EXTENSION@", wanted.language},
          {"@CMAKE_LANGUAGES@", is_c ? "C" : "CXX"},
          {"@LANGUAGE@", is_c ? "C" : "C++"},
          {"@BUILD_PACKAGES@",
           is_c ? "build-essential cmake file" : "build-essential cmake file libgtest-dev nlohmann-json3-dev"},
          {"@DRCON_ABI_MAJOR@", std::to_string(DRCON_ABI_MAJOR)}};
}

std::string filled_in(std::string text, const std::map<std::string, std::string>& values) {
  for (const auto& [key, value] : values)
    for (auto at = text.find(key); at != std::string::npos; at = text.find(key, at + value.size()))
      text.replace(at, key.size(), value);
  return text;
}

void copy_file(const fs::path& from, const fs::path& to, const std::map<std::string, std::string>& values) {
  std::ifstream in(from, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in) throw std::runtime_error("cannot read " + from.string());
  fs::create_directories(to.parent_path());
  std::ofstream out(to, std::ios::binary);
  out << filled_in(text, values);
  if (!out.flush()) throw std::runtime_error("cannot write " + to.string());
  // A script stays one, but a template that only root may write does not make files of the author's read-only.
  const auto may_run =
      fs::status(from).permissions() & (fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec);
  fs::permissions(to, may_run, fs::perm_options::add);
}

void copy_layer(const fs::path& layer, const fs::path& to, const std::map<std::string, std::string>& values) {
  for (const auto& each : fs::recursive_directory_iterator(layer))
    if (each.is_regular_file())
      copy_file(each.path(), to / filled_in(each.path().lexically_relative(layer).string(), values), values);
}

void make(const new_plugin& wanted, const fs::path& from, const fs::path& to) {
  const auto values = replacements(wanted);
  if (std::error_code error; !fs::create_directories(wanted.directory, error) && error)
    throw std::runtime_error("cannot make " + wanted.directory.string() + ": " + error.message());
  if (std::error_code error; !fs::create_directory(to, error))
    throw std::runtime_error(
        to.string() + (error ? ": cannot be made: " + error.message() : " is there already; nothing was changed"));
  try {
    for (const auto& layer : {std::string("common"), wanted.kind, wanted.language, wanted.kind + "-" + wanted.language})
      copy_layer(from / layer, to, values);
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(to, ignored);
    throw;
  }
}

}  // namespace

int plugin_new(const new_plugin& wanted, const std::vector<fs::path>& places) {
  if (const auto fault = fault_of_name(wanted.name); !fault.empty()) {
    std::cerr << "drcon: a plugin cannot be named '" << wanted.name << "': " << fault << "\n";
    return exit_usage;
  }
  const auto to = (wanted.directory / wanted.name).lexically_normal();
  try {
    make(wanted, templates(places), to);
  } catch (const std::exception& error) {
    std::cerr << "drcon: " << error.what() << "\n";
    return exit_runtime;
  }
  std::cout << fmt::format(
      R"({0} is a {1} that works: src/{2}.{3} reads top to bottom, README.md explains the rest. Next:

  cd {0}
  cmake -B build && cmake --build build
  ctest --test-dir build --output-on-failure
  drcon plugins show {2} --plugin-dir build
)",
      to.string(), wanted.kind, wanted.name, wanted.language);
  return exit_ok;
}

void add_plugin_new(CLI::App& plugin, int& result) {
  auto* verb = plugin.add_subcommand("new",
                                     "Make a directory NAME that builds, tests and packages a plugin of your own: a "
                                     "small one that works, to be changed into yours.");
  const auto wanted =
      std::make_shared<new_plugin>(new_plugin{.kind = {}, .language = "cpp", .name = {}, .directory = "."});
  auto* kind = verb->add_option_group("kind", "What it is to be");
  kind->add_flag_callback(
      "--source", [wanted] { wanted->kind = "source"; }, "It publishes which endpoints there are");
  kind->add_flag_callback(
      "--sink", [wanted] { wanted->kind = "sink"; }, "It makes something match them");
  kind->require_option(1);
  verb->add_option("--lang", wanted->language, "What it is to be written in")
      ->check(CLI::IsMember({"cpp", "c"}))
      ->capture_default_str();
  verb->add_option("--directory", wanted->directory, "Make NAME in this directory")->capture_default_str();
  verb->add_option("NAME", wanted->name, "Name of the plugin, as in plugin = \"NAME\"")->required();
  verb->callback([wanted, &result] { result = plugin_new(*wanted, plugins::places_of(build::scaffold_directory)); });
}

}  // namespace drcon::cli
