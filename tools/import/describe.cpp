#include "import/describe.hpp"

#include "import/consul_template_line.hpp"
#include "import/registrator.hpp"

#include <nlohmann/json.hpp>

#include <sstream>

namespace drcon::importing {
namespace {

struct described_verb {
  const char* name;
  const char* arguments;
  const char* meaning;
  std::span<const flag> (*flags)();
};

constexpr auto about =
    "Translate the configuration of another program into one of drcon's, and print it. What cannot be translated is "
    "reported with its place, and ends it with code 1.";

constexpr described_verb verbs[] = {
    {"consul-template", "[-config FILE-OR-DIRECTORY | -template SOURCE:DESTINATION:COMMAND]...",
     "From Consul Template: its command line as it is, its configuration in HCL or JSON, and its templates, which stay "
     "as "
     "they are. The watches are the fewest that cover what the templates ask for.",
     consul_template_flags},
    {"registrator", "[FLAG]... REGISTRY",
     "From Registrator: its command line as it is, or the docker run that starts it, to a docker source and a "
     "consul-catalog sink.",
     registrator_flags},
};

std::string flag_text(const flag& of) { return "-" + std::string(of.name) + (of.takes_value ? " VALUE" : ""); }

// Lines of at most 100 columns.
std::string wrapped(const std::string& text, const std::string& indentation) {
  std::string result;
  std::string row = indentation;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (row.size() > indentation.size() && row.size() + 1 + word.size() > 100) {
      result += row + "\n";
      row = indentation;
    }
    row += (row.size() > indentation.size() ? " " : "") + word;
  }
  return result + row + "\n";
}

std::string help_of(const described_verb& verb) {
  std::string text = wrapped(verb.meaning, "") + "\nUsage: drcon import " + verb.name + " " + verb.arguments + "\n\n";
  for (const auto& each : verb.flags())
    text += "  " + flag_text(each) + "\n" + wrapped(std::string(each.meaning), "      ");
  return text;
}

}  // namespace

std::string description() {
  nlohmann::ordered_json all{{"meaning", about}, {"verbs", nlohmann::ordered_json::array()}};
  for (const auto& verb : verbs) {
    nlohmann::ordered_json one{
        {"name", verb.name}, {"meaning", verb.meaning}, {"options", nlohmann::ordered_json::array()}};
    for (const auto& each : verb.flags())
      one["options"].push_back(
          {{"name", "-" + std::string(each.name)}, {"takes_value", each.takes_value}, {"meaning", each.meaning}});
    all["verbs"].push_back(std::move(one));
  }
  return all.dump(2) + "\n";
}

std::string help(const std::string& verb) {
  for (const auto& each : verbs)
    if (verb == each.name) return help_of(each);
  auto text = wrapped(about, "") + "\nUsage: drcon import PROGRAM ARGUMENTS... > /etc/drcon/pipelines.d/NAME.toml\n\n";
  for (const auto& each : verbs) text += "  " + std::string(each.name) + "\n" + wrapped(each.meaning, "      ");
  return text +
         "\nMore: drcon import PROGRAM --help\nExit codes: 0 all is translated; 1 something is not; 2 the command "
         "line is wrong\n";
}

}  // namespace drcon::importing
