#include "container/settings.hpp"

#include "common/nginx_grammar.hpp"

#include <pattern.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace drcon::container {
namespace {

constexpr std::array<std::string_view, 4> balances{"round_robin", "least_conn", "ip_hash", "random"};

std::string or_empty(const std::optional<std::string>& text) { return text.value_or(""); }

// A host and port alone, as the recipe has it, or a URL.
std::string as_url(const std::string& address, const environment& of) {
  if (address.find("://") != std::string::npos) return address;
  const bool secure = or_empty(of("CONSUL_HTTP_SSL")) == "true" || !or_empty(of("CONSUL_CACERT")).empty();
  return (secure ? "https://" : "http://") + address;
}

// What no name of a service has, but a regular expression that is worth the name.
bool is_expression(const std::string& text) { return text.find_first_of("*+?()[]{}|^$\\") != std::string::npos; }

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> all;
  std::string word;
  for (const char each : text + ",") {
    if (each != ',' && each != ' ') {
      word += each;
      continue;
    }
    if (!word.empty() && std::ranges::find(all, word) == all.end()) all.push_back(word);
    word.clear();
  }
  return all;
}

bool read_services(const std::string& text, container_settings& all, std::string& why) {
  if (is_expression(text)) {
    try {
      const pattern compiled(text);
      all.match = text;
      return true;
    } catch (const pattern_error& error) {
      why = "SERVICE is \"" + text + "\", which is no name and no regular expression: " + error.what();
      return false;
    }
  }
  all.services = split(text);
  for (const auto& each : all.services)
    if (!common::nginx::is_upstream_name(each)) {
      why = "SERVICE names \"" + each + "\", which cannot be the name of an upstream in nginx";
      return false;
    }
  if (all.services.empty()) why = "SERVICE is empty: it takes a name, several with commas, or a regular expression";
  return !all.services.empty();
}

bool read_port(const std::string& text, int& port, std::string& why) {
  constexpr int highest = 65535;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error == std::errc() && end == text.data() + text.size() && port > 0 && port <= highest) return true;
  why = "PORT is \"" + text + "\": expected a number from 1 to 65535";
  return false;
}

bool read_balance(const std::string& text, std::string& balance, std::string& why) {
  balance = text;
  if (std::ranges::find(balances, text) != balances.end()) return true;
  why = "BALANCE is \"" + text + "\": expected round_robin, least_conn, ip_hash or random";
  return false;
}

}  // namespace

const std::vector<variable>& variables() {
  static const std::vector<variable> all{
      {"CONSUL", "Consul's agent: HOST:PORT or a URL. Required, but where /etc/drcon/drcon.toml is mounted."},
      {"SERVICE",
       "What is balanced: the name of a service, several with commas, or a regular expression. Required with CONSUL."},
      {"BALANCE", "How: round_robin (default), least_conn, ip_hash or random."},
      {"PORT", "The port in the container on which nginx listens. Default: 80."},
      {"CONSUL_HTTP_TOKEN", "The token for Consul; it needs service:read and node:read."},
      {"CONSUL_HTTP_SSL", "true: HTTPS, where CONSUL is HOST:PORT."},
      {"CONSUL_CACERT", "File of CA certificates to check Consul's with; then HOST:PORT means HTTPS."},
      {"CONSUL_CLIENT_CERT", "File of the certificate that Consul asks for."},
      {"CONSUL_CLIENT_KEY", "File of its key."},
  };
  return all;
}

std::optional<container_settings> read_settings(const environment& of, std::string& why) {
  container_settings all;
  const auto consul = or_empty(of("CONSUL"));
  if (consul.empty()) {
    why = "CONSUL is not set: docker run -e CONSUL=HOST:8500 -e SERVICE=NAME …";
    return {};
  }
  all.consul = as_url(consul, of);
  all.has_token = !or_empty(of("CONSUL_HTTP_TOKEN")).empty();
  all.ca_file = or_empty(of("CONSUL_CACERT"));
  all.cert_file = or_empty(of("CONSUL_CLIENT_CERT"));
  all.key_file = or_empty(of("CONSUL_CLIENT_KEY"));
  if (!read_services(or_empty(of("SERVICE")), all, why)) return {};
  if (const auto port = or_empty(of("PORT")); !port.empty() && !read_port(port, all.port, why)) return {};
  if (const auto balance = or_empty(of("BALANCE")); !balance.empty() && !read_balance(balance, all.balance, why))
    return {};
  return all;
}

}  // namespace drcon::container
