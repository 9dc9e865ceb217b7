#include "init/look.hpp"

#include "common/consul_rules.hpp"
#include "common/count_of.hpp"
#include "common/http_client.hpp"
#include "init/listed.hpp"

#include <nlohmann/json.hpp>
#include <parsed_json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

namespace drcon::init {
namespace {

constexpr auto usual_address = "http://127.0.0.1:8500";
constexpr auto patience = std::chrono::seconds(3);
constexpr std::size_t most_listed = 5;

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// The form that the variables of Consul's own command line allow: a host and port alone, too.
std::string as_url(const std::string& address) {
  if (address.empty()) return usual_address;
  if (address.find("://") != std::string::npos) return address;
  return (variable("CONSUL_HTTP_SSL") == "true" ? "https://" : "http://") + address;
}

common::http_answer ask(const std::string& address, const std::string& path) {
  common::tls_options tls;
  tls.ca_file = variable("CONSUL_CACERT");
  tls.cert_file = variable("CONSUL_CLIENT_CERT");
  tls.key_file = variable("CONSUL_CLIENT_KEY");
  return common::get_once(common::make_http_server(address, tls),
                          common::consul::token_headers(variable("CONSUL_HTTP_TOKEN")), path, patience);
}

std::vector<std::string> service_names(const std::string& body) {
  const auto all = parsed_json(body);
  std::vector<std::string> names;
  if (!all.is_object()) return names;
  for (const auto& [name, tags] : all.items())
    // The agent's own service is not one that people balance, and a name that no path can carry cannot be asked for.
    if (name != "consul" && common::consul::fits_path(name)) names.push_back(name);
  std::ranges::sort(names);
  return names;
}

}  // namespace

looked<consul_agent> look_for_consul(std::string address) try {
  if (address.empty()) address = variable("CONSUL_HTTP_ADDR");
  const auto url = as_url(address);
  const auto answer = ask(url, "/v1/catalog/services");
  if (answer.fault != common::http_fault::none)
    return {{}, "no agent answers at " + url + " (" + answer.why + "); --consul URL names another"};
  if (answer.status == 403)
    return {consul_agent{url, url == usual_address, {}, true},
            "answers at " + url + ", and lists no services to somebody without a token"};
  if (const auto fault = common::consul::fault_of(answer, "service:read"))
    return {{}, "what answers at " + url + " cannot be used: " + *fault};
  consul_agent agent{url, url == usual_address, service_names(answer.body), false};
  const auto count = agent.services.size();
  auto line = "answers at " + url + " with " +
              (count == 0 ? "no services yet" : common::count_of(count, "service") + ": ") +
              listed(agent.services, most_listed);
  return {std::move(agent), std::move(line)};
} catch (const std::exception& error) {
  return {{}, std::string("cannot be asked: ") + error.what()};
}

}  // namespace drcon::init
