#include "config/host/admin.hpp"

#include "config/option.hpp"
#include "config/schema_check.hpp"
#include "config/text.hpp"

#include <arpa/inet.h>

#include <array>
#include <charconv>

namespace drcon::config {
namespace {

using nlohmann::json;

// "127.0.0.1:9180" and "[::1]:9180". Where it is neither, `admin` has no port.
void read_address(const json& value, admin_config& admin) {
  const auto& text = value.get_ref<const std::string&>();
  admin.address = text;
  admin.port = 0;
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) return;
  auto address = text.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
  else if (address.find(':') != std::string::npos) return;
  std::array<unsigned char, sizeof(in6_addr)> ignored{};
  if (::inet_pton(AF_INET, address.c_str(), ignored.data()) != 1 &&
      ::inet_pton(AF_INET6, address.c_str(), ignored.data()) != 1)
    return;
  const auto* const last = text.data() + text.size();
  std::uint16_t number = 0;
  const auto port = std::from_chars(text.data() + colon + 1, last, number);
  if (port.ec != std::errc() || port.ptr != last) return;
  admin.address = address;
  admin.port = number;
}

// One option that becomes two members.
option<admin_config> listen() {
  return {.key = "listen",
          .schema = {{"type", "string"},
                     {"default", ""},
                     {"description",
                      "ADDRESS:PORT to listen on over TCP too, such as \"127.0.0.1:9180\": the dashboard at "
                      "http://127.0.0.1:9180/, and /metrics for Prometheus. Without a token nothing can be changed "
                      "there. An address that is not loopback's needs token, certificate and private_key. Empty: "
                      "none."}},
          .read = read_address};
}

bool is_loopback(const std::string& address) { return address.starts_with("127.") || address == "::1"; }

}  // namespace

const option_group<admin_config>& admin_options() {
  static const option_group<admin_config> group{
      .key = "admin",
      .description = "Admin interface.",
      .options = {
          of_the_unit(&admin_config::socket, "RUNTIME_DIRECTORY", "admin.sock",
                      path("socket", &admin_config::socket,
                           "Unix socket of the admin interface (GET /v1/openapi.json describes it), mode 0660. Under "
                           "systemd the default is admin.sock in the unit's RuntimeDirectory=. Empty: none.")),
          listen(),
          secret("token", &admin_config::token,
                 "Whoever asks over TCP must send it: Authorization: Bearer TOKEN. At least 16 characters. Without a "
                 "token everybody on this host may read there, and nobody may write.",
                 {{"minLength", 16}}),
          path("certificate", &admin_config::certificate,
               "File with the certificate chain for TLS 1.2 or newer, PEM. Read again at each reload. Empty: no TLS."),
          path("private_key", &admin_config::private_key, "File with the certificate's private key, PEM."),
      }};
  return group;
}

void check_admin(const admin_config& admin, const checked_options& options, diagnostics& found) {
  const auto where = [&options](const std::string& key) {
    const auto written = options.positions.find("/" + key);
    return written == options.positions.end() ? position{} : written->second;
  };
  if (admin.certificate.empty() != admin.private_key.empty())
    found.error(code::value, where(admin.certificate.empty() ? "private_key" : "certificate"),
                "[admin] has a certificate without a private_key, or the other way round",
                "TLS needs both: write the one that is missing");
  if (admin.address.empty()) return;
  if (admin.port == 0) {
    found.error(code::value, where("listen"),
                "'listen' in [admin]: expected ADDRESS:PORT, found \"" +
                    shortened(options.values.at("listen").get<std::string>()) + "\"",
                "an IP address and a port, such as \"127.0.0.1:9180\" or \"[::1]:9180\"");
  } else if (!is_loopback(admin.address) && (admin.token.empty() || admin.certificate.empty())) {
    // A port that is open to a network needs a token against strangers, and TLS against eavesdroppers.
    found.error(code::value, where("listen"),
                "'listen' in [admin]: " + admin.address + " can be reached from elsewhere, and has no " +
                    (admin.token.empty() ? "token" : "TLS"),
                "add token, certificate and private_key, or listen on 127.0.0.1");
  }
}

}  // namespace drcon::config
