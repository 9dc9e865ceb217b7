// A secret as users write it: a string, { file = "…" }, { env = "…" }, or { credential = "…" } for one of systemd's.
#pragma once

#include "base/result.hpp"
#include "config/file_text.hpp"

#include <drcon/toml.hpp>

#include <filesystem>
#include <map>
#include <string>

namespace drcon::config {

/// File that a secret was read from -> what distinguished it, just before it was read, from a file that replaces it.
using secret_signatures = std::map<std::string, std::string>;

/// What distinguishes a file from one that replaces it, or from itself once it was written to; empty when it is not
/// there. A symbolic link is followed.
std::string signature_of(const std::string& file);

/// The secret itself, or what is wrong, which never quotes the secret. A relative file is taken from `directory`; its
/// last newline is left out.
base::result<std::string, read_fault> read_secret(const toml::node& node, const std::filesystem::path& directory);

/// The file that the secret is read from; empty where it is not in a file.
std::filesystem::path file_of_secret(const toml::node& node, const std::filesystem::path& directory);

}  // namespace drcon::config
