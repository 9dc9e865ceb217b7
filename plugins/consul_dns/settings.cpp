#include "consul_dns/settings.hpp"

#include "common/address.hpp"

#include <algorithm>
#include <set>

namespace drcon::consul_dns {

using namespace std::chrono_literals;

namespace {

// RFC 1035 names, with the underscores of RFC 2782; nothing that would need an escape.
std::string fault_of_name(const std::string& name) {
  constexpr std::size_t longest_name = 253;
  constexpr std::size_t longest_label = 63;
  if (name.empty() || name.size() > longest_name)
    return "has " + std::to_string(name.size()) + " characters; 1 to 253 can be asked for";
  std::size_t label = 0;
  for (const char c : name + ".") {
    const bool sound =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (c == '.') {
      if (label == 0 || label > longest_label) return "has a label that is empty or longer than 63 characters";
      label = 0;
    } else if (sound) {
      ++label;
    } else {
      return "may only have letters, digits, '-', '_' and '.'";
    }
  }
  return {};
}

std::string server_of(const options& table) {
  const auto endpoint = common::ip_and_port(table.string());
  if (!endpoint || endpoint->port() == 0)
    throw config_error(table.pointer(), "expected an IP address and a port, such as \"127.0.0.1:8600\"");
  return table.string();
}

std::chrono::nanoseconds within(const options& table, std::chrono::nanoseconds least, std::chrono::nanoseconds most,
                                const std::string& range) {
  const auto value = table.duration();
  if (value < least || value > most) throw config_error(table.pointer(), "expected a duration of " + range);
  return value;
}

class service_reader {
public:
  explicit service_reader(const options& all)
      : domain_(all["domain"].string()), datacenter_(all["datacenter"].string_or("")) {}

  watched_service read(const options& table) const {
    watched_service result;
    const auto given = [&](const char* key) { return table[key].string_or(""); };
    const auto name = given("name");
    const auto query = given("query");
    const auto srv = given("srv");
    if (int{!name.empty()} + int{!query.empty()} + int{!srv.empty()} != 1)
      throw config_error(table.pointer(), "expected one, and only one, of 'name', 'query' and 'srv'");
    result.tag = given("tag");
    result.at_least = static_cast<std::size_t>(table["at_least"].integer());
    result.warning = table["health"].string() == "warning";
    result.of_consul = srv.empty();
    if (!srv.empty()) result.question = srv;
    else if (!query.empty()) result.question = query + ".query" + place(table);
    else result.question = service_name(name, result.tag, table["rfc2782"].boolean()) + place(table);
    if (result.question.ends_with('.')) result.question.pop_back();  // "consul.", as zone files have it
    result.service = given("as");
    if (result.service.empty()) result.service = !name.empty() ? name : !query.empty() ? query : srv;
    if (const auto fault = fault_of_name(result.question); !fault.empty())
      throw config_error(table.pointer(), "the name to ask for, " + result.question + ", " + fault);
    if (!result.tag.empty() && name.empty()) throw config_error(table["tag"].pointer(), "goes with 'name' only");
    return result;
  }

private:
  // NAME.service, TAG.NAME.service (the tag may have dots), or as RFC 2782 has it.
  static std::string service_name(const std::string& name, const std::string& tag, bool rfc2782) {
    if (rfc2782) return "_" + name + "._" + (tag.empty() ? "tcp" : tag) + ".service";
    return (tag.empty() ? "" : tag + ".") + name + ".service";
  }
  std::string place(const options& table) const {
    const auto datacenter = table["datacenter"].string_or(datacenter_);
    return (datacenter.empty() ? "." : "." + datacenter + ".") + domain_;
  }
  std::string domain_;
  std::string datacenter_;
};

}  // namespace

settings read_settings(const options& table) {
  settings result;
  for (std::size_t i = 0; i < table["server"].count(); ++i)
    result.resolver.servers.push_back(server_of(table["server"][i]));
  result.resolver.over = table["protocol"].string() == "udp" ? transport::udp : transport::tcp;
  result.resolver.timeout = within(table["timeout"], 10ms, 60s, "10ms to 60s");
  result.resolver.authoritative = table["authoritative"].boolean();
  result.pace.min = within(table["interval"]["min"], 10ms, 1h, "10ms to 1h");
  result.pace.max = within(table["interval"]["max"], 10ms, 24h, "10ms to 24h");
  if (result.pace.max < result.pace.min) throw config_error(table["interval"].pointer(), "max is shorter than min");
  result.absent_after = within(table["absent_after"], 0s, 24h, "0s to 24h");
  result.settle = within(table["settle"], 0s, 24h, "0s to 24h");
  result.pace.retry_max = std::max(within(table["retry_max"], 10ms, 1h, "10ms to 1h"), result.pace.min);
  const service_reader services(table);
  std::set<std::string> names;
  for (std::size_t i = 0; i < table["service"].count(); ++i) {
    const auto each = table["service"][i];
    auto one = services.read(each);
    if (!names.insert(one.service).second)
      throw config_error(each.pointer(), "service '" + one.service + "' is there already; 'as' gives another name");
    result.services.push_back(std::move(one));
  }
  return result;
}

}  // namespace drcon::consul_dns
