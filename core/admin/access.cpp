#include "admin/access.hpp"

#include "admin/routes.hpp"

#include <openssl/crypto.h>
#include <boost/asio/ip/address.hpp>

namespace drcon::admin {
namespace {

// "127.0.0.1:9180" and "[::1]:9180", or without the port.
bool is_address_or_localhost(std::string_view host) {
  const auto colon = host.rfind(':');
  if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) host = host.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  boost::system::error_code error;
  boost::asio::ip::make_address(std::string(host), error);
  return !error || host == "localhost";
}

// Takes the same time wherever the first wrong byte is, so that the time does not reveal how much was right.
bool is_token(std::string_view authorization, std::string_view token) {
  constexpr std::string_view scheme = "Bearer ";
  if (!authorization.starts_with(scheme)) return false;
  authorization.remove_prefix(scheme.size());
  return authorization.size() == token.size() && CRYPTO_memcmp(authorization.data(), token.data(), token.size()) == 0;
}

}  // namespace

bool shows_who(const access_rules& rules, std::string_view authorization) {
  return rules.token.empty() || is_token(authorization, rules.token);
}

std::optional<answer> refusal(const access_rules& rules, way_in by, const asked& what, std::string_view host,
                              std::string_view authorization) {
  if (by == way_in::unix_socket) return {};
  if (!rules.token.empty()) {
    const auto* which = find_route(what);
    if ((which != nullptr && which->without_token) || is_token(authorization, rules.token)) return {};
    auto refused = refuse(401, "the token is missing or wrong",
                          "send the header 'Authorization: Bearer TOKEN' with [admin] token");
    refused.headers.emplace_back("WWW-Authenticate", "Bearer");
    return refused;
  }
  if (!is_address_or_localhost(host))
    return refuse(421, "without a token this port answers to an address or to localhost only, as the host of the URL",
                  "use http://127.0.0.1:PORT/, or set [admin] token");
  if (what.method != "GET")
    return refuse(403, "nothing is changed over TCP without a token",
                  "set [admin] token, or use the unix socket: drcon does");
  return {};
}

}  // namespace drcon::admin
