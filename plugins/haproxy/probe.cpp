#include "haproxy/probe.hpp"

#include "common/count_of.hpp"
#include "common/file_probe.hpp"
#include "common/version_probe.hpp"
#include "haproxy/answers.hpp"
#include "haproxy/live_state.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <string>
#include <vector>

namespace drcon::haproxy {
namespace {

constexpr const char* service_mark = "{service}";

std::string listed(const std::set<std::string, std::less<>>& names) {
  constexpr std::size_t enough = 5;
  std::string all;
  std::size_t count = 0;
  for (const auto& each : names) {
    if (++count > enough) return all + " and " + std::to_string(names.size() - enough) + " more";
    all += (all.empty() ? "" : ", ") + each;
  }
  return all;
}

void probe_version(const process_info& info, const plan_rules& rules, const probing& into) {
  if (rules.mode == mode::dynamic && !can_add_servers(info.version))
    return into.failed(probed::version, "HAProxy " + info.version + " cannot add servers at run time, 2.6 can",
                       "set mode = \"slots\", or use HAProxy 2.6 or later");
  common::probe_tested_version("HAProxy " + info.version, info.version, {"2.6", "3.0", "3.2", "3.4"}, into);
}

// A socket of a lower level shows everything, and refuses each change.
void probe_level(const std::string& answer, const std::string& socket, const probing& into) {
  const auto level = first_line(answer);
  if (level == "admin") return into.ok(probed::rights, "the socket " + socket + " has level admin");
  if (level == "operator" || level == "user")
    return into.failed(probed::rights, "the socket " + socket + " has level " + level + ", which may set no servers",
                       "add 'level admin' to its line 'stats socket' in HAProxy's configuration, and reload HAProxy");
  into.warning(probed::rights, "HAProxy does not say which level the socket " + socket + " has",
               "make sure that its line 'stats socket' has 'level admin'");
}

// Which backends are named: those of single services, and the one for all others unless it depends on the service.
std::set<std::string, std::less<>> named_backends(const desired_rules& rules) {
  std::set<std::string, std::less<>> all;
  for (const auto& [service, backend] : rules.backends) all.insert(backend);
  if (rules.backend_pattern.find(service_mark) == std::string::npos) all.insert(rules.backend_pattern);
  return all;
}

bool has_slots(const live_state& live, const std::string& backend, const std::string& prefix) {
  return std::ranges::any_of(live.servers_of(backend),
                             [&](const auto& each) { return each.first.starts_with(prefix); });
}

// Which defaults sections there are, HAProxy 3.4 does not say.
void probe_making(const process_info& info, const backends_settings& backends, const probing& into) {
  if (backends.from.empty()) return;
  if (can_make_backends(info.version))
    return into.ok(probed::parts, "a service without a backend gets one from the defaults section " + backends.from);
  into.warning(probed::version, "HAProxy " + info.version + " makes no backends at run time, 3.4 does",
               "use HAProxy 3.4 or later, or write a backend for each service into its configuration and leave "
               "backends_from out");
}

void probe_map(target& cli, const std::string& map, const probing& into) {
  std::string why;
  if (map.empty()) return;
  const auto answers = cli.run({"show map " + map}, why);
  if (!answers) return into.failed(probed::reachable, why, "look at HAProxy's log");
  if (const auto now = read_map(answers->front()))
    return into.ok(probed::parts, "HAProxy has the map " + map + ", with " + common::count_of(now->size(), "name"));
  into.failed(probed::parts, "HAProxy has no map " + map,
              "use it in a rule such as 'use_backend %[req.hdr(host),map(" + map + ")]', and reload HAProxy");
}

void probe_backends(const live_state& live, const desired_rules& rules, const plan_rules& plan, const probing& into) {
  const auto named = named_backends(rules);
  std::set<std::string, std::less<>> missing;
  std::set<std::string, std::less<>> without_slots;
  for (const auto& each : named) {
    if (!live.backends.contains(each)) missing.insert(each);
    else if (plan.mode == mode::slots && !has_slots(live, each, plan.prefix)) without_slots.insert(each);
  }
  if (!missing.empty())
    into.failed(probed::parts, "HAProxy's configuration has no backend " + listed(missing),
                "add the backend to HAProxy's configuration, and reload HAProxy; it has " +
                    (live.backends.empty() ? std::string("none") : listed(live.backends)));
  if (!without_slots.empty())
    into.failed(probed::parts, "backend " + listed(without_slots) + " has no slots '" + plan.prefix + "…'",
                "add to that backend: server-template " + plan.prefix + " 1-20 0.0.0.0:0 disabled");
  if (!missing.empty() || !without_slots.empty()) return;
  if (live.backends.empty())
    return into.failed(probed::parts, "HAProxy's configuration has no backend",
                       "add one for each service, named as the option 'backend' says, and reload HAProxy");
  into.ok(probed::parts,
          "HAProxy has " + (named.empty() ? "backends " + listed(live.backends) : "backend " + listed(named)));
}

void probe_owner(const std::string& holder, const std::string& backend, const probing& into) {
  constexpr std::string_view mark = "pid ";
  const auto found = holder.find(mark);
  std::int64_t pid = 0;
  if (found != std::string::npos)
    std::from_chars(holder.data() + found + mark.size(), holder.data() + holder.size(), pid);
  if (pid > 0 && common::is_ours(pid, into))
    return into.ok(probed::owner, "backend " + backend + " is set by the drcon that runs, pid " + std::to_string(pid));
  into.failed(
      probed::owner,
      "the lock of our servers in backend " + backend + " " + holder + ", which this configuration does not belong to",
      "stop that one, or give the two sinks different prefixes");
}

void probe_owners(target& cli, const process_info& info, const live_state& live, const apply_settings& options,
                  const desired_rules& rules, const probing& into) {
  std::string why;
  const auto sockets = cli.run({"show cli sockets"}, why);
  if (!sockets) return;
  const backend_locks locks(options.socket, prefixes_of(options.plan));
  const auto named = named_backends(rules);
  for (const auto& backend : live.backends) {
    if (!named.empty() && rules.backend_pattern.find(service_mark) == std::string::npos && !named.contains(backend))
      continue;
    if (const auto holder = locks.holder(backend, unique_of(info, sockets->front())); !holder.empty())
      return probe_owner(holder, backend, into);  // the others are held by the same one, as a rule
  }
}

}  // namespace

void probe_target(const apply_settings& options, const desired_rules& rules, const probing& into) {
  const auto& socket = options.socket.text;
  target cli(options.socket, std::min(options.timeout, into.timeout()));
  if (const auto why = cli.open(); !why.empty())
    return into.failed(probed::reachable, why,
                       "start HAProxy, compare 'stats socket' of its configuration with the option 'socket', and put "
                       "drcon's user into the socket's group");
  std::string why;
  const auto answers = cli.run({"show info", "show cli level", "show backend", "show servers state"}, why);
  if (!answers) return into.failed(probed::reachable, why, "look at HAProxy's log");
  const auto info = read_info((*answers)[0]);
  if (info.identity.pid.empty())
    return into.failed(probed::reachable, "HAProxy answered 'show info' with: " + first_line((*answers)[0]),
                       "make sure that " + socket + " is HAProxy's stats socket");
  into.ok(probed::reachable, "HAProxy answers at " + socket + ", pid " + info.identity.pid);
  probe_version(info, options.plan, into);
  probe_level((*answers)[1], socket, into);
  live_state live;
  if (why = read_state((*answers)[2], (*answers)[3], live); !why.empty())
    return into.failed(probed::parts, why, "look at HAProxy's log");
  probe_making(info, options.backends, into);
  probe_map(cli, options.backends.map, into);
  // A backend that is to be made need not be there.
  if (options.backends.from.empty() || !can_make_backends(info.version))
    probe_backends(live, rules, options.plan, into);
  probe_owners(cli, info, live, options, rules, into);
  if (!options.state_file.empty()) common::probe_written_file(options.state_file, into);
}

}  // namespace drcon::haproxy
