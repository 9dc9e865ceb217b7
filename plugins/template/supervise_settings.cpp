#include "template/supervise_settings.hpp"

#include "common/shell_line.hpp"

#include <csignal>

namespace drcon::templates {
namespace {

// The schemas have these, or some of them.
const std::map<std::string, int>& signals() {
  static const std::map<std::string, int> known{{"HUP", SIGHUP},     {"USR1", SIGUSR1}, {"USR2", SIGUSR2},
                                                {"WINCH", SIGWINCH}, {"TERM", SIGTERM}, {"INT", SIGINT},
                                                {"QUIT", SIGQUIT},   {"KILL", SIGKILL}};
  return known;
}

// Longer ones are mistakes: nobody waits for them.
constexpr auto longest_kill_timeout = std::chrono::hours(1);
constexpr auto longest_splay = std::chrono::hours(24);

std::chrono::nanoseconds read_duration(const options& table, std::chrono::nanoseconds usual, std::chrono::hours most) {
  if (!table.present()) return usual;
  const auto read = table.duration();
  if (read > most)
    throw config_error(table.pointer(),
                       "is longer than " + std::to_string(most.count()) + "h, the most that it may be");
  return read;
}

}  // namespace

std::optional<supervise_settings> read_supervise(const options& table) {
  if (!table.present()) return {};
  supervise_settings result;
  auto& program = result.program;
  program.argv = table["command"].strings();
  program.is_shell_line = table["shell"].present();
  if (program.is_shell_line) {
    if (!program.argv.empty()) throw config_error(table["shell"].pointer(), "cannot be combined with 'command'");
    program.argv = {"/bin/sh", "-c", table["shell"].string()};
  }
  if (program.argv.empty()) throw config_error(table.pointer(), "expected 'command' or 'shell': the program to keep");
  for (const auto& name : table["environment"].keys()) program.environment[name] = table["environment"][name].string();
  // The shell itself would get it, be ended by it, and drcon with it.
  if (table["reload_signal"].present() && program.is_shell_line && !common::ends_in_exec(program.argv.back()))
    throw config_error(table["reload_signal"].pointer(),
                       "would end the shell that runs the line, and drcon with it, since a shell does not pass signals "
                       "on: write `exec` before the last command of 'shell', or use 'command'");
  if (table["reload_signal"].present()) result.reload_signal = signal_of(table["reload_signal"].string());
  result.kill_signal = signal_of(table["kill_signal"].string_or("TERM"));
  result.kill_timeout = read_duration(table["kill_timeout"], std::chrono::seconds(30), longest_kill_timeout);
  result.splay = read_duration(table["splay"], {}, longest_splay);
  result.starts_after_others = table["after"].string_or("all") == "all";
  return result;
}

int signal_of(const std::string& name) { return signals().at(name); }

std::string name_of_signal(int signal) {
  for (const auto& [name, number] : signals())
    if (number == signal) return name;
  return std::to_string(signal);
}

std::string name_of(const kept_program& program) {
  std::string text;
  for (const auto& each : program.argv) text += (text.empty() ? "" : " ") + each;
  return "'" + (program.is_shell_line ? program.argv.back() : text) + "'";
}

}  // namespace drcon::templates
