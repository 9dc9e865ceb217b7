// What every verb does first: [host], then the plugins, then the whole configuration.
#pragma once

#include "base/result.hpp"
#include "cli/command_line.hpp"
#include "config/configuration.hpp"
#include "plugins/registry.hpp"

#include <filesystem>
#include <vector>

namespace drcon::cli {

/// Offers the bundled plugins, of which load_config() loads those that the configuration names, and loads those of
/// --plugin-dir and of [host] plugin_directories.
void load_plugins(const arguments& options, const config::host_config& host, plugins::registry& plugins);

/// Loads all plugins, for verbs that do without a configuration: it is read for [host] only when there is one.
void load_plugins(const arguments& options, plugins::registry& plugins);

/// Says that there is no plugin of that name, and which of those that were loaded is near; the exit code.
int no_such_plugin(const std::string& name, const plugins::registry& plugins);

/// For the verbs that keep targets up to date: a reader of the log that goes away would end them by SIGPIPE.
void ignore_broken_pipes();

/// What a verb ends with when its configuration cannot be used: exit_config, or exit_runtime where all that is wrong
/// may be right at the next start, since a file that the configuration names cannot be read now. A secret that an agent
/// writes, an include or a plugin on a file system that is mounted later: systemd starts drcon again only after the
/// latter.
template <class T>
using read_or_exit_code = base::result<T, exit_code>;

/// Reads [host], [log] and [admin], sets up the log and loads the plugins. When that is wrong, the faults are printed,
/// or go into `faults`.
read_or_exit_code<config::host_config> prepare(const arguments& options, plugins::registry& plugins,
                                               config::diagnostics* faults = nullptr);

/// Levels and format, as [log] says.
void configure_log(const config::host_config& host);

/// Reads and checks the whole configuration. What is found is printed, or goes into `into`.
read_or_exit_code<config::configuration> load_config(const arguments& options, plugins::registry& plugins,
                                                     config::diagnostics* into = nullptr);

/// With --json: prints what was found on standard output, whatever it is, and returns the code.
int answer_json(const config::diagnostics& found, int code);

/// Prints what was found, one line each, on standard error.
void print(const config::diagnostics& found);

}  // namespace drcon::cli
