#include "consul_dns/probe.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <memory>

namespace drcon::consul_dns {
namespace {

// One question to one server.
dns_answer ask(resolver_options how, const std::string& server, const std::string& question) {
  how.servers = {server};
  boost::asio::io_context context;
  dns_answer answer;
  boost::asio::co_spawn(
      context,
      [&]() -> boost::asio::awaitable<void> {
        const auto one = std::make_shared<resolver>(context.get_executor(), how);
        answer = co_await one->ask(question, record_type::srv);
      },
      boost::asio::detached);
  context.run();
  return answer;
}

}  // namespace

void probe_servers(const settings& options, const probing& into) {
  auto how = options.resolver;
  how.timeout = std::min(how.timeout, into.timeout());
  for (const auto& server : how.servers) {
    std::size_t absent = 0;
    for (const auto& each : options.services) {
      const auto answer = ask(how, server, each.question);
      if (answer.found.is == verdict::kind::fault) {
        into.failed(probed::reachable, "the DNS server " + server + " gives no answer of use: " + answer.found.why,
                    "start it, or correct the option 'server'; Consul's listens on port 8600");
        break;
      }
      if (&each == &options.services.front()) into.ok(probed::reachable, "the DNS server " + server + " answers");
      if (answer.found.is == verdict::kind::absent && ++absent <= 3)
        into.warning(probed::parts, "the DNS server " + server + " has no endpoints for " + each.question,
                     "register the service, or correct its name: to DNS, no such service and no passing endpoint are "
                     "the same");
    }
  }
}

}  // namespace drcon::consul_dns
