// drcon-import: what `drcon import …` starts.
#include "import/consul_template_line.hpp"
#include "import/describe.hpp"
#include "import/registrator.hpp"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <iterator>

namespace {

namespace importing = drcon::importing;

enum exit_code { exit_ok = 0, exit_not_all = 1, exit_usage = 2 };  // drcon's own

std::optional<std::string> variable(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

// The configuration goes to standard output whatever is missing in it: it says so in its head.
int print(const std::string& configuration, const importing::report& found) {
  std::cout << configuration;
  if (!std::cout.flush()) {
    std::cerr << "drcon import: the configuration cannot be written to standard output\n";
    return exit_not_all;
  }
  for (const auto& each : found.faults) std::cerr << each.where.shown() << ": " << each.text << "\n";
  return found.faults.empty() ? exit_ok : exit_not_all;
}

int consul_template(std::span<const std::string> words) {
  importing::report found;
  importing::import_surroundings around{
      .directory = std::filesystem::current_path(), .templates_directory = {}, .environment = variable};
  const auto given = importing::read_consul_template_line(words, around, found);
  const auto configuration = importing::translated(given, around, found);
  return print(configuration, found);
}

int registrator(std::span<const std::string> words) {
  importing::report found;
  const auto configuration = importing::translated_registrator(words, variable, found);
  return print(configuration, found);
}

bool asks_for_help(const std::string& word) { return word == "--help" || word == "-help" || word == "-h"; }

int run(std::span<const std::string> words) {
  if (words.empty()) {
    std::cerr << importing::help("");
    return exit_usage;
  }
  if (words[0] == "--describe") {
    std::cout << importing::description();
    return exit_ok;
  }
  const bool knows = words[0] == "consul-template" || words[0] == "registrator";
  if (std::ranges::any_of(words, asks_for_help) && (knows || asks_for_help(words[0]))) {
    std::cout << importing::help(knows ? words[0] : "");
    return exit_ok;
  }
  if (words[0] == "consul-template") return consul_template(words.subspan(1));
  if (words[0] == "registrator") return registrator(words.subspan(1));
  std::cerr << "drcon import: there is no import from '" << words[0] << "': expected consul-template or registrator\n";
  return exit_usage;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
    return run(words);
  } catch (const std::exception& error) {
    std::cerr << "drcon import: " << error.what() << "\n";
    return exit_not_all;
  }
}
