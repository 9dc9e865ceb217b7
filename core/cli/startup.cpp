#include "cli/startup.hpp"

#include "base/last_catch.hpp"
#include "config/text.hpp"
#include "log/plugin_level.hpp"
#include "plugins/program_directories.hpp"

#include <algorithm>
#include <csignal>
#include <iostream>

namespace drcon::cli {

void print(const config::diagnostics& found) { std::cerr << found.text() << std::flush; }

void ignore_broken_pipes() { std::signal(SIGPIPE, SIG_IGN); }

void configure_log(const config::host_config& host) {
  base::report_escaped_to([](const std::string& where, const std::string& what) {
    log::error(base::subject_kind::host, "{} (an error was caught at the last moment: {}); please report it", where,
               config::printable(what, 500));
  });
  log::configure(log::level_named(host.log.level), host.log.format);
  std::map<std::string, log::level> own;
  for (const auto& [plugin, level] : host.log.plugins) own.emplace(plugin, log::level_named(level));
  log::set_plugin_levels(own);
}

void load_plugins(const arguments& options, const config::host_config& host, plugins::registry& plugins) {
  plugins.offer_bundled(plugins::bundled_directory());
  auto others = options.plugin_directories;
  const auto third_parties = plugins::third_party_directories();
  others.insert(others.end(), third_parties.begin(), third_parties.end());
  others.insert(others.end(), host.plugin_directories.begin(), host.plugin_directories.end());
  plugins.load_directories(others);
}

void load_plugins(const arguments& options, plugins::registry& plugins) {
  config::diagnostics found;
  std::error_code error;
  std::optional<config::host_config> host;
  if (std::filesystem::exists(options.config, error)) host = config::load_host(options.config, found);
  load_plugins(options, host.value_or(config::host_config{}), plugins);
  plugins.load_all();
}

namespace {

void print_refused(const plugins::registry& plugins, std::size_t first) {
  for (auto i = first; i < plugins.refused().size(); ++i) {
    const auto& each = plugins.refused()[i];
    std::cerr << "drcon: plugin refused: " << each.text() << "\n  help: " << each.fault.help << "\n";
  }
}

void print_or_keep(const config::diagnostics& found, config::diagnostics* into) {
  if (into == nullptr) print(found);
  else into->take(found);
}

// Also what is only the place of a file system that is not mounted yet.
bool has_no_plugin(const std::filesystem::path& directory) {
  std::error_code error;
  for (std::filesystem::directory_iterator each(directory, error), end; !error && each != end; each.increment(error))
    if (each->path().extension() == ".so") return false;
  return true;
}

exit_code code_after(const config::diagnostics& found, const arguments& options,
                     const std::vector<std::filesystem::path>& plugin_directories) {
  const bool may_get_plugins = std::ranges::any_of(options.plugin_directories, has_no_plugin) ||
                               std::ranges::any_of(plugin_directories, has_no_plugin);
  const auto also = may_get_plugins ? std::optional(config::code::unknown_plugin) : std::nullopt;
  return found.may_pass(also) ? exit_runtime : exit_config;
}

}  // namespace

read_or_exit_code<config::host_config> prepare(const arguments& options, plugins::registry& plugins,
                                               config::diagnostics* faults) {
  config::diagnostics found;
  auto host = config::load_host(options.config, found);
  if (!host) {
    // The other sections are checked too, with the bundled plugins, so that one pass reports everything.
    load_plugins(options, {}, plugins);
    config::diagnostics all;
    config::load(options.config, plugins.catalog(), all);
    const auto& worst = all.has_errors() ? all : found;
    print_or_keep(worst, faults);
    return code_after(worst, options, {});
  }
  configure_log(*host);
  load_plugins(options, *host, plugins);
  if (host->stop_on_bad_plugin) plugins.load_all();  // bad ones that the configuration does not name count, too
  print_refused(plugins, 0);
  if (host->stop_on_bad_plugin && !plugins.refused().empty()) {
    std::cerr << "drcon: stopped by on_bad_plugin = \"stop\"; set it to \"continue\" to go on without them\n";
    return exit_config;
  }
  return *std::move(host);
}

read_or_exit_code<config::configuration> load_config(const arguments& options, plugins::registry& plugins,
                                                     config::diagnostics* into) {
  config::diagnostics found;
  const auto refused_before = plugins.refused().size();
  auto loaded = config::load(options.config, plugins.catalog(), found);
  print_refused(plugins, refused_before);
  print_or_keep(found, into);
  if (loaded) return *std::move(loaded);
  config::diagnostics known;  // from prepare()
  const auto host = config::load_host(options.config, known);
  return code_after(found, options, host ? host->plugin_directories : std::vector<std::filesystem::path>());
}

}  // namespace drcon::cli
