// The certificate and the protocol versions of the admin interface over TLS.
#pragma once

#include <boost/asio/ssl/context.hpp>

#include <filesystem>
#include <memory>
#include <string>

namespace drcon::admin {

/// For a server of TLS 1.2 or newer. Null, and the reason in `why`, when a file cannot be used.
std::shared_ptr<boost::asio::ssl::context> make_tls_context(const std::filesystem::path& certificate,
                                                            const std::filesystem::path& private_key, std::string& why);

}  // namespace drcon::admin
