#include "consul_catalog/settings.hpp"

#include "common/consul_rules.hpp"
#include "common/digest.hpp"
#include "common/tls_settings.hpp"
#include "consul_catalog/go_duration.hpp"

#include <drcon/configuration.h>

#include <boost/asio/ip/host_name.hpp>

#include <algorithm>
#include <string_view>

namespace drcon::consul_catalog {
namespace {

check_words read_check(const options& table) {
  check_words result;
  for (const auto* key : {"http", "https", "grpc", "ttl", "interval", "timeout", "initial_status"})
    if (table[key].present()) result[key] = table[key].string();
  for (const auto* key : {"tcp", "tls_skip_verify", "grpc_use_tls"})
    if (table[key].present() && table[key].boolean()) result[key] = "true";
  for (const auto* key : {"ttl", "interval", "timeout"})
    if (result.contains(key) && !go_duration(result[key]))
      throw config_error(table[key].pointer(), "expected a duration in Go's form, such as \"1m30s\"");
  const auto kinds = std::ranges::count_if(result, [](const auto& each) {
    return each.first == "http" || each.first == "https" || each.first == "tcp" || each.first == "grpc";
  });
  if (kinds > 1) throw config_error(table.pointer(), "expected one of 'http', 'https', 'tcp' and 'grpc', not more");
  return result;
}

std::string read_owner(const options& table, const context& host) {
  if (table["owner"].present()) return table["owner"].string();
  boost::system::error_code error;
  return boost::asio::ip::host_name(error) + "/" + std::string(host.name());
}

// Where the configuration is says what it is: it is edited, and is the same one still. Of the path only a digest goes
// to where everybody can read it.
std::string read_origin(const context& host) {
  const auto* found = host.ability<drcon_configuration>(DRCON_CONFIGURATION);
  const auto file = found == nullptr ? std::string_view() : view(found->file(host.instance()));
  return file.empty() ? std::string() : common::digest(file);
}

target_settings read_target(const options& table) {
  target_settings result;
  result.server = common::read_http_server(table["address"].string(), table["address"], table["tls"]);
  result.token = table["token"].string_or("");
  result.scope = common::consul::scope(table["namespace"].string_or(""), table["partition"].string_or(""));
  result.timeout = table["timeout"].duration();
  if (result.timeout < std::chrono::milliseconds(100)) throw config_error("/timeout", "expected at least 100ms");
  return result;
}

}  // namespace

apply_settings read_settings(const options& table, const context& host) {
  apply_settings result;
  result.target = read_target(table);
  result.desired = {.owner = read_owner(table, host),
                    .origin = read_origin(host),
                    .check = read_check(table["check"]),
                    .scripts = table["scripts"].boolean(),
                    .deregister = table["deregister_critical_service_after"].string_or("")};
  if (!result.desired.deregister.empty() && !go_duration(result.desired.deregister))
    throw config_error("/deregister_critical_service_after", "expected a duration in Go's form, such as \"90m\"");
  result.adopt = table["adopt"].boolean();
  result.verify = table["verify"].duration();
  if (result.verify < std::chrono::milliseconds(100) || result.verify > std::chrono::hours(1))
    throw config_error("/verify", "expected a duration of 100ms to 1h");
  return result;
}

}  // namespace drcon::consul_catalog
