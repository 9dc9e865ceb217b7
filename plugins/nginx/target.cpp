#include "nginx/target.hpp"

#include "common/atomic_file.hpp"
#include "common/command.hpp"
#include "common/drop_in.hpp"
#include "common/file_probe.hpp"
#include "common/probe.hpp"
#include "common/proc.hpp"
#include "nginx/render.hpp"

#include <drcon/printed.hpp>

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <sstream>

namespace drcon::nginx {
namespace {

constexpr auto probe_timeout = std::chrono::milliseconds(500);  // a local nginx that is alive answers within a few

// nginx writes "nginx: master process …" over its arguments.
bool is_master(pid_t pid) { return common::proc_text(pid, "cmdline").starts_with("nginx: master process"); }

// /proc may be mounted so that it has no processes of others.
bool is_hidden(pid_t pid) { return common::proc_text(pid, "cmdline").empty() && ::kill(pid, 0) != 0 && errno == EPERM; }

bool is_worker(const std::string& title) { return title.starts_with("nginx: worker process"); }

// It renames itself before it closes the sockets that it listens on.
bool accepts(const std::string& title) { return title.find("shutting down") == std::string::npos; }

// The line with the reason, out of all that nginx printed: "nginx: [emerg] unknown directive …", or, once it has opened
// its log, "2026/11/26 09:00:28 [emerg] 21718#21718: unknown directive …". What differs at each run is left out, so
// that equal faults give equal texts, which the host reports once.
std::string reason(const std::string& output) {
  const std::string mark = "[emerg] ";
  std::istringstream lines(output);
  std::string last;
  for (std::string line; std::getline(lines, line);) {
    if (const auto mark_position = line.find(mark); mark_position != std::string::npos) {
      auto said = line.substr(mark_position + mark.size());
      const auto digits = said.find_first_not_of("0123456789#");
      if (digits != 0 && said.compare(digits, 2, ": ") == 0) said.erase(0, digits + 2);
      return mark + said;
    }
    if (!line.empty()) last = line;
  }
  return last;
}

}  // namespace

std::vector<std::string> target::command(const char* flag) const {
  std::vector<std::string> argv{settings_.binary, flag, "-c", settings_.config};
  if (!settings_.prefix.empty()) argv.insert(argv.end(), {"-p", settings_.prefix});
  return argv;
}

target::verdict target::check(const std::stop_token& stop) const {
  if (!settings_.ask_program) return {.ok = true, .judged = false, .why = {}};
  const auto result = common::run_command(command("-t"), settings_.check_timeout, stop);
  if (result.code < 0 || result.code == 127)
    return {.ok = false, .judged = false, .why = "nginx -t " + result.why, .timed_out = result.took_too_long};
  if (result.ok()) return {.ok = true, .judged = true, .why = {}};
  return {.ok = false, .judged = true, .why = printed(reason(result.output))};
}

std::optional<pid_t> target::master(std::string& why) const {
  const auto text = common::read_file(settings_.pid_file, why);
  if (!text) {
    if (why.empty()) why = "there is no " + settings_.pid_file;
    return {};
  }
  const auto pid = static_cast<pid_t>(std::strtol(text->c_str(), nullptr, 10));
  if (pid <= 0) {
    why = settings_.pid_file + " holds no pid";  // `nginx -t` makes an empty one when nginx does not run
    return {};
  }
  if (!is_master(pid)) {
    const auto which = "pid " + std::to_string(pid) + " of " + settings_.pid_file;
    why = is_hidden(pid) ? which + " is a process that drcon may not look at: its service hides others' processes " +
                               "(ProtectProc=); to do: " + common::install_drop_in("nginx")
                         : which + " is no nginx master";
    return {};
  }
  return pid;
}

std::string target::fault_of_next_change() const {
  if (settings_.ask_program && !common::is_program(settings_.binary))
    return "there is no program " + settings_.binary + " for nginx -t: see the option 'nginx'";
  std::string why;
  const auto found = master(why);
  if (!found) return "nginx serves, but its master is not known: " + why + "; see the pid line of nginx -T";
  return signal(*found, 0);
}

std::string target::reload(pid_t master) const { return signal(master, SIGHUP); }

std::string target::signal(pid_t master, int number) {
  if (::kill(master, number) == 0) return {};
  std::string why = "cannot signal nginx, pid " + std::to_string(master) + ": " + std::strerror(errno);
  if (errno == EPERM) why += "; drcon must run as root or as the user of nginx's master, or have CAP_KILL";
  return why;
}

common::probe_answer target::generation(const boost::asio::ip::tcp::endpoint& listener) const {
  return common::probe(listener, std::string(generation_path), probe_timeout);
}

target::worker_starts target::workers(pid_t master) const {
  worker_starts accepting;
  for (const auto& [pid, each] : all_workers(master))
    if (each.accepts) accepting.emplace(pid, each.start);
  return accepting;
}

std::map<pid_t, target::worker> target::all_workers(pid_t master) const {
  std::map<pid_t, worker> all;
  std::istringstream children(common::proc_text(master, "task/" + std::to_string(master) + "/children"));
  for (pid_t each = 0; children >> each;)
    if (const auto title = common::proc_text(each, "cmdline"); is_worker(title))
      all.emplace(each, worker{.start = common::start_ticks(each), .accepts = accepts(title)});
  return all;
}

std::optional<bool> target::includes(const std::string& file, const std::string& mark,
                                     const std::stop_token& stop) const {
  if (!settings_.ask_program) return {};
  // The output is cut at 64 KiB; a large configuration may name the file beyond that.
  const auto result = common::run_command(command("-T"), settings_.check_timeout, stop);
  if (!result.ok()) return {};
  if (result.output.find("# configuration file " + file + ":") != std::string::npos) return true;
  if (result.output.find(mark) != std::string::npos) return true;
  return result.output.size() < std::size_t{64} * 1024 ? std::optional(false) : std::nullopt;
}

}  // namespace drcon::nginx
