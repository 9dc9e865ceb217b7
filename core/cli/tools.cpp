#include "cli/tools.hpp"

#include "base/build_facts.hpp"
#include "cli/command_line.hpp"
#include "plugins/program_directories.hpp"

#include <nlohmann/json.hpp>
#include <parsed_json.hpp>

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string_view>

namespace drcon::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view prefix = "drcon-";
constexpr int deepest = 8;  // verbs of verbs

std::string text_of(const nlohmann::json& of, const char* key) {
  const auto found = of.find(key);
  return found != of.end() && found->is_string() ? found->get<std::string>() : std::string();
}

command command_of(const nlohmann::json& described, std::string name, int depth) {
  command made{.name = std::move(name), .meaning = {}, .footer = {}, .options = {}, .verbs = {}};
  if (!described.is_object() || depth > deepest) return made;
  made.meaning = text_of(described, "meaning");
  for (const auto& each : described.value("options", nlohmann::json::array())) {
    if (!each.is_object()) continue;
    command_option option;
    option.names.push_back(text_of(each, "name"));
    option.takes_value = each.value("takes_value", nlohmann::json()) == true;
    option.meaning = text_of(each, "meaning");
    if (!option.name().empty()) made.options.push_back(std::move(option));
  }
  for (const auto& each : described.value("verbs", nlohmann::json::array()))
    if (auto verb = text_of(each.is_object() ? each : nlohmann::json::object(), "name"); !verb.empty())
      made.verbs.push_back(command_of(each, std::move(verb), depth + 1));
  return made;
}

command read_description(const fs::path& file, const std::string& name) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();  // no exception leaves this when the file cannot be read, unlike the parser of a stream
  return command_of(parsed_json(text.str()), name, 0);
}

// The parser of the command line refuses others with an exception, and no verb at all would start.
bool is_verb(std::string_view name) {
  const auto fits = [](unsigned char each) { return std::isalnum(each) != 0 || each == '-' || each == '_'; };
  return !name.empty() && name.front() != '-' && std::ranges::all_of(name, fits);
}

}  // namespace

std::vector<tool> tools_in(const fs::path& directory) {
  std::vector<tool> all;
  std::error_code error;
  // A directory that cannot be read to its end lists what was read: every other verb must go on without its tools.
  fs::directory_iterator next(directory, error);
  for (; !error && next != fs::directory_iterator(); next.increment(error)) {
    const auto& each = *next;
    const auto file = each.path().filename().string();
    std::error_code unread;
    if (!file.starts_with(prefix) || !each.is_regular_file(unread) || ::access(each.path().c_str(), X_OK) != 0)
      continue;
    const auto name = file.substr(prefix.size());
    if (!is_verb(name)) continue;
    all.push_back({.program = each.path(), .described = read_description(each.path().string() + ".json", name)});
  }
  std::ranges::sort(all, {}, [](const tool& each) { return each.described.name; });
  return all;
}

std::vector<tool> tools() {
  auto places = plugins::places_of(build::tool_directory);
  places.insert(places.begin() + 1, plugins::places_of("libexec/drcon").front());  // of a build tree
  std::error_code error;
  for (const auto& each : places)
    if (fs::is_directory(each, error)) return tools_in(each);
  return {};
}

command with_tools(command root, const std::vector<tool>& all) {
  for (auto& verb : root.verbs)
    if (const auto found = std::ranges::find(all, verb.name, [](const tool& each) { return each.described.name; });
        found != all.end() && verb.verbs.empty())
      verb = found->described;
  return root;
}

int become(const tool& chosen, char** arguments) {
  std::vector<char*> words{const_cast<char*>(chosen.program.c_str())};
  for (auto** each = arguments; *each != nullptr; ++each) words.push_back(*each);
  words.push_back(nullptr);
  std::fflush(nullptr);
  ::execv(chosen.program.c_str(), words.data());
  std::cerr << "drcon: " << chosen.program.string() << " cannot be started: " << std::strerror(errno) << "\n";
  return exit_runtime;
}

}  // namespace drcon::cli
