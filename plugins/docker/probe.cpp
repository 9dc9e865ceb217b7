#include "docker/probe.hpp"

#include "common/drop_in.hpp"
#include "common/http_client.hpp"
#include "common/version_probe.hpp"

#include <nlohmann/json.hpp>
#include <parsed_json.hpp>

namespace drcon::docker {
namespace {

void probe_version(const std::string& body, const std::string& where, const probing& into) {
  const auto answer = parsed_json(body);
  if (!answer.is_object() || !answer.contains("Version") || !answer["Version"].is_string())
    return into.failed(probed::reachable, where + " answers, but not as Docker does",
                       "correct the option 'engine': it names the socket or address of a Docker engine");
  const auto version = answer["Version"].get<std::string>();
  into.ok(probed::reachable, "Docker answers at " + where);
  common::probe_tested_version("Docker " + version, version, {"20.10", "26.1", "28.5"}, into);
}

}  // namespace

void probe_engine(const settings& options, const probing& into) {
  const auto where = common::name_of(options.engine);
  const auto version = common::get_once(options.engine, {}, "/version", into.timeout());
  if (version.fault != common::http_fault::none)
    return into.failed(probed::reachable, "cannot reach Docker at " + where + ": " + version.why,
                       "start Docker, or correct the option 'engine'; when permission is denied: put drcon's user into "
                       "the group docker; for the service: " +
                           common::install_drop_in("docker"));
  if (version.status == 200) probe_version(version.body, where, into);
  else into.ok(probed::reachable, "something answers at " + where);  // a proxy that lets little through
  const std::string what = options.is_swarm ? "services" : "containers";
  const auto list =
      common::get_once(options.engine, {}, options.is_swarm ? "/services" : "/containers/json?limit=1", into.timeout());
  if (list.fault != common::http_fault::none || list.status != 200)
    return into.failed(
        probed::rights,
        "Docker refuses the list of " + what + " (" + (list.why.empty() ? std::to_string(list.status) : list.why) + ")",
        options.is_swarm
            ? "name a manager of the swarm in the option 'engine'; a proxy of its socket must allow GET of "
              "/services, /tasks and /nodes"
            : "a proxy of the socket must allow GET of /containers and /events");
  into.ok(probed::rights, "Docker lists its " + what);
}

}  // namespace drcon::docker
