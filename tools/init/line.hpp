// The command line of `drcon init`.
//
// Pure functions.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace drcon::init {

struct request {
  std::filesystem::path output;  ///< empty: where drcon looks for it
  std::string consul;            ///< these four: where to look, instead of the usual place
  std::string docker;
  std::string nginx;
  std::string haproxy;
};

/// The request, or what is wrong with the line.
std::variant<request, std::string> read_line(std::span<const std::string> words);

std::string help();
/// For the manual page and completion of shells, in JSON.
std::string description();

}  // namespace drcon::init
