// [admin]: the admin interface.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace drcon::config {

class diagnostics;
struct checked_options;
struct section;
template <class Config>
struct option_group;

struct admin_config {
  std::filesystem::path socket;  ///< empty: none
  std::string address;           ///< listen = "ADDRESS:PORT"; empty: no TCP
  std::uint16_t port = 0;
  std::string token;                  ///< empty: none, and nothing is changed over TCP
  std::filesystem::path certificate;  ///< with a private key: TLS
  std::filesystem::path private_key;
  bool is_on() const { return !socket.empty() || !address.empty(); }
  bool operator==(const admin_config&) const = default;
};

const option_group<admin_config>& admin_options();

/// Reports an address that is none, and options that are sound by themselves and do not go together. `admin` was read
/// from `options`.
void check_admin(const admin_config& admin, const checked_options& options, diagnostics& found);

}  // namespace drcon::config
