// The `tls` table that every plugin with an HTTPS client has.
#pragma once

#include "common/http_server.hpp"

#include <drcon/options.hpp>

#include <stdexcept>
#include <string>

/// Its schema, to stand among a plugin's properties.
#define DRCON_TLS_SCHEMA                                                                                                                                               \
  R"("tls": { "type": "object", "additionalProperties": false, "description": "For https.", "properties": {)"                                                          \
  R"( "ca_file": { "type": "string", "format": "path", "reads": true, "description": "PEM file of CA certificates. Default: the system's." },)"                        \
  R"( "cert_file": { "type": "string", "format": "path", "reads": true, "description": "PEM file of the client certificate." },)"                                      \
  R"( "key_file": { "type": "string", "format": "path", "reads": true, "description": "PEM file of the client key." },)"                                               \
  R"( "server_name": { "type": "string", "description": "Name expected in the server's certificate, such as server.dc1.consul. Default: the host of the address." },)" \
  R"( "verify": { "type": "boolean", "default": true, "description": "Whether the server's certificate is checked." })"                                                \
  R"( } })"

namespace drcon::common {

/// From options named ca_file, cert_file, key_file, server_name and verify. Throws config_error.
inline tls_options read_tls(const options& tls) {
  tls_options result{.ca_file = tls["ca_file"].string_or(""),
                     .cert_file = tls["cert_file"].string_or(""),
                     .key_file = tls["key_file"].string_or(""),
                     .server_name = tls["server_name"].string_or(""),
                     .verify = !tls["verify"].present() || tls["verify"].boolean()};
  if (result.cert_file.empty() != result.key_file.empty())
    throw config_error(tls.pointer(), "cert_file and key_file go together: a client certificate needs its key");
  return result;
}

/// The server of `url`, which the option `at` gives, with the TLS options that go with https. Throws config_error.
inline http_server read_http_server(const std::string& url, const options& option, const options& tls) {
  const auto with = read_tls(tls);
  try {
    return make_http_server(url, with);
  } catch (const std::runtime_error& error) {
    // Of https it is the files that cannot be used.
    throw config_error(url.starts_with("https") ? tls.pointer() : option.pointer(), error.what());
  }
}

}  // namespace drcon::common
