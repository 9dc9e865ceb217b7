// A secret as users write it: a string, { file = "…" }, { env = "…" }, or { credential = "…" } for one of systemd's.
#pragma once

#include <drcon/toml.hpp>

#include <filesystem>
#include <optional>
#include <string>

namespace drcon::config {

/// The secret itself; or nothing, and in `why` what is wrong, which never quotes the secret. A relative file is taken
/// from `directory`; its last newline is left out.
std::optional<std::string> read_secret(const toml::node& node, const std::filesystem::path& directory,
                                       std::string& why);

}  // namespace drcon::config
