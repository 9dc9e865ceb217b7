#include "report/remark.hpp"

#include <algorithm>
#include <iterator>

namespace drcon::report {

const std::vector<remark_meaning>& remark_codes() {
  static const std::vector<remark_meaning> all{
      {"waits-for-source", "A pipeline cannot decide: a source has not reported yet."},
      {"earlier-configuration", "What a pipeline serves is the answer to an earlier configuration."},
      {"asks-targets", "A pipeline asks its sinks what their targets have, before its first decision."},
      {"brake-holds", "The brake of a pipeline holds removals."},
      {"sink-away", "An update is not applied yet: the target is unreachable or not ready; drcon retries."},
      {"sink-rejected", "A sink has refused what is desired; drcon retries at the next change, and at each resync."},
      {"sink-unanswered", "A sink has not answered its last update."},
      {"sink-waits", "A sink waits: for a pipeline, or for the end of a sink that a reload has ended."},
      {"sink-applying", "A sink applies an update, or is about to."},
      {"left-out-beyond-brake", "A sink leaves out more endpoints of a service than its brake would let go."},
      {"reload-refused", "The last reload was refused; the configuration before it is in use."},
      {"pausing", "A pipeline is paused as soon as its sinks have applied what is under way."},
      {"paused", "A pipeline is paused."},
      {"paused-sink-behind", "A sink keeps what it had when a pause began, which is not what is served."},
      {"paused-loss", "The brake would hold a loss if the pipeline was resumed."},
      {"state-not-kept", "The last good state cannot be written to the state directory."},
      {"source-not-ready", "A source has not reported all its services yet."},
      {"source-unreachable", "A source is unreachable; its last known data is used."},
      {"source-recovering", "A source is back after an outage; its services are collected until all are reported."},
      {"source-degraded", "A source works, with less than was asked for."},
      {"service-unknown", "A source has no current data of a service; its last known data is used."},
      {"names-unknown",
       "A source cannot name the services of a part, such as a datacentre; what was served of them stays."},
      {"endpoints-left-out", "A source or sink leaves out a service or an endpoint."},
      {"sink-degraded", "A sink works, with less than was asked for."},
      {"last-servers-kept", "A service has nothing in service, and a sink keeps its last servers."},
      {"fault-ahead", "A probe found what will make a change fail; see drcon doctor."},
      {"last-good-is-old",
       "A pipeline serves a last good state of more than a day ago, since a source has not reported."},
  };
  return all;
}

std::string_view to_string(remark_code code) { return remark_codes()[static_cast<std::size_t>(code)].code; }

std::vector<std::string> texts_of(const std::vector<remark>& all) {
  std::vector<std::string> texts;
  std::ranges::transform(all, std::back_inserter(texts), &remark::text);
  return texts;
}

}  // namespace drcon::report
