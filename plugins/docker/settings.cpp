#include "docker/settings.hpp"

#include "common/shortest_pause.hpp"
#include "common/tls_settings.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/host_name.hpp>
#include <boost/asio/ip/udp.hpp>

namespace drcon::docker {
namespace {

namespace ip = boost::asio::ip;

common::http_server read_engine(const options& table) {
  const auto tls = common::read_tls(table["tls"]);
  auto address = table["engine"].string();
  // As DOCKER_HOST has it; there TLS is a matter of other settings.
  if (address.starts_with("tcp://"))
    address.replace(0, 3, tls.ca_file.empty() && tls.cert_file.empty() ? "http" : "https");
  return common::read_http_server(address, table["engine"], table["tls"]);
}

std::string read_host_address(const options& table) {
  auto given = table["host_address"].string_or("");
  if (given.empty()) return given;
  boost::system::error_code error;
  ip::make_address(given, error);
  if (error) throw config_error("/host_address", "expected an IP address");
  return given;
}

std::string read_host_address_ipv6(const options& table) {
  auto given = table["host_address_ipv6"].string_or("");
  if (given.empty()) return given;
  boost::system::error_code error;
  ip::make_address_v6(given, error);
  if (error) throw config_error("/host_address_ipv6", "expected an IPv6 address, without brackets");
  if (table["bindings"].string() != "all")
    throw config_error("/host_address_ipv6", R"(IPv6 beside IPv4 is published with bindings = "all" only)");
  return given;
}

host_ports read_host_network(const options& table) {
  const auto given = table["host_network"].string();
  return given == "named" ? host_ports::named : given == "published" ? host_ports::published : host_ports::exposed;
}

identity read_identity(const options& table) {
  const auto given = table["identity"].string();
  return given == "id" ? identity::id : given == "hostname" ? identity::hostname : identity::name;
}

std::string read_host_name(const options& table) {
  const auto given = table["host_name"].string_or("");
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
  const auto local = probe.local_endpoint(error);
  return error ? "127.0.0.1" : local.address().to_string();
}

settings read_settings(const options& table) {
  settings result;
  result.engine = read_engine(table);
  result.conventions = {.host_name = read_host_name(table),
                        .host_address = read_host_address(table),
                        .host_address_ipv6 = read_host_address_ipv6(table),
                        .internal = table["addresses"].string() == "internal",
                        .network = table["network"].string_or(""),
                        .address_label = table["address_label"].string_or(""),
                        .host_network = read_host_network(table),
                        .all_bindings = table["bindings"].string() == "all",
                        .identified_by = read_identity(table),
                        .explicit_only = table["explicit"].boolean(),
                        .crashed_is_critical = table["on_exit"].string() == "critical",
                        .labels = table["label"].strings(),
                        .tags = table["tags"].strings(),
                        .metadata = table["metadata"].strings()};
  if (!result.conventions.network.empty() && !result.conventions.internal)
    throw config_error("/network", R"(a network is chosen with addresses = "internal" only)");
  result.services = table["service"].strings();
  result.is_swarm = table["watch"].string() == "swarm";
  result.swarm_interval = table["swarm_interval"].duration();
  if (result.swarm_interval < std::chrono::milliseconds(100))
    throw config_error("/swarm_interval", "expected at least 100ms");
  result.resync = table["resync"].duration();
  result.settle = table["settle"].duration();
  result.stop_wait = table["stop_wait"].duration();
  result.timeout = table["timeout"].duration();
  result.retry_max = common::pause_of_at_least(std::chrono::milliseconds(100), table["retry_max"]);
  if (result.resync < std::chrono::seconds(1)) throw config_error("/resync", "expected at least 1s");
  if (result.timeout < std::chrono::milliseconds(100)) throw config_error("/timeout", "expected at least 100ms");
  return result;
}

}  // namespace drcon::docker
