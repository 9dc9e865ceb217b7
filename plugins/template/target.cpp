#include "template/target.hpp"

#include "common/atomic_file.hpp"
#include "common/proc.hpp"
#include "common/short_text.hpp"
#include "template/signal.hpp"

#include <drcon/printed.hpp>

#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>

namespace drcon::templates {
namespace {

constexpr const char* file_mark = "{file}";

// True where process 1 is among those that drcon descends from: a supervisor, or drcon itself, which keeps its isolated
// plugins. Where drcon has joined the namespace of a container, its ancestors are in another one.
bool descends_from_process_one() {
  auto each = std::optional(::getppid());
  while (each && *each > 1) each = common::parent_of(*each);
  return each != 0;
}

// Process 1 is the program itself where drcon has joined its container's process namespace. Elsewhere it is the
// machine's init, or drcon's own process 1, which would pass the signal on to drcon.
bool may_signal_process_one() {
  constexpr auto namespace_of_the_machine = "pid:[4026531836]";  // the kernel's constant: PROC_PID_INIT_INO
  std::error_code error;
  const auto own = std::filesystem::read_symlink("/proc/self/ns/pid", error);
  return !error && own != namespace_of_the_machine && !descends_from_process_one();
}

command_outcome send(const command& what, const std::stop_token& stop) {
  std::string why;
  const auto text = common::read_file(what.pid_file, why);
  if (!text && !why.empty()) return {.why = why};
  if (!text) return {.why = "there is no " + what.pid_file, .nobody = true};
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), pid);
  if (error != std::errc() || pid < 1) return {.why = what.pid_file + " holds no process id"};
  if (pid == 1 && !may_signal_process_one())
    return {.why = what.pid_file +
                   " names process 1, which is not signalled unless drcon has joined the process "
                   "namespace of the program's container"};
  const auto how = send_signal(pid, what.signal, stop);
  if (how.why.empty()) return {};
  return {.why = "process " + std::to_string(pid) + " of " + what.pid_file + " " + how.why, .nobody = how.nobody};
}

std::string program_of(const command& what) {
  std::string text = "'";
  for (const auto& each : what.argv) text += (text.size() > 1 ? " " : "") + each;
  return text + "'";
}

}  // namespace

command_outcome carry_out(const command& what, const std::string& file, const common::command_surroundings& around,
                          const std::stop_token& stop) {
  if (what.argv.empty()) return send(what, stop);
  std::vector<std::string> argv;
  // Giving up rights takes several steps whose order matters; util-linux has a program for it.
  if (!what.user.empty())
    argv = {"setpriv", "--reuid=" + what.user, "--regid=" + std::to_string(what.group), "--init-groups", "--"};
  for (auto each : what.argv) {
    for (auto place = each.find(file_mark); place != std::string::npos;
         place = each.find(file_mark, place + file.size()))
      each.replace(place, std::strlen(file_mark), file);
    argv.push_back(std::move(each));
  }
  auto with = around;
  if (!what.user.empty()) {
    // drcon's own environment may hold secrets, which this user must not see.
    with.inherits = common::inheritance::basics;
    with.environment.insert({{"USER", what.user}, {"LOGNAME", what.user}, {"HOME", what.home}});
  }
  for (const auto& [name, value] : what.environment) with.environment.insert_or_assign(name, value);
  const auto result = common::run_command(argv, what.timeout, stop, with);
  if (result.ok()) return {};
  auto why =
      program_of(what) + " " + (result.why.empty() ? "ended with code " + std::to_string(result.code) : result.why);
  std::string said(common::shortened(result.output, 500));
  while (said.ends_with('\n')) said.pop_back();
  if (!said.empty()) why += ": " + printed(std::move(said));
  return {.why = std::move(why)};
}

}  // namespace drcon::templates
