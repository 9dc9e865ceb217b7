// Programs of their own that are verbs of drcon's command line, as git has them: libexec/drcon/drcon-NAME is
// `drcon NAME`. What a directory lists is what there is: nothing here knows one by name.
//
// Beside such a program, drcon-NAME.json says what help, the manual page and completion know of it, so that asking for
// help starts no program:
//   { "meaning": TEXT, "verbs": [{ "name": TEXT, "meaning": TEXT, "verbs": […],
//                                  "options": [{ "name": TEXT, "takes_value": BOOLEAN, "meaning": TEXT }] }] }
// Thread rule: the main thread.
#pragma once

#include "cli/command_tree.hpp"

#include <filesystem>
#include <vector>

namespace drcon::cli {

struct tool {
  std::filesystem::path program;
  command described;
};

/// In order of their names: those that fit as a verb's, of letters, digits, '-' and '_'. A description that is missing
/// or broken leaves the name alone, and a directory that cannot be read to its end what was read of it.
std::vector<tool> tools_in(const std::filesystem::path& directory);

/// Those that come with this program.
std::vector<tool> tools();

/// The command line with what the tools' verbs take.
command with_tools(command root, const std::vector<tool>& all);

/// Becomes the program, with the arguments behind the verb; argv ends with a null pointer. Returns only when that
/// cannot be done, with the exit code.
int become(const tool& chosen, char** arguments);

}  // namespace drcon::cli
