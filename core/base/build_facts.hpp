// What only the build knows. It has a file of its own, so that another version or prefix compiles no other file again.
#pragma once

namespace drcon::build {

extern const char version[];             ///< the version of drcon: that of the CMake project, and what git adds to it
extern const char prefix[];              ///< where drcon is meant to be installed
extern const char plugin_directory[];    ///< where the bundled plugins are, below the prefix
extern const char tool_directory[];      ///< where the programs are that drcon runs as its verbs, below the prefix
extern const char scaffold_directory[];  ///< where the files are that `drcon plugin new` copies, below the prefix

}  // namespace drcon::build
