// The command line: verbs, options, help texts, exit codes.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace drcon::cli {

struct tool;

/// Exit codes, the same for every verb.
enum exit_code {
  exit_ok = 0,        ///< done
  exit_config = 1,    ///< the configuration or an option is wrong; positions are on standard error
  exit_usage = 2,     ///< the command line is wrong
  exit_runtime = 3,   ///< could not do it: a target or a source did not answer in time, or refused, or a file that the
                      ///< configuration names cannot be read yet; of the verbs that look at a running drcon: something
                      ///< needs attention
  exit_overstay = 4,  ///< a plugin, or the disk of the state, did not end within the deadline
};

struct arguments {
  std::filesystem::path config = "/etc/drcon/drcon.toml";
  std::vector<std::filesystem::path> plugin_directories;  ///< --plugin-dir, before those of the configuration
  std::chrono::nanoseconds timeout{};                     ///< once, render
  bool diff = false;                                      ///< render --diff
  std::string plugin;                                     ///< plugins show NAME, reference NAME
  bool json = false;
  bool live = false;             ///< check --live: doctor
  std::string user;              ///< doctor: whose rights it looks with
  std::string format = "text";   ///< reference: text, markdown or man
  std::filesystem::path output;  ///< reference: a directory for all pages
  std::filesystem::path socket;  ///< the operator's verbs: where drcon is asked
  std::string pipeline;
  std::string endpoint;                      ///< explain
  std::string service;                       ///< explain
  bool all = false;                          ///< explain
  std::string why;                           ///< pause
  std::string level;                         ///< log
  std::uint64_t revision = 0;                ///< rollback; 0: not given
  std::uint64_t after = 0;                   ///< journal
  bool follow = false;                       ///< journal
  std::vector<std::string> words;            ///< complete: what has been typed
  const CLI::App* command_line = nullptr;    ///< all verbs and options, for who describes them
  const std::vector<tool>* tools = nullptr;  ///< the verbs that are programs of their own; see tools.hpp
};

/// Parses and runs. Catches every exception; returns the exit code.
int main(int argc, char** argv);

int run(const arguments& options);
int check(const arguments& options);
int doctor(const arguments& options);
int once(const arguments& options);
int render(const arguments& options);
int plugins_list(const arguments& options);
int plugins_show(const arguments& options);
int reference(const arguments& options);
int schema(const arguments& options);
int complete(const arguments& options);

}  // namespace drcon::cli
