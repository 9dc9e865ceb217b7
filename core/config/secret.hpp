// A secret as users write it: a string, { file = "…" }, { env = "…" }, or { credential = "…" } for one of systemd's.
#pragma once

#include "base/result.hpp"

#include <drcon/toml.hpp>

#include <filesystem>
#include <string>

namespace drcon::config {

/// The secret itself, or what is wrong, which never quotes the secret. A relative file is taken from `directory`; its
/// last newline is left out.
base::result<std::string> read_secret(const toml::node& node, const std::filesystem::path& directory);

/// The file that the secret is read from; empty where it is not in a file.
std::filesystem::path file_of_secret(const toml::node& node, const std::filesystem::path& directory);

}  // namespace drcon::config
