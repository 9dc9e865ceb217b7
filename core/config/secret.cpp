#include "config/secret.hpp"

#include "config/text.hpp"

#include <fmt/format.h>

#include <sys/stat.h>

#include <cstdlib>

namespace drcon::config {
namespace {

base::result<std::string, read_fault> from_file(const std::filesystem::path& directory, const std::string& file) {
  constexpr std::size_t largest = 1U << 20U;
  auto secret = read_file_text(directory / file, largest);
  if (!secret) return read_fault{"the file '" + shortened(file) + "' " + secret.error().why, secret.error().may_pass};
  if (secret->ends_with('\n')) secret->pop_back();
  if (secret->ends_with('\r')) secret->pop_back();
  return secret;
}

base::result<std::string, read_fault> from_environment(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  if (value == nullptr) return read_fault{"the environment has no variable '" + shortened(name) + "'"};
  return std::string(value);
}

// Of what the unit's LoadCredential= names; see systemd.exec(5).
const char* credentials_directory() { return std::getenv("CREDENTIALS_DIRECTORY"); }

base::result<std::string, read_fault> from_credential(const std::string& name) {
  const char* const directory = credentials_directory();
  if (directory == nullptr)
    return read_fault{"there is no credential '" + shortened(name) + "': systemd gave none (LoadCredential=)"};
  if (name.empty() || name.find('/') != std::string::npos)
    return read_fault{"'" + shortened(name) + "' is no name of a credential"};
  return from_file(directory, name);
}

}  // namespace

base::result<std::string, read_fault> read_secret(const toml::node& node, const std::filesystem::path& directory) {
  if (node.is_string()) return node.value_or(std::string());
  const auto* table = node.as_table();
  if (table != nullptr && table->size() == 1) {
    if (const auto file = (*table)["file"].value_exact<std::string>()) return from_file(directory, *file);
    if (const auto name = (*table)["env"].value_exact<std::string>()) return from_environment(*name);
    if (const auto name = (*table)["credential"].value_exact<std::string>()) return from_credential(*name);
  }
  return read_fault{R"(expected a string, { file = "…" }, { env = "…" } or { credential = "…" })"};
}

// The change of its attributes counts as well: a file that could not be read before may be readable now.
std::string signature_of(const std::string& file) {
  struct stat now {};
  if (::stat(file.c_str(), &now) != 0) return {};
  return fmt::format("{}/{}/{}/{}.{}/{}.{}", now.st_dev, now.st_ino, now.st_size, now.st_mtim.tv_sec,
                     now.st_mtim.tv_nsec, now.st_ctim.tv_sec, now.st_ctim.tv_nsec);
}

std::filesystem::path file_of_secret(const toml::node& node, const std::filesystem::path& directory) {
  const auto* table = node.as_table();
  if (table == nullptr) return {};
  if (const auto file = (*table)["file"].value_exact<std::string>()) return directory / *file;
  const auto name = (*table)["credential"].value_exact<std::string>();
  const char* const given = credentials_directory();
  return name && given != nullptr ? std::filesystem::path(given) / *name : std::filesystem::path();
}

}  // namespace drcon::config
