// The command line as data, for whoever describes it: the manual page, the shells' completion. Taken from the parser,
// so that neither can say anything else than `drcon --help`.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace drcon::cli {

struct command_option {
  std::vector<std::string> names;  ///< "-c", "--config"; of an argument without a name: what it stands for, "NAME"
  bool positional = false;
  bool takes_value = false;
  std::string meaning;
  std::string fallback;              ///< the default, or empty
  std::vector<std::string> choices;  ///< when only these may be given

  bool is(const std::string& name) const;
  /// The longest name.
  const std::string& name() const { return names.back(); }
};

struct command {
  std::string name;
  std::string meaning;
  std::string footer;
  std::vector<command_option> options;
  std::vector<command> verbs;  ///< but for those that are not for people

  const command* verb(const std::string& called) const;
};

command tree_of(const CLI::App& app);

}  // namespace drcon::cli
