// drcon doctor: connects to everything that the configuration names, changes nothing, and reports what works.
#include "admin/listener.hpp"
#include "admin/user_names.hpp"
#include "base/count_of.hpp"
#include "base/json_text.hpp"
#include "cli/admin_answer.hpp"
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

void examine_socket(const std::filesystem::path& socket, examined& about) {
  const auto directory = socket.has_parent_path() ? socket.parent_path() : std::filesystem::path(".");
  if (::faccessat(AT_FDCWD, directory.c_str(), W_OK | X_OK, AT_EACCESS) == 0)
    about.findings.push_back({"writable", finding_state::ok, "[admin] socket " + socket.string() + " can be made", {}});
  // The unit's RuntimeDirectory= makes the one of the packaged service when that starts.
  else if (const int fault = errno; fault != ENOENT || directory != std::filesystem::path("/run/drcon"))
    about.findings.push_back({"writable", finding_state::failed,
                              "[admin] socket " + socket.string() + " cannot be made: " + std::strerror(fault),
                              "make the directory and let drcon's user write there, or correct [admin] socket"});
}

// [admin]: what would keep drcon from being asked. While it runs, what it listens on is in use, by itself.
void examine_admin(const config::admin_config& wanted, pid_t running, examined& about) {
  if (!wanted.socket.empty() && running <= 0) examine_socket(wanted.socket, about);
  if (!wanted.address.empty() && running <= 0) {
    boost::asio::io_context context;
    const auto place = wanted.address + ":" + std::to_string(wanted.port);
    if (const auto opened = admin::open_tcp_port(context, wanted.address, wanted.port); opened)
      about.findings.push_back({"reachable", finding_state::ok, "[admin] listen " + place + " is free", {}});
    else about.findings.push_back({"reachable", finding_state::failed, opened.error().why, {}});
  }
  for (const auto& file : {wanted.certificate, wanted.private_key}) {
    if (file.empty()) continue;
    if (::faccessat(AT_FDCWD, file.c_str(), R_OK, AT_EACCESS) == 0)
      about.findings.push_back({"readable", finding_state::ok, "[admin] " + file.string() + " can be read", {}});
    else
      about.findings.push_back({"readable", finding_state::failed,
                                "[admin] " + file.string() + " cannot be read: " + std::strerror(errno),
                                "let drcon's user read it, or name another file"});
  }
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
             "add that directory to ReadWritePaths= of the service: systemctl edit drcon; examples are in "
             "/usr/share/doc/drcon/examples/systemd"});
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
      std::cout << "-       " << subject << ": plugin " << about.plugin << " has no check of its own\n";
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
    if (options.json) print_json({{"error", who.error().why}, {"help", ""}, {"code", "usage"}});
    else std::cerr << "drcon: " << who.error().why << "\n";
    return exit_usage;
  }
  plugins::registry plugins;
  config::diagnostics faults;
  auto* const kept = options.json ? &faults : nullptr;
  const auto refuse = [&] { return options.json ? answer_json(faults, exit_config) : int{exit_config}; };
  const auto host = prepare(options, plugins, kept);
  if (!host) return refuse();
  log::configure(log::level::error, "text");
  log::set_plugin_levels({});
  const auto config = load_config(options, plugins, kept);
  if (!config) return refuse();
  const auto running = state_lock::holder(host->state_directory);
  std::vector<examined> all{examine_host(*host, running)};
  examine_admin(host->admin, running, all.front());
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
      std::cout << "checked with the permissions of " << who->user << "; run it as root to check with those of "
                << service.user << "\n";
  }
  return count_of(all, finding_state::failed) == 0 ? exit_ok : exit_runtime;
}

}  // namespace drcon::cli
