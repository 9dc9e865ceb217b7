// drcon's entry point. What a command does is in cli/; the way of a change is
// plugins/instance → engine/source_state → engine/pipeline → engine/sink_runner → plugins/instance.
#include "cli/command_line.hpp"

int main(int argc, char** argv) { return drcon::cli::main(argc, argv); }
