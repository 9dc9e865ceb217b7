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

std::string server_of(const options& from) {
  const auto at = common::ip_and_port(from.string());
  if (!at || at->port() == 0)
    throw config_error(from.pointer(), "expected an IP address and a port, such as \"127.0.0.1:8600\"");
  return from.string();
}

std::chrono::nanoseconds within(const options& from, std::chrono::nanoseconds least, std::chrono::nanoseconds most,
                                const std::string& range) {
  const auto value = from.duration();
  if (value < least || value > most) throw config_error(from.pointer(), "expected a duration of " + range);
  return value;
}

class service_reader {
public:
  explicit service_reader(const options& all)
      : domain_(all["domain"].string()), datacenter_(all["datacenter"].string_or("")) {}

  watched_service read(const options& from) const {
    watched_service to;
    const auto given = [&](const char* key) { return from[key].string_or(""); };
    const auto name = given("name");
    const auto query = given("query");
    const auto srv = given("srv");
    if (int{!name.empty()} + int{!query.empty()} + int{!srv.empty()} != 1)
      throw config_error(from.pointer(), "expected one, and only one, of 'name', 'query' and 'srv'");
    to.tag = given("tag");
    to.warning = from["health"].string() == "warning";
    to.of_consul = srv.empty();
    if (!srv.empty()) to.question = srv;
    else if (!query.empty()) to.question = query + ".query" + place(from);
    else to.question = service_name(name, to.tag, from["rfc2782"].boolean()) + place(from);
    if (to.question.ends_with('.')) to.question.pop_back();  // "consul.", as zone files have it
    to.service = given("as");
    if (to.service.empty()) to.service = !name.empty() ? name : !query.empty() ? query : srv;
    if (const auto fault = fault_of_name(to.question); !fault.empty())
      throw config_error(from.pointer(), "the name to ask for, " + to.question + ", " + fault);
    if (!to.tag.empty() && name.empty()) throw config_error(from["tag"].pointer(), "goes with 'name' only");
    return to;
  }

private:
  // NAME.service, TAG.NAME.service (the tag may have dots), or as RFC 2782 has it.
  static std::string service_name(const std::string& name, const std::string& tag, bool rfc2782) {
    if (rfc2782) return "_" + name + "._" + (tag.empty() ? "tcp" : tag) + ".service";
    return (tag.empty() ? "" : tag + ".") + name + ".service";
  }
  std::string place(const options& from) const {
    const auto datacenter = from["datacenter"].string_or(datacenter_);
    return (datacenter.empty() ? "." : "." + datacenter + ".") + domain_;
  }
  std::string domain_;
  std::string datacenter_;
};

}  // namespace

settings read_settings(const options& from) {
  settings to;
  for (std::size_t i = 0; i < from["server"].count(); ++i) to.resolver.servers.push_back(server_of(from["server"][i]));
  to.resolver.over = from["protocol"].string() == "udp" ? transport::udp : transport::tcp;
  to.resolver.timeout = within(from["timeout"], 10ms, 60s, "10ms to 60s");
  to.resolver.authoritative = from["authoritative"].boolean();
  to.pace.min = within(from["interval"]["min"], 10ms, 1h, "10ms to 1h");
  to.pace.max = within(from["interval"]["max"], 10ms, 24h, "10ms to 24h");
  if (to.pace.max < to.pace.min) throw config_error(from["interval"].pointer(), "max is shorter than min");
  to.absent_after = within(from["absent_after"], 0s, 24h, "0s to 24h");
  to.pace.retry_max = std::max(within(from["retry_max"], 10ms, 1h, "10ms to 1h"), to.pace.min);
  const service_reader services(from);
  std::set<std::string> names;
  for (std::size_t i = 0; i < from["service"].count(); ++i) {
    const auto each = from["service"][i];
    auto one = services.read(each);
    if (!names.insert(one.service).second)
      throw config_error(each.pointer(), "service '" + one.service + "' is there already; 'as' gives another name");
    to.services.push_back(std::move(one));
  }
  return to;
}

}  // namespace drcon::consul_dns
