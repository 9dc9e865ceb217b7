#include "config/secret.hpp"

#include "config/file_text.hpp"
#include "config/text.hpp"

#include <cstdlib>

namespace drcon::config {
namespace {

std::optional<std::string> from_file(const std::filesystem::path& directory, const std::string& file,
                                     std::string& why) {
  constexpr std::size_t largest = 1U << 20U;
  auto secret = read_file_text(directory / file, largest, why);
  if (!secret) {
    why = "the file '" + shortened(file) + "' " + why;
    return {};
  }
  if (secret->ends_with('\n')) secret->pop_back();
  if (secret->ends_with('\r')) secret->pop_back();
  return secret;
}

std::optional<std::string> from_environment(const std::string& name, std::string& why) {
  const char* const value = std::getenv(name.c_str());
  if (value != nullptr) return value;
  why = "the environment has no variable '" + shortened(name) + "'";
  return {};
}

// What the unit's LoadCredential= names; see systemd.exec(5).
std::optional<std::string> from_credential(const std::string& name, std::string& why) {
  const char* const directory = std::getenv("CREDENTIALS_DIRECTORY");
  if (directory != nullptr && !name.empty() && name.find('/') == std::string::npos)
    return from_file(directory, name, why);
  why = directory == nullptr ? "there is no credential '" + shortened(name) + "': systemd gave none (LoadCredential=)"
                             : "'" + shortened(name) + "' is no name of a credential";
  return {};
}

}  // namespace

std::optional<std::string> read_secret(const toml::node& node, const std::filesystem::path& directory,
                                       std::string& why) {
  if (node.is_string()) return node.value<std::string>();
  const auto* table = node.as_table();
  if (table != nullptr && table->size() == 1) {
    if (const auto file = (*table)["file"].value_exact<std::string>()) return from_file(directory, *file, why);
    if (const auto name = (*table)["env"].value_exact<std::string>()) return from_environment(*name, why);
    if (const auto name = (*table)["credential"].value_exact<std::string>()) return from_credential(*name, why);
  }
  why = R"(expected a string, { file = "…" }, { env = "…" } or { credential = "…" })";
  return {};
}

}  // namespace drcon::config
