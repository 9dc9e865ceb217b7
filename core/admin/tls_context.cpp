#include "admin/tls_context.hpp"

namespace drcon::admin {

using boost::asio::ssl::context;

base::result<std::shared_ptr<context>> make_tls_context(const std::filesystem::path& certificate,
                                                        const std::filesystem::path& private_key) {
  auto made = std::make_shared<context>(context::tls_server);
  boost::system::error_code error;
  made->set_options(context::default_workarounds | context::no_tlsv1 | context::no_tlsv1_1, error);
  made->use_certificate_chain_file(certificate.string(), error);
  if (error) return base::failure{"certificate " + certificate.string() + " cannot be used: " + error.message()};
  made->use_private_key_file(private_key.string(), context::pem, error);
  if (error) return base::failure{"private key " + private_key.string() + " cannot be used: " + error.message()};
  return made;
}

}  // namespace drcon::admin
