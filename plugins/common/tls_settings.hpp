// The `tls` table that every plugin with an HTTPS client has.
#pragma once

#include "common/http_client.hpp"

#include <drcon/options.hpp>

namespace drcon::common {

/// From options named ca_file, cert_file, key_file, server_name and verify. Throws config_error.
inline tls_options read_tls(const options& tls) {
  tls_options to{.ca_file = tls["ca_file"].string_or(""),
                 .cert_file = tls["cert_file"].string_or(""),
                 .key_file = tls["key_file"].string_or(""),
                 .server_name = tls["server_name"].string_or(""),
                 .verify = !tls["verify"].present() || tls["verify"].boolean()};
  if (to.cert_file.empty() != to.key_file.empty())
    throw config_error(tls.pointer(), "cert_file and key_file go together: a client certificate needs its key");
  return to;
}

}  // namespace drcon::common
