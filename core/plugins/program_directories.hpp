// The directories of the program's own files: below the prefix that the program runs from, or else below the prefix
// that it was built for.
//
// Thread rule: any.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace drcon::plugins {

/// Places of a directory that is installed `below` a prefix ("share/drcon/scaffold"), best first; they need not exist.
std::vector<std::filesystem::path> places_of(const std::string& below);

/// Where the bundled plugins are: beside the program, installed or in its build tree, else the installed place.
std::filesystem::path bundled_directory();

/// The directories where plugins of third parties are found without being named in the configuration; those that exist.
/// None for a program that is not installed.
std::vector<std::filesystem::path> third_party_directories();

}  // namespace drcon::plugins
