// Reads the headers of a library file without loading it, to find what dlopen would crash on or report wrongly.
//
// A truncated ELF file ends the process by SIGBUS inside dlopen, and one for another architecture is reported as
// "No such file".
#pragma once

#include "plugins/library_fault.hpp"

#include <filesystem>
#include <optional>

namespace drcon::plugins {

/// What is wrong with the file as a shared library for this machine, or nothing.
/// Thread rule: any thread.
std::optional<library_fault> fault_of_elf(const std::filesystem::path& file);

}  // namespace drcon::plugins
