// Reads the headers of a library file without loading it, to find what dlopen would crash on or report wrongly.
//
// A truncated ELF file ends the process by SIGBUS inside dlopen, and one for another architecture is reported as
// "No such file".
//
// Thread rule: any thread.
#pragma once

#include "plugins/library_fault.hpp"

#include <filesystem>
#include <optional>

namespace drcon::plugins {

/// What is wrong with the open file as a shared library for this machine, or nothing.
possible_fault fault_of_elf(int file);
possible_fault fault_of_elf(const std::filesystem::path& file);

/// Whether a library demands an executable stack. glibc 2.41 and later refuse to load it, in words that do not say what
/// to do; older ones make the stacks of the whole process executable.
possible_fault fault_of_stack(int file);

/// Whether the loader is to look for other libraries in the directory of this one ($ORIGIN).
bool looks_beside_itself(int file);

}  // namespace drcon::plugins
