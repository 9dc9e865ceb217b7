#include "import/exec.hpp"

#include "common/shell_line.hpp"
#include "common/toml_text.hpp"
#include "import/toml.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string_view>

namespace drcon::importing {
namespace {

constexpr auto usual_kill_signal = "SIGINT";  // Consul Template's; drcon's is TERM
constexpr std::array signals{"HUP", "USR1", "USR2", "WINCH", "TERM", "INT", "QUIT"};

std::string upper(std::string text) {
  for (auto& each : text) each = static_cast<char>(std::toupper(static_cast<unsigned char>(each)));
  return text;
}

// `key = "HUP"` of SIGHUP; empty for one that drcon does not send.
std::string signal_of(const std::string& key, const std::string& name, const place& where, report& found) {
  auto word = upper(name);
  if (word.starts_with("SIG")) word.erase(0, 3);
  const bool is_known = std::ranges::find(signals, word) != signals.end() || (word == "KILL" && key == "kill_signal");
  if (is_known) return key + " = " + common::toml_text(word);
  found.fault(where,
              "exec." + key + ": drcon does not send " + name + ", but HUP, USR1, USR2, WINCH, TERM, INT or QUIT");
  return {};
}

std::string duration_of(const std::string& key, const std::string& text, const place& where, report& found) {
  if (const auto read = read_duration(text)) return key + " = " + common::toml_text(shown(*read));
  found.fault(where, "exec." + key + ": '" + text + "' is no duration");
  return {};
}

// The words of a line in which a shell would do nothing but split them and take off quotation marks; nothing for
// another line. Consul Template splits one text in this way, or has a shell run it, depending on its version.
std::optional<command_words> split(std::string_view line) {
  command_words words;
  bool in_word = false;
  char quote = 0;
  for (const char each : line) {
    const bool is_space = each == ' ' || each == '\t';
    if (quote == 0 && is_space) {
      in_word = false;
      continue;
    }
    if (std::string_view("`\\$").find(each) != std::string_view::npos && quote != '\'') return {};
    if (quote == 0 && std::string_view(";|&<>()*?[]{}#~!\n").find(each) != std::string_view::npos) return {};
    if (!in_word) words.emplace_back();
    in_word = true;
    if (quote == 0 && (each == '\'' || each == '"')) quote = each;
    else if (each == quote) quote = 0;
    else words.back() += each;
  }
  if (quote != 0 || words.empty() || words.front().find('=') != std::string::npos) return {};
  return words;
}

std::string program_of(const exec_stanza& exec, bool has_reload_signal, report& found) {
  if (exec.command.size() != 1) return "command = " + toml::list(exec.command);
  const auto& line = exec.command.front();
  if (const auto words = split(line)) return "command = " + toml::list(*words);
  // drcon refuses it: the signal would end the shell, and drcon with it.
  if (has_reload_signal && !common::ends_in_exec(line))
    found.fault(exec.where,
                "exec.command: the shell that runs it would be ended by reload_signal: write `exec` before the program "
                "at its end");
  return "shell = " + common::toml_text(line);
}

std::string environment_of(const exec_stanza& exec) {
  std::string text;
  for (const auto& [name, value] : exec.environment)
    text += (text.empty() ? "" : ", ") + common::toml_text(name) + " = " + common::toml_text(value);
  return text.empty() ? text : "environment = { " + text + " }";
}

}  // namespace

bool keeps_program(const settings& given) { return given.exec.is_on && !given.exec.command.empty(); }

std::string supervise_of(const settings& given, report& found) {
  if (!keeps_program(given)) return {};
  const auto& where = given.exec.where;
  auto text = "supervise = { " + program_of(given.exec, !given.exec_reload_signal.empty(), found);
  const auto add = [&text](const std::string& option) {
    if (!option.empty()) text += ", " + option;
  };
  if (!given.exec_reload_signal.empty()) add(signal_of("reload_signal", given.exec_reload_signal, where, found));
  const auto& kill = given.exec_kill_signal;
  add(signal_of("kill_signal", kill.empty() ? usual_kill_signal : kill, where, found));
  if (!given.exec_kill_timeout.empty()) add(duration_of("kill_timeout", given.exec_kill_timeout, where, found));
  if (!given.exec_splay.empty()) add(duration_of("splay", given.exec_splay, where, found));
  add(environment_of(given.exec));
  return text + " }\n";
}

}  // namespace drcon::importing
