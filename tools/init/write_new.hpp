// Writes a file that is not there yet, and never over one that is.
//
// Thread rule: any; blocks the caller.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace drcon::init {

/// A configuration that is there: `file` itself, or the first *.toml of `directory`, unless that is empty. Else empty.
std::filesystem::path configuration_there(const std::filesystem::path& file, const std::filesystem::path& directory);

/// Why it could not be written; then there is no such file, or the one that was there is as it was.
std::optional<std::string> write_new(const std::filesystem::path& file, const std::string& text);

}  // namespace drcon::init
