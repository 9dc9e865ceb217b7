// drcon doctor: connects to everything that the configuration names, changes nothing, and reports what works.
#include "admin/user_names.hpp"
#include "base/count_of.hpp"
#include "base/json_text.hpp"
#include "cli/service_user.hpp"
#include "cli/startup.hpp"
#include "cli/state_lock.hpp"
#include "cli/terminal_text.hpp"
#include "config/targets.hpp"
#include "log/plugin_level.hpp"
#include "plugins/prober.hpp"

#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <future>
#include <iostream>
#include <iterator>
#include <list>
#include <set>
#include <utility>

namespace drcon::cli {
namespace {

using nlohmann::json;
using plugins::finding;
using plugins::finding_state;

// Of each answer; a probe asks some questions one after the other.
constexpr auto patience = std::chrono::seconds(5);

// What was found of one source or sink, or of drcon itself.
struct examined {
  std::string kind;  ///< "host", "source", "sink"
  std::string name;
  std::string plugin;
  std::vector<finding> findings;
};

// The state directory: without it a restart while the source is away has nothing to serve.
examined examine_host(const config::host_config& host, pid_t running) {
  examined made{.kind = "host", .name = "drcon", .plugin = {}, .findings = {}};
  if (running > 0)
    made.findings.push_back({"process", finding_state::ok, "drcon runs, process " + std::to_string(running), {}});
  if (host.state_directory.empty()) {
    made.findings.push_back(
        {"writable", finding_state::ok, "no state directory is set, so no snapshot is kept for a restart", {}});
    return made;
  }
  std::error_code error;
  // The first that is there: drcon makes the rest.
  auto there = host.state_directory;
  while (!std::filesystem::exists(there, error) && there.has_relative_path()) there = there.parent_path();
  const auto directory = host.state_directory.string();
  if (::faccessat(AT_FDCWD, there.c_str(), W_OK | X_OK, AT_EACCESS) == 0)
    made.findings.push_back(
        {"writable", finding_state::ok, "the state directory " + directory + " can be written", {}});
  else
    made.findings.push_back({"writable", finding_state::failed,
                             "the state directory " + directory + " cannot be written: " + std::strerror(errno),
                             "let it belong to the user that drcon runs as, or set [host] state_directory"});
  return made;
}

// What systemd keeps from the service, and from nobody else.
void add_what_the_unit_protects(const service_identity& who, const config::configuration& config,
                                const plugins::registry& plugins, std::vector<examined>& all) {
  for (auto& about : all) {
    if (about.kind != "sink") continue;
    std::set<std::string> told;  // a file and its backup are in one directory
    const auto& schema = plugins.find(about.plugin)->sink_schema;
    for (const auto& each : config::written_paths(config.sinks.at(about.name), schema.value_or(json::object())))
      if (auto why = why_read_only(who, each); !why.empty() && told.insert(why).second)
        about.findings.push_back(
            {"writable", finding_state::failed, std::move(why),
             "add that directory to ReadWritePaths= in a drop-in; see drcon's examples of systemd"});
  }
}

// Each on a thread of its own: one that waits for an answer holds up no other.
std::vector<examined> examine(const config::configuration& config, const plugins::registry& plugins,
                              const plugins::probe_question& question) {
  boost::asio::io_context context;
  metrics::metrics figures;
  std::list<std::pair<examined, std::future<std::vector<finding>>>> open;
  for (const auto kind : {config::kind::source, config::kind::sink}) {
    const bool is_source = kind == config::kind::source;
    for (const auto& [name, each] : is_source ? config.sources : config.sinks) {
      auto made = plugins::made_for_probe(kind, *plugins.find(each.plugin), each, context.get_executor(), figures);
      open.emplace_back(
          examined{.kind = is_source ? "source" : "sink", .name = name, .plugin = each.plugin, .findings = {}},
          std::async(std::launch::async, [made = std::move(made), question] {
            bool is_created = false;
            auto found = plugins::probe_by(*made, is_created, question);
            made->stop([] {});
            return found;
          }));
    }
  }
  std::vector<examined> all;
  for (auto& [about, answer] : open) {
    about.findings = answer.get();
    all.push_back(std::move(about));
  }
  base::wait_for_lanes(config.host.stop_deadline);
  return all;
}

const char* word_of(finding_state state) {
  switch (state) {
    case finding_state::ok: return "ok      ";
    case finding_state::warning: return "warning ";
    case finding_state::failed: break;
  }
  return "FAILED  ";
}

void print_text(const std::vector<examined>& all) {
  for (const auto& about : all) {
    const auto subject = about.kind == "host" ? about.name : about.kind + " " + about.name;
    if (about.findings.empty())
      std::cout << "-       " << subject << ": plugin " << about.plugin << " cannot look whether it works\n";
    for (const auto& each : about.findings)
      std::cout << word_of(each.state) << printable(subject) << ": " << printable(each.code) << ": "
                << printable(text_of(each)) << "\n";
  }
}

std::size_t count_of(const std::vector<examined>& all, finding_state state) {
  std::size_t count = 0;
  for (const auto& about : all)
    count += static_cast<std::size_t>(std::ranges::count(about.findings, state, &finding::state));
  return count;
}

void print_machine(const std::vector<examined>& all, const std::string& user) {
  auto findings = json::array();
  for (const auto& about : all)
    for (const auto& each : about.findings)
      findings.push_back({{"kind", about.kind},
                          {"name", about.name},
                          {"plugin", about.plugin},
                          {"code", each.code},
                          {"state", to_string(each.state)},
                          {"what", each.what},
                          {"advice", each.advice}});
  const json answer{{"user", user},
                    {"ok", count_of(all, finding_state::failed) == 0},
                    {"failed", count_of(all, finding_state::failed)},
                    {"warnings", count_of(all, finding_state::warning)},
                    {"findings", std::move(findings)}};
  std::cout << base::json_text(answer, 2) << "\n";
}

// Root looks as the service's user, or as the one that is named. Whose rights these are, or why that cannot be.
base::result<service_identity> choose_user(const service_identity& service, const std::string& named, bool is_root) {
  const auto who = named.empty() || named == service.user ? service : service_identity{.user = named};
  if (who.user.empty() || is_user(who.user)) return who;
  // Another user has no other rights.
  if (named.empty() && !is_root) return service_identity{.user = admin::user_name(::geteuid())};
  if (const auto done = become_user(who); !done) return base::failure{done.error().why};
  return who;
}

}  // namespace

int doctor(const arguments& options) {
  const bool is_root = ::geteuid() == 0;  // before another user's rights are taken
  const auto service = identity_of_service(unit_directories());
  const auto who = choose_user(service, options.user, is_root);
  if (!who) {
    std::cerr << "drcon: " << who.error().why << "\n";
    return exit_usage;
  }
  plugins::registry plugins;
  const auto host = prepare(options, plugins);
  if (!host) return exit_config;
  log::configure(log::level::error, "text");
  log::set_plugin_levels({});
  const auto config = load_config(options, plugins);
  if (!config) return exit_config;
  const auto running = state_lock::holder(host->state_directory);
  std::vector<examined> all{examine_host(*host, running)};
  std::ranges::move(examine(*config, plugins, {.timeout = patience, .process = running}), std::back_inserter(all));
  add_what_the_unit_protects(*who, *config, plugins, all);
  if (options.json) {
    print_machine(all, who->user);
  } else {
    print_text(all);
    const auto failed = count_of(all, finding_state::failed);
    const auto warnings = count_of(all, finding_state::warning);
    std::cout << (who->user.empty() ? "" : "as user " + who->user + ": ")
              << (failed == 0 ? "everything works"
                              : base::count_of(failed, "thing") + (failed == 1 ? " does" : " do") + " not work")
              << (warnings == 0 ? "" : ", " + base::count_of(warnings, "warning")) << "\n";
    if (!is_root && !service.user.empty() && who->user != service.user)
      std::cout << "these are the rights of " << who->user << "; run doctor as root to look with those of "
                << service.user << "\n";
  }
  return count_of(all, finding_state::failed) == 0 ? exit_ok : exit_runtime;
}

}  // namespace drcon::cli
