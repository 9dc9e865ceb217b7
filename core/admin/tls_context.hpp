// The certificate and the protocol versions of the admin interface over TLS.
#pragma once

#include "base/result.hpp"

#include <boost/asio/ssl/context.hpp>

#include <filesystem>
#include <memory>

namespace drcon::admin {

/// For a server of TLS 1.2 or newer; a failure when a file cannot be used.
base::result<std::shared_ptr<boost::asio::ssl::context>> make_tls_context(const std::filesystem::path& certificate,
                                                                          const std::filesystem::path& private_key);

}  // namespace drcon::admin
