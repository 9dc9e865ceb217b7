#include "docker/settings.hpp"

#include "common/tls_settings.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/host_name.hpp>
#include <boost/asio/ip/udp.hpp>

namespace drcon::docker {
namespace {

namespace ip = boost::asio::ip;

common::http_server read_engine(const options& from) {
  const auto tls = common::read_tls(from["tls"]);
  auto address = from["engine"].string();
  // As DOCKER_HOST has it; there TLS is a matter of other settings.
  if (address.starts_with("tcp://"))
    address.replace(0, 3, tls.ca_file.empty() && tls.cert_file.empty() ? "http" : "https");
  return common::read_http_server(address, from["engine"], from["tls"]);
}

std::string read_host_address(const options& from) {
  auto given = from["host_address"].string_or("");
  if (given.empty()) return given;
  boost::system::error_code error;
  ip::make_address(given, error);
  if (error) throw config_error("/host_address", "expected an IP address");
  return given;
}

std::string read_host_name(const options& from) {
  const auto given = from["host_name"].string_or("");
  boost::system::error_code error;
  return given.empty() ? ip::host_name(error) : given;
}

}  // namespace

// Connecting a UDP socket sends nothing.
std::string own_address() {
  constexpr auto somebody_else = "192.0.2.1";  // documentation only, RFC 5737
  boost::asio::io_context context;
  boost::system::error_code error;
  ip::udp::socket probe(context);
  probe.connect({ip::make_address(somebody_else), 9}, error);
  if (error) return "127.0.0.1";
  const auto at = probe.local_endpoint(error);
  return error ? "127.0.0.1" : at.address().to_string();
}

settings read_settings(const options& from) {
  settings to;
  to.engine = read_engine(from);
  to.conventions = {.host_name = read_host_name(from),
                    .host_address = read_host_address(from),
                    .internal = from["addresses"].string() == "internal",
                    .network = from["network"].string_or(""),
                    .address_label = from["address_label"].string_or(""),
                    .explicit_only = from["explicit"].boolean(),
                    .crashed_is_critical = from["on_exit"].string() == "critical",
                    .tags = from["tags"].strings()};
  if (!to.conventions.network.empty() && !to.conventions.internal)
    throw config_error("/network", R"(a network is chosen with addresses = "internal" only)");
  to.labels = from["label"].strings();
  to.services = from["service"].strings();
  to.resync = from["resync"].duration();
  to.settle = from["settle"].duration();
  to.stop_wait = from["stop_wait"].duration();
  to.timeout = from["timeout"].duration();
  to.retry_max = from["retry_max"].duration();
  if (to.resync < std::chrono::seconds(1)) throw config_error("/resync", "expected at least 1s");
  if (to.timeout < std::chrono::milliseconds(100)) throw config_error("/timeout", "expected at least 100ms");
  return to;
}

}  // namespace drcon::docker
