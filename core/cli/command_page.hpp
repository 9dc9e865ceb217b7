// drcon(1), from the command line itself.
#pragma once

#include "cli/command_tree.hpp"

#include <string>

namespace drcon::cli {

/// In man(7). `date` is that of the page's head; it may be empty.
std::string command_page(const command& root, const std::string& date);

}  // namespace drcon::cli
