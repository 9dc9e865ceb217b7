#include "http/probe.hpp"

#include "common/consul_rules.hpp"
#include "common/count_of.hpp"
#include "common/http_client.hpp"
#include "http/answer.hpp"

namespace drcon::http {

void probe_feed(const settings& asked, const probing& into) {
  const auto answer = common::get_once(asked.server, asked.headers, asked.target, into.timeout());
  if (answer.fault != common::http_fault::none)
    return into.failed(probed::reachable, "cannot reach " + asked.url + ": " + answer.why,
                       "start the server, or correct the option 'url'");
  if (const auto fault = fault_of(answer, asked)) {
    const bool is_refused = answer.status == 401 || answer.status == 403;
    return into.failed(
        is_refused ? probed::rights : probed::reachable, *fault,
        is_refused ? "correct the option 'token' or 'headers'" : "correct the option 'url', or the server");
  }
  into.ok(probed::reachable, asked.url + " answers");
  std::string why;
  const auto services = read_feed(answer.body, asked, why);
  if (!services) return into.failed(probed::readable, why, "correct the feed; until then what was read last is used");
  into.ok(probed::readable, "the feed has " + common::count_of(services->size(), "service"));
  if (asked.how == watching::index && !common::consul::index_of(answer, asked.index_header))
    into.warning(probed::other,
                 "the answer has no header " + asked.index_header + ": the feed is asked for at the interval 'poll'",
                 "correct the option 'index_header', or set watch = \"poll\"");
  if (asked.how == watching::etag && answer.header("etag").empty())
    into.warning(probed::other, "the answer has no ETag: the feed is asked for at the interval 'poll'",
                 "set watch = \"poll\", or let the server send one");
}

}  // namespace drcon::http
