// What only the build knows. It has a file of its own, so that another version or prefix compiles no other file again.
#pragma once

namespace drcon::build {

extern const char version[];             ///< of drcon: the project's, and what git adds to it
extern const char prefix[];              ///< where it is meant to be installed
extern const char plugin_directory[];    ///< of the bundled plugins, below the prefix
extern const char tool_directory[];      ///< of programs that are verbs of drcon's, below the prefix
extern const char scaffold_directory[];  ///< of what `drcon plugin new` copies, below the prefix

}  // namespace drcon::build
