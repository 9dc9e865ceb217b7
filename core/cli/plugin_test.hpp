// The verb `plugin test`.
#pragma once

#include "cli/command_line.hpp"

namespace CLI {
class App;
}

namespace drcon::cli {

void add_plugin_test(CLI::App& plugin, int& result);

}  // namespace drcon::cli
