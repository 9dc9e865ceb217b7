// The templates are layers: one for all plugins, one for the kind, one for the language, and one for both together.
// "@NAME@" in a file or its name stands for the plugin's name; see replacements() for the others.
#include "cli/plugin_new.hpp"

#include "base/build_facts.hpp"
#include "cli/command_line.hpp"
#include "plugins/program_directories.hpp"

#include <drcon/plugin.h>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <pattern.hpp>

#include <array>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <stdexcept>
#include <system_error>

namespace drcon::cli {
namespace {

namespace fs = std::filesystem;

// Why a name cannot be used; empty when it can.
std::string fault_of_name(const std::string& name) {
  static const pattern rule("[a-z][a-z0-9-]{0,62}");  // the ABI's, see drcon_plugin in drcon/plugin.h
  if (!rule.matches_whole(name))
    return "expected small letters, digits and '-', a letter first, at most 63: such as my-registry";
  static constexpr std::array cmake_has{"all", "clean", "depend", "help", "install", "package", "preinstall", "test"};
  if (std::ranges::find(cmake_has, name) != cmake_has.end())
    return "it would be the name of a CMake target, and CMake has one of that name itself";
  return {};
}

// The directory of the templates; throws when there is none, with the places that were searched.
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

std::map<std::string, std::string> replacements(const new_plugin& plugin) {
  const bool is_c = plugin.language == "c";
  return {{"@NAME@", plugin.name},
          {"@KIND@", plugin.kind},
          {"@EXTENSION@", plugin.language},
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

void copy_file(const fs::path& source, const fs::path& destination, const std::map<std::string, std::string>& values) {
  std::ifstream in(source, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in) throw std::runtime_error("cannot read " + source.string());
  fs::create_directories(destination.parent_path());
  std::ofstream out(destination, std::ios::binary);
  out << filled_in(text, values);
  if (!out.flush()) throw std::runtime_error("cannot write " + destination.string());
  // A script stays one, but a template that only root may write does not make files of the author's read-only.
  const auto may_run =
      fs::status(source).permissions() & (fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec);
  fs::permissions(destination, may_run, fs::perm_options::add);
}

void copy_layer(const fs::path& layer, const fs::path& destination, const std::map<std::string, std::string>& values) {
  for (const auto& each : fs::recursive_directory_iterator(layer))
    if (each.is_regular_file())
      copy_file(each.path(), destination / filled_in(each.path().lexically_relative(layer).string(), values), values);
}

void make(const new_plugin& plugin, const fs::path& source, const fs::path& destination) {
  const auto values = replacements(plugin);
  if (std::error_code error; !fs::create_directories(plugin.directory, error) && error)
    throw std::runtime_error("cannot make " + plugin.directory.string() + ": " + error.message());
  if (std::error_code error; !fs::create_directory(destination, error))
    throw std::runtime_error(destination.string() + (error ? ": cannot be made: " + error.message()
                                                           : " is there already; nothing was changed"));
  try {
    for (const auto& layer : {std::string("common"), plugin.kind, plugin.language, plugin.kind + "-" + plugin.language})
      copy_layer(source / layer, destination, values);
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(destination, ignored);
    throw;
  }
}

}  // namespace

int plugin_new(const new_plugin& plugin, const std::vector<fs::path>& places) {
  if (const auto fault = fault_of_name(plugin.name); !fault.empty()) {
    std::cerr << "drcon: a plugin cannot be named '" << plugin.name << "': " << fault << "\n";
    return exit_usage;
  }
  const auto destination = (plugin.directory / plugin.name).lexically_normal();
  try {
    make(plugin, templates(places), destination);
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
      destination.string(), plugin.kind, plugin.name, plugin.language);
  return exit_ok;
}

void add_plugin_new(CLI::App& plugin, int& result) {
  auto* verb = plugin.add_subcommand("new",
                                     "Make a directory NAME that builds, tests and packages a plugin of your own: a "
                                     "small one that works, to be changed into yours.");
  const auto request =
      std::make_shared<new_plugin>(new_plugin{.kind = {}, .language = "cpp", .name = {}, .directory = "."});
  auto* kind = verb->add_option_group("kind", "What it is to be");
  kind->add_flag_callback(
      "--source", [request] { request->kind = "source"; }, "It publishes which endpoints there are");
  kind->add_flag_callback(
      "--sink", [request] { request->kind = "sink"; }, "It makes something match them");
  kind->require_option(1);
  verb->add_option("--lang", request->language, "What it is to be written in")
      ->check(CLI::IsMember({"cpp", "c"}))
      ->capture_default_str();
  verb->add_option("--directory", request->directory, "Make NAME in this directory")->capture_default_str();
  verb->add_option("NAME", request->name, "Name of the plugin, as in plugin = \"NAME\"")->required();
  verb->callback([request, &result] { result = plugin_new(*request, plugins::places_of(build::scaffold_directory)); });
}

}  // namespace drcon::cli
