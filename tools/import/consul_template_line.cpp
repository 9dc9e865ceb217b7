#include "import/consul_template_line.hpp"

#include "import/templates.hpp"

#include <algorithm>

namespace drcon::importing {
namespace {

namespace fs = std::filesystem;

constexpr flag all_flags[] = {
    {"config", true,
     "A configuration file of Consul Template's (HCL or JSON), or a directory of such; may be repeated"},
    {"template", true, "SOURCE:DESTINATION:COMMAND; may be repeated"},
    {"templates", true, "drcon's own: the directory where texts of `contents` are written as files"},
    {"consul-addr", true, "Consul's address", "consul.address"},
    {"consul", true, "The same, as earlier versions call it", "consul.address"},
    {"consul-auth", true, "Not translated: user name and password", "consul.auth.username"},
    {"auth", true, "Not translated: user name and password", "consul.auth.username"},
    {"consul-namespace", true, "Namespace (Consul Enterprise)", "consul.namespace"},
    {"consul-retry", false, "Not needed: drcon never gives up", "consul.retry.enabled"},
    {"consul-retry-attempts", true, "Not needed: drcon never gives up", "consul.retry.attempts"},
    {"consul-retry-backoff", true, "First pause", "consul.retry.backoff"},
    {"consul-retry-max-backoff", true, "Longest pause", "consul.retry.max_backoff"},
    {"retry", true, "The first pause, as earlier versions call it", "consul.retry.backoff"},
    {"consul-ssl", false, "Use https", "consul.ssl.enabled"},
    {"consul-ssl-ca-cert", true, "File of CA certificates", "consul.ssl.ca_cert"},
    {"consul-ssl-ca-path", true, "Not translated: a directory of CA certificates", "consul.ssl.ca_path"},
    {"consul-ssl-cert", true, "File of the client certificate", "consul.ssl.cert"},
    {"consul-ssl-key", true, "File of the client key", "consul.ssl.key"},
    {"consul-ssl-server-name", true, "Name expected in the server's certificate", "consul.ssl.server_name"},
    {"consul-ssl-verify", false, "Check the server's certificate", "consul.ssl.verify"},
    {"ssl", false, "Use https", "consul.ssl.enabled"},
    {"ssl-verify", false, "Check the server's certificate", "consul.ssl.verify"},
    {"ssl-cert", true, "File of the client certificate", "consul.ssl.cert"},
    {"ssl-ca-cert", true, "File of CA certificates", "consul.ssl.ca_cert"},
    {"consul-token", true, "ACL token", "consul.token"},
    {"token", true, "ACL token", "consul.token"},
    {"consul-token-file", true, "File with the ACL token", "consul.token_file"},
    {"consul-transport-dial-keep-alive", true, "Not needed", "consul.transport.dial_keep_alive"},
    {"consul-transport-dial-timeout", true, "Not needed", "consul.transport.dial_timeout"},
    {"consul-transport-disable-keep-alives", false, "Not needed", "consul.transport.disable_keep_alives"},
    {"consul-transport-max-idle-conns-per-host", true, "Not needed", "consul.transport.max_idle_conns_per_host"},
    {"consul-transport-tls-handshake-timeout", true, "Not needed", "consul.transport.tls_handshake_timeout"},
    {"block-query-wait", true, "Longest time of a blocking query", "block_query_wait"},
    {"max-stale", true, "How old an answer of a server that does not lead may be", "max_stale"},
    {"wait", true, "MIN, or MIN:MAX: how long changes are collected", "wait"},
    {"default-left-delimiter", true, "Of templates that name none", "default_left_delimiter"},
    {"default-right-delimiter", true, "Of templates that name none", "default_right_delimiter"},
    {"log-level", true, "See [log] in drcon.toml", "log_level"},
    {"log-file", true, "See [log] in drcon.toml", "log_file.path"},
    {"log-rotate-bytes", true, "Not needed", "log_file.log_rotate_bytes"},
    {"log-rotate-duration", true, "Not needed", "log_file.log_rotate_duration"},
    {"log-rotate-max-files", true, "Not needed", "log_file.log_rotate_max_files"},
    {"syslog", false, "Not needed", "syslog.enabled"},
    {"syslog-facility", true, "Not needed", "syslog.facility"},
    {"syslog-name", true, "Not needed", "syslog.name"},
    {"pid-file", true, "Not needed", "pid_file"},
    {"kill-signal", true, "Not needed", "kill_signal"},
    {"reload-signal", true, "Not needed", "reload_signal"},
    {"dedup", false, "Not needed", "deduplicate.enabled"},
    {"once", false, "See drcon once", "once"},
    {"dry", false, "See drcon render", "dry"},
    {"parse-only", false, "See drcon check", "parse_only"},
    {"template-error-fatal", false, "Not needed", "template_error_fatal"},
    {"err-on-failed-lookup", false, "Not needed", "err_on_failed_lookup"},
    {"exec", true, "The program to keep: supervise of a sink", "exec.command"},
    {"exec-kill-signal", true, "By which it is asked to end", "exec.kill_signal"},
    {"exec-kill-timeout", true, "How long it may take to end", "exec.kill_timeout"},
    {"exec-reload-signal", true, "What it gets when a file has changed", "exec.reload_signal"},
    {"exec-splay", true, "The most that a change is delayed, at random", "exec.splay"},
    {"vault-addr", true, "drcon does not watch Vault", "vault.address"},
    {"vault-token", true, "drcon does not watch Vault", "vault.token"},
    {"vault-agent-token-file", true, "drcon does not watch Vault", "vault.token_file"},
    {"vault-namespace", true, "drcon does not watch Vault", "vault.namespace"},
    {"vault-renew-token", false, "drcon does not watch Vault", "vault.renew"},
    {"vault-unwrap-token", false, "drcon does not watch Vault", "vault.unwrap"},
    {"vault-ssl", false, "drcon does not watch Vault", "vault.ssl"},
    {"vault-ssl-verify", false, "drcon does not watch Vault", "vault.ssl_verify"},
    {"vault-ssl-ca-cert", true, "drcon does not watch Vault", "vault.ca_cert"},
    {"vault-ssl-ca-path", true, "drcon does not watch Vault", "vault.ca_path"},
    {"vault-ssl-cert", true, "drcon does not watch Vault", "vault.cert"},
    {"vault-ssl-key", true, "drcon does not watch Vault", "vault.key"},
    {"vault-ssl-server-name", true, "drcon does not watch Vault", "vault.server_name"},
    {"vault-retry", false, "drcon does not watch Vault", "vault.retry"},
    {"vault-retry-attempts", true, "drcon does not watch Vault", "vault.attempts"},
    {"vault-retry-backoff", true, "drcon does not watch Vault", "vault.backoff"},
    {"vault-retry-max-backoff", true, "drcon does not watch Vault", "vault.max_backoff"},
    {"nomad-addr", true, "drcon does not watch Nomad", "nomad.address"},
    {"nomad-token", true, "drcon does not watch Nomad", "nomad.token"},
    {"nomad-namespace", true, "drcon does not watch Nomad", "nomad.namespace"},
};

hcl::value text(const std::string& content) {
  hcl::value result{.what = hcl::value::kind::text};
  result.text = content;
  return result;
}

void read_one_file(const fs::path& path, const std::string& shown, const place& where, settings& result,
                   report& found) {
  const auto content = text_of_file(path);
  if (!content) return found.fault(where, shown + " cannot be read");
  read_file_of_settings(*content, shown, result, found);
}

}  // namespace

std::span<const flag> consul_template_flags() { return all_flags; }

void read_settings_at(const std::string& path, const place& where, const import_surroundings& around, settings& result,
                      report& found) {
  const fs::path whole = absolute(path, around);
  std::error_code error;
  if (!fs::is_directory(whole, error)) {
    if (fs::exists(whole, error)) return read_one_file(whole, path, where, result, found);
    return found.fault(where, "there is no " + path);
  }
  std::vector<fs::path> files;
  for (const auto& each : fs::recursive_directory_iterator(whole, error))
    if (each.is_regular_file(error)) files.push_back(each.path());
  std::ranges::sort(files);
  if (files.empty()) found.fault(where, path + " has no file");
  for (const auto& each : files)
    read_one_file(each, (path.ends_with('/') ? path : path + "/") + each.lexically_relative(whole).string(), where,
                  result, found);
}

settings read_consul_template_line(std::span<const std::string> words, import_surroundings& around, report& found) {
  if (!words.empty() && fs::path(words[0]).filename() == "consul-template") words = words.subspan(1);
  const auto line = read_line(words, consul_template_flags(), "consul-template", found);
  settings result;
  for (const auto& each : line.rest)
    found.fault({.file = "command line, " + each}, "expected a flag: consul-template takes nothing else");
  // What the command line says counts more than what files do, wherever it stands.
  for (const auto& each : line.flags) {
    if (each.what->name == "templates") around.templates_directory = each.value;
    if (each.what->name == "config") read_settings_at(each.value, each.where, around, result, found);
  }
  for (const auto& each : line.flags) {
    if (each.what->name == "template") result.templates.push_back(read_template_flag(each.value, each.where, found));
    else if (!each.what->option.empty())
      set_option(std::string(each.what->option), text(each.value), each.where, result, found);
  }
  return result;
}

}  // namespace drcon::importing
