#include "import/sources_text.hpp"

#include "common/toml_text.hpp"
#include "import/toml.hpp"

#include <map>

namespace drcon::importing {
namespace {

constexpr std::size_t most_keys = 100;  // entries of one consul-kv source
constexpr std::size_t most_reasons = 4;

std::string variable(const import_surroundings& around, const char* name) {
  return around.environment ? around.environment(name).value_or("") : "";
}

std::string address_of(const settings& given, const import_surroundings& around) {
  auto address = given.address.empty() ? variable(around, "CONSUL_HTTP_ADDR") : given.address;
  if (address.empty()) address = "127.0.0.1:8500";
  const bool ssl =
      given.ssl || variable(around, "CONSUL_HTTP_SSL") == "true" || variable(around, "CONSUL_HTTP_SSL") == "1";
  if (address.find("://") == std::string::npos) address = (ssl ? "https://" : "http://") + address;
  if (ssl && address.starts_with("http://")) address.insert(4, "s");
  return address;
}

std::string tls_of(const settings& given, const import_surroundings& around) {
  std::string text;
  const auto add = [&](const char* key, const std::string& file, const char* name) {
    const auto& value = file.empty() && *name != '\0' ? variable(around, name) : file;
    if (!value.empty()) text += std::string(text.empty() ? "" : ", ") + key + " = " + common::toml_text(value);
  };
  add("ca_file", given.ssl_ca_file, "CONSUL_CACERT");
  add("cert_file", given.ssl_certificate, "CONSUL_CLIENT_CERT");
  add("key_file", given.ssl_key.empty() ? given.ssl_certificate : given.ssl_key, "CONSUL_CLIENT_KEY");
  add("server_name", given.ssl_server_name, "CONSUL_TLS_SERVER_NAME");
  if (!given.ssl_verify || variable(around, "CONSUL_HTTP_SSL_VERIFY") == "false")
    text += std::string(text.empty() ? "" : ", ") + "verify = false";
  return text.empty() ? "" : "tls = { " + text + " }\n";
}

std::string token_of(const settings& given, const import_surroundings& around) {
  if (!given.token.empty())
    return "token = " + common::toml_text(given.token) +
           "  # better in a file: { file = \"/etc/drcon/credentials/token\" }\n";
  if (!given.token_file.empty()) return "token = { file = " + common::toml_text(given.token_file) + " }\n";
  for (const char* name : {"CONSUL_HTTP_TOKEN", "CONSUL_TOKEN"})
    if (!variable(around, name).empty()) return std::string("token = { env = \"") + name + "\" }\n";
  return {};
}

std::string duration_option(const char* key, const std::string& given, report& found) {
  if (given.empty()) return {};
  const auto duration = read_duration(given);
  if (!duration) {
    found.fault({.file = "Consul Template's options"}, std::string(key) + ": '" + given + "' is no duration");
    return {};
  }
  return std::string(key) + " = " + common::toml_text(shown(*duration)) + "\n";
}

std::string connection(const settings& given, const import_surroundings& around, report& found) {
  const auto address = address_of(given, around);
  std::string text = "address = " + common::toml_text(address) + "\n" + token_of(given, around);
  if (address.starts_with("https")) text += tls_of(given, around);
  if (!given.name_space.empty()) text += "namespace = " + common::toml_text(given.name_space) + "\n";
  return text + duration_option("retry_max", given.retry_max, found) + duration_option("wait", given.query_wait, found);
}

std::string indented(const std::string& text) {
  std::string result;
  for (std::size_t start = 0; start < text.size();) {
    const auto end = text.find('\n', start);
    result += "  " + text.substr(start, end - start + 1);
    start = end + 1;
  }
  return result;
}

std::string reasons(const std::vector<std::string>& all) {
  std::string text;
  for (std::size_t i = 0; i < all.size() && i < most_reasons; ++i) text += all[i] + "\n";
  if (all.size() > most_reasons) text += "and " + std::to_string(all.size() - most_reasons) + " more\n";
  return text;
}

std::string cost_of(const service_watch& watch) {
  switch (watch.which.what) {
    case choice::kind::name: return {};
    case choice::kind::tag:
      return "All services that carry this tag, as they come and go. Cost: a query for the catalogue, and one for each "
             "of them.\n";
    case choice::kind::pattern: break;
  }
  if (watch.which.text == ".*")
    return "All services of the catalogue, since the template goes through all of them. Cost: a query for each; beyond "
           "the option connections (150) they take turns.\n";
  return "All services whose name fits, since the template computes the rest of it. Cost: a query for the catalogue, "
         "and one for each of them.\n";
}

std::string entry_of(const service_watch& watch) {
  std::string text = "{ ";
  switch (watch.which.what) {
    case choice::kind::name: text += "name = "; break;
    case choice::kind::tag: text += "with_tag = "; break;
    case choice::kind::pattern: text += "match = "; break;
  }
  text += common::toml_text(watch.which.text);
  if (!watch.tags.empty()) text += ", tag = " + toml::list(watch.tags);
  if (watch.least == health::warning) text += ", health = \"warning\"";
  if (watch.least == health::any) text += ", health = \"any\"";
  return text + " },\n";
}

std::string cost_of(const key_watch& watch) {
  if (!watch.is_prefix) return {};
  const std::string cost = "Cost: all of them are read again when one of them changes.\n";
  if (watch.is_computed) return "All keys that begin so, since the template computes the rest of the path. " + cost;
  if (watch.path.ends_with('/')) return "All keys of this folder. " + cost;
  return "All keys that begin so: end it with / if only the folder is meant. " + cost;
}

std::string entry_of(const key_watch& watch) {
  std::string text = watch.is_prefix ? "{ prefix = " : "{ path = ";
  text += common::toml_text(watch.path);
  if (watch.is_one_level && watch.path.ends_with('/')) text += ", depth = 1";
  if (!watch.as.empty()) text += ", as = " + common::toml_text(watch.as);
  if (!watch.is_prefix && watch.may_be_missing) text += ", required = false";
  return text + " },\n";
}

// A source for each: templates tell services of one name apart by the datacenter of their endpoints.
template <typename Watch>
std::map<std::string, std::vector<Watch>> by_datacenter(const std::vector<Watch>& all) {
  std::map<std::string, std::vector<Watch>> result;
  for (const auto& each : all) result[each.datacenter].push_back(each);
  return result;
}

template <typename Watch>
std::string table(const std::string& name, const std::string& plugin, const std::string& connected,
                  const std::string& datacenter, const std::string& list, const std::vector<Watch>& all) {
  auto text = "[source." + name + "]\nplugin = " + common::toml_text(plugin) + "\n" + connected;
  if (!datacenter.empty()) text += "datacenter = " + common::toml_text(datacenter) + "\n";
  text += list + " = [\n";
  for (const auto& each : all) text += indented(toml::comment(cost_of(each) + reasons(each.reasons)) + entry_of(each));
  return text + "]\n\n";
}

}  // namespace

std::string sources_text(const settings& given, const import_surroundings& around, const watches& needed,
                         std::vector<std::string>& names, report& found) {
  report_overlaps(needed, found);
  const auto connected = connection(given, around, found);
  auto more = duration_option("retry_min", given.retry_min, found);
  if (auto stale = duration_option("max_stale", given.max_stale, found); !stale.empty())
    more += "consistency = \"stale\"\n" + stale;
  if (!needed.details.empty())
    more +=
        "details = " + toml::list(needed.details) + "  # a template reads these, which are not published otherwise\n";
  std::string text;
  for (const auto& [datacenter, all] : by_datacenter(needed.services)) {
    const auto name = toml::free_name("consul-" + datacenter, names);
    text += table(name, "consul-http", connected + more, datacenter, "service", all);
  }
  for (const auto& [datacenter, all] : by_datacenter(needed.keys)) {
    const auto name = toml::free_name("settings-" + datacenter, names);
    text += table(name, "consul-kv", connected, datacenter, "key", all);
    if (all.size() > most_keys)
      found.fault({.file = "[source." + name + "]"},
                  std::to_string(all.size()) + " keys are more than the " + std::to_string(most_keys) +
                      " entries that a source may have: join them as prefixes of their folders, or split the source");
  }
  return text;
}

}  // namespace drcon::importing
