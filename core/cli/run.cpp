// drcon run: until SIGTERM.
#include "admin/server.hpp"
#include "base/build_facts.hpp"
#include "base/by_whom.hpp"
#include "base/count_of.hpp"
#include "base/last_catch.hpp"
#include "cli/hosted_engine.hpp"
#include "cli/kept_programs.hpp"
#include "cli/process_one.hpp"
#include "cli/renewed_secrets.hpp"
#include "cli/state_lock.hpp"
#include "log/in_background.hpp"
#include "log/log.hpp"
#include "systemd/heartbeat.hpp"

#include <fmt/format.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/signal_set.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <functional>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace drcon::cli {
namespace {

// Opened again at each reload, since log rotation may have moved the file away.
bool log_to(const config::host_config& host) {
  const auto opened = log::to_file(host.log.file);
  if (!opened) log::error(base::subject_kind::host, "{}", opened.error().why);
  return opened.has_value();
}

class daemon {
public:
  daemon(const arguments& options, plugins::registry& plugins, const config::host_config& host)
      : options_(options),
        plugins_(plugins),
        hosted_(plugins, host, engine::mode::apply),
        admin_(hosted_.context(), {.engine = hosted_.engine(),
                                   .figures = hosted_.figures(),
                                   .reload = [this](const std::string& who) { return reload(who); }}),
        heartbeat_(hosted_.context().get_executor(), hosted_.engine()),
        programs_(hosted_.context(), hosted_.engine(), [this] { stop_once(); }),
        secrets_(hosted_.context().get_executor(), [this](const std::string& file) { use_renewed(file); }),
        signals_(hosted_.context(), SIGHUP, SIGTERM, SIGINT) {}

  int run(const config::configuration& config);
  /// A plugin, or the disk, has not ended: its threads may still run.
  bool has_overstayed() const { return overstayed_; }

private:
  bool listen(const config::host_config& host);
  void wait_for_signal();
  void on_signal(int signal);
  admin::reload_outcome reload(const std::string& who);
  admin::reload_outcome use(std::optional<config::configuration> next, config::diagnostics& found,
                            const std::string& who);
  void use_renewed(const std::string& secret_file);
  std::optional<config::configuration> load_again(config::diagnostics& found);
  void in_effect(const config::configuration& now);
  void close_in_the_clear(const config::host_config& refused, std::vector<std::string>& findings);
  bool take(const config::configuration& next, config::diagnostics& found, std::vector<std::string>& findings);
  void stop();
  void stop_once() {
    if (!std::exchange(stopping_, true)) stop();
  }

  const arguments& options_;
  plugins::registry& plugins_;
  hosted_engine hosted_;
  admin::server admin_;
  systemd::heartbeat heartbeat_;
  kept_programs programs_;
  renewed_secrets secrets_;
  std::size_t text_hash_ = 0;  // of the configuration that is in effect
  boost::asio::signal_set signals_;
  bool stopping_ = false;
  bool overstayed_ = false;
  int result_ = exit_ok;
};

bool daemon::listen(const config::host_config& host) {
  const auto listened = admin_.listen(host.admin);
  if (!listened) log::error(base::subject_kind::admin, "{}", listened.error().why);
  return listened.has_value();
}

int daemon::run(const config::configuration& config) {
  config::diagnostics found;
  if (!hosted_.engine().apply(config, found)) {
    print(found);
    // The configuration was checked, and is right. What a plugin finds missing while it is made (a file system that is
    // not mounted yet, a user that is not known yet) may be there at the next start, so that there must be one.
    return exit_runtime;
  }
  hosted_.engine().retire_absent();
  if (!listen(config.host)) return exit_runtime;
  log::info(base::subject_kind::host, "drcon {} runs {}", build::version,
            base::count_of(config.pipelines.size(), "pipeline"));
  hosted_.engine().probe_instances();
  in_effect(config);
  heartbeat_.start();
  wait_for_signal();
  const auto work = boost::asio::make_work_guard(hosted_.context());
  // An error within one event must not end the process: all targets would lose their host.
  while (!base::caught_last("the event is lost; every pipeline goes on with the next one",
                            [this] { hosted_.context().run(); }))
    hosted_.engine().recover_soon();
  return result_;
}

void daemon::wait_for_signal() {
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    wait_for_signal();
    on_signal(signal);
  });
}

void daemon::on_signal(int signal) {
  if (signal == SIGHUP) {
    reload("SIGHUP");
    return;
  }
  if (!stopping_) return stop_once();
  log::warning(base::subject_kind::host, "second signal: exiting immediately");
  log::flush_within(std::chrono::milliseconds(500));
  std::_Exit(exit_overstay);
}

// Opens first all that may fail to open, and switches when everything is there: a reload is taken as a whole, or not.
bool daemon::take(const config::configuration& next, config::diagnostics& found, std::vector<std::string>& findings) {
  const auto previous_file = hosted_.engine().config().host.log.file;
  auto listeners = admin_.open(next.host.admin);
  if (!listeners) findings.push_back("[admin]: " + listeners.error().why);
  const auto log = log::to_file(next.host.log.file);
  if (!log) findings.push_back("[log]: " + log.error().why);
  for (const auto& each : findings) log::error(base::subject_kind::config, "{}", each);
  if (listeners && log && hosted_.engine().apply(next, found)) {
    admin_.switch_to(std::move(*listeners));
    hosted_.engine().probe_instances();
    return true;
  }
  // What was to be secured does not go on in the clear, though the rest stays as it was.
  if (listeners) listeners->reset();  // reopens what it had to close
  close_in_the_clear(next.host, findings);
  if (log && !log::to_file(previous_file))
    log::warning(base::subject_kind::log, "cannot log to {} again", previous_file.string());
  return false;
}

void daemon::close_in_the_clear(const config::host_config& refused, std::vector<std::string>& findings) {
  if (!admin_.close_in_the_clear(refused.admin)) return;
  findings.push_back(fmt::format("[admin]: {}", admin::server::closed_since_in_the_clear));
  log::error(base::subject_kind::admin, "{}", findings.back());
}

std::optional<config::configuration> daemon::load_again(config::diagnostics& found) {
  const auto refused_before = plugins_.refused().size();
  auto next = config::load(options_.config, plugins_.catalog(), found);
  for (auto i = refused_before; i < plugins_.refused().size(); ++i) {
    const auto& each = plugins_.refused()[i];
    log::error(base::subject_kind::host, "plugin refused: {}; {}", each.text(), each.fault.help);
  }
  return next;
}

// The whole new configuration is checked first; a wrong one changes nothing, but for a port that it would secure.
admin::reload_outcome daemon::reload(const std::string& who) {
  if (stopping_) return {.taken = false, .findings = {"drcon is stopping"}};
  log::info(base::subject_kind::host, "reloading {}{}", options_.config.string(), base::by_whom(who));
  config::diagnostics found;
  auto next = load_again(found);
  return use(std::move(next), found, who);
}

void daemon::in_effect(const config::configuration& now) {
  text_hash_ = now.text_hash;
  secrets_.follow(now.secret_files());
}

// The secret alone comes into effect: what somebody edits in the configuration meanwhile waits for a reload.
void daemon::use_renewed(const std::string& secret_file) {
  if (stopping_) return;
  config::diagnostics found;
  auto next = load_again(found);
  if (!next || next->text_hash != text_hash_) {
    const auto why = next ? "the configuration was edited too" : found.sorted().front().message;
    log::warning(base::subject_kind::host,
                 "{} was replaced, and is not used yet: {}; 'drcon reload' uses both. Until then the previous secret "
                 "stays in use",
                 secret_file, why);
    if (!next) hosted_.engine().note_reload(false, secret_file + " was replaced: " + why);
    return;
  }
  log::info(base::subject_kind::host, "{} was replaced: reloading", secret_file);
  use(std::move(next), found, "the renewed secret " + secret_file);
}

std::string text_of(const config::diagnostic& each) {
  return each.where.text() + ": " + each.message + (each.help.empty() ? "" : "; " + each.help);
}

// The one for a single line: the first error, but a misspelt key before the one that is missing because of it.
const config::diagnostic& most_telling(const std::vector<config::diagnostic>& all) {
  const auto first = std::ranges::find(all, config::severity::error, &config::diagnostic::severity);
  if (first == all.end()) return all.front();
  if (first->code != config::code::missing_key) return *first;
  const auto misspelt = std::ranges::find(all, config::code::unknown_key, &config::diagnostic::code);
  return misspelt == all.end() ? *first : *misspelt;
}

admin::reload_outcome daemon::use(std::optional<config::configuration> next, config::diagnostics& found,
                                  const std::string& who) {
  heartbeat_.reloading();
  if (next) config::keep_what_is_read_at_start(hosted_.engine().config().host, next->host, options_.config, found);
  admin::reload_outcome outcome;
  outcome.taken = next && take(*next, found, outcome.findings);
  if (!next) {
    config::diagnostics reported_above;
    if (const auto host = config::load_host(options_.config, reported_above))
      close_in_the_clear(*host, outcome.findings);
  }
  auto why = outcome.findings.empty() ? std::string() : outcome.findings.front();
  const auto all = found.sorted();
  if (why.empty() && !all.empty()) why = text_of(most_telling(all));
  for (const auto& each : all) {
    outcome.findings.push_back(text_of(each));
    log::write(each.severity == config::severity::error ? log::level::error : log::level::warning,
               base::subject_kind::config, outcome.findings.back());
  }
  if (outcome.findings.size() > 1)
    why += " (and " + std::to_string(outcome.findings.size() - 1) + " more: see drcon check)";
  hosted_.engine().note_reload(outcome.taken, why, who);
  if (!outcome.taken) {
    log::error(base::subject_kind::host, "the new configuration is not used; the previous one stays in effect");
    heartbeat_.reloaded();
    return outcome;
  }
  configure_log(next->host);
  in_effect(*next);
  log::info(base::subject_kind::host, "reloaded: {}", base::count_of(next->pipelines.size(), "pipeline"));
  heartbeat_.reloaded();
  return outcome;
}

void daemon::stop() {
  log::info(base::subject_kind::host, "stopping");
  heartbeat_.stopping();
  secrets_.stop();
  programs_.note_stop();
  hosted_.engine().stop([this](bool clean) {
    overstayed_ = !clean;
    result_ = programs_.exit_code().value_or(clean ? exit_ok : exit_overstay);
    log::info(base::subject_kind::host, "stopped");
    hosted_.context().stop();
  });
}

// Thousands of watches and event clients need more descriptors than the 1,024 that a shell or systemd allows at first.
void allow_many_files() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

}  // namespace

int run(const arguments& options) {
  if (const auto code = serve_as_process_one()) return *code;
  ignore_broken_pipes();
  allow_many_files();
  plugins::registry plugins;
  const auto host = prepare(options, plugins);
  if (!host) return host.error();
  const auto config = load_config(options, plugins);
  if (!config) return config.error();
  // Whoever reads the log may stop doing so: that stops no update.
  const log::in_background without_waiting;
  if (!log_to(config->host)) return exit_runtime;
  const auto locked = state_lock::take(host->state_directory);
  if (!locked) {
    log::error(base::subject_kind::state, "{}", locked.error().why);
    return exit_runtime;
  }
  daemon daemon(options, plugins, *host);
  const int result = daemon.run(*config);
  if (!daemon.has_overstayed()) return result;
  exit_without_those_left(result);
}

}  // namespace drcon::cli
