#include "settings.hpp"

#include <drcon/url.hpp>

#include <boost/asio/ssl/host_name_verification.hpp>

namespace etcd {

namespace ssl = boost::asio::ssl;

namespace {

// Throws std::exception when a file cannot be used.
std::shared_ptr<ssl::context> read_tls(const drcon::options& from, const std::string& host) {
  auto to = std::make_shared<ssl::context>(ssl::context::tls_client);
  const auto ca = from["ca_file"].string_or("");
  const auto certificate = from["cert_file"].string_or("");
  const auto key = from["key_file"].string_or("");
  if (certificate.empty() != key.empty())
    throw std::runtime_error("cert_file and key_file go together: a client certificate needs its key");
  const auto use = [](const std::string& file, const auto& load) {
    boost::system::error_code error;
    load(error);
    if (error) throw std::runtime_error(file + ": " + error.message());
  };
  if (ca.empty()) to->set_default_verify_paths();
  else use(ca, [&](auto& error) { to->load_verify_file(ca, error); });
  if (!certificate.empty()) {
    use(certificate, [&](auto& error) { to->use_certificate_chain_file(certificate, error); });
    use(key, [&](auto& error) { to->use_private_key_file(key, ssl::context::pem, error); });
  }
  to->set_verify_mode(ssl::verify_peer);
  to->set_verify_callback(ssl::host_name_verification(host));
  return to;
}

server read_server(const drcon::options& address, const drcon::options& tls) {
  const auto text = address.string();
  const auto url = drcon::parse_url(text);
  if (!url || (url->scheme != "http" && url->scheme != "https"))
    throw drcon::config_error(address.pointer(), "expected http:// or https://, a host and a port");
  if (url->has_user)
    throw drcon::config_error(address.pointer(), "a user goes into 'user' and 'password', which no message shows");
  if (!url->path.empty() && url->path != "/")
    throw drcon::config_error(address.pointer(), "no path is expected: the gateway's own are used");
  server to{.url = text, .host = url->host, .port = url->port.empty() ? "2379" : url->port, .tls = {}};
  if (url->scheme == "http") return to;
  try {
    to.tls = read_tls(tls, to.host);
  } catch (const std::exception& error) {
    throw drcon::config_error(tls.pointer(), error.what());
  }
  return to;
}

std::chrono::nanoseconds read_duration(const drcon::options& from) {
  const auto to = from.duration();
  if (to < std::chrono::milliseconds(100)) throw drcon::config_error(from.pointer(), "expected at least 100ms");
  return to;
}

}  // namespace

settings read_settings(const drcon::options& from) {
  settings to;
  for (std::size_t i = 0; i < from["address"].count(); ++i)
    to.servers.push_back(read_server(from["address"][i], from["tls"]));
  to.prefix = from["prefix"].string();
  if (!to.prefix.ends_with('/')) to.prefix += '/';
  to.services = from["service"].strings();
  to.user = from["user"].string_or("");
  to.password = from["password"].string_or("");
  if (to.user.empty() != to.password.empty())
    throw drcon::config_error(from[to.user.empty() ? "password" : "user"].pointer(), "user and password go together");
  to.timeout = read_duration(from["timeout"]);
  to.check = read_duration(from["check"]);
  to.retry_max = read_duration(from["retry_max"]);
  to.max_answer = from["max_answer"].bytes();
  return to;
}

}  // namespace etcd
