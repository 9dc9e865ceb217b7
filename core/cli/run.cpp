// drcon run: until SIGTERM.
#include "admin/server.hpp"
#include "cli/hosted_engine.hpp"
#include "log/log.hpp"
#include "systemd/notify.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/signal_set.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <csignal>
#include <functional>
#include <iostream>

namespace drcon::cli {
namespace {

class daemon {
public:
  daemon(const arguments& from, const plugins::registry& plugins, const config::host_config& host)
      : from_(from),
        plugins_(plugins),
        hosted_(plugins, host, engine::mode::apply),
        admin_(hosted_.context(), hosted_.engine(), hosted_.figures()),
        signals_(hosted_.context(), SIGHUP, SIGTERM, SIGINT) {}

  int run(const config::configuration& config);

private:
  bool listen(const config::host_config& host);
  void wait_for_signal();
  void on_signal(int signal);
  void reload();
  void stop();

  const arguments& from_;
  const plugins::registry& plugins_;
  hosted_engine hosted_;
  admin::server admin_;
  boost::asio::signal_set signals_;
  config::host_config host_;
  bool stopping_ = false;
  int result_ = exit_ok;
};

bool daemon::listen(const config::host_config& host) {
  if (host.admin_socket == host_.admin_socket) return true;
  admin_.close();
  std::string why;
  if (host.admin_socket.empty() || admin_.listen(host.admin_socket, why)) return true;
  log::error("admin", "{}", why);
  return false;
}

int daemon::run(const config::configuration& config) {
  config::diagnostics found;
  if (!hosted_.engine().apply(config, found)) {
    print(found);
    return exit_config;
  }
  if (!listen(config.host)) return exit_runtime;
  host_ = config.host;
  log::info("host", "drcon {} runs {} pipelines", DRCON_VERSION, config.pipelines.size());
  systemd::ready(fmt::format("{} pipelines", config.pipelines.size()));
  wait_for_signal();
  const auto work = boost::asio::make_work_guard(hosted_.context());
  hosted_.context().run();
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
  if (signal == SIGHUP && !stopping_) return reload();
  if (signal == SIGHUP) return;
  if (!std::exchange(stopping_, true)) return stop();
  log::warning("host", "second signal: leaving at once");
  std::_Exit(exit_overstay);
}

// The whole new configuration is checked first; a wrong one changes nothing.
void daemon::reload() {
  log::info("host", "reloading {}", from_.config.string());
  systemd::reloading();
  config::diagnostics found;
  const auto next = config::load(from_.config, plugins_.catalog(), found);
  for (const auto& each : found.sorted())
    log::write(each.severity == config::severity::error ? log::level::error : log::level::warning, "config",
               each.where.text() + ": " + each.message + (each.help.empty() ? "" : "; " + each.help));
  if (!next || !hosted_.engine().apply(*next, found)) {
    log::error("host", "the new configuration is not used; everything goes on as it was");
    systemd::ready("reload refused; the configuration is wrong");
    return;
  }
  log::configure(log::level_named(next->host.log_level), next->host.log_format);
  listen(next->host);
  host_ = next->host;
  log::info("host", "reloaded: {} pipelines", next->pipelines.size());
  systemd::ready(fmt::format("{} pipelines", next->pipelines.size()));
}

void daemon::stop() {
  log::info("host", "stopping");
  systemd::stopping();
  hosted_.engine().stop([this](bool clean) {
    result_ = clean ? exit_ok : exit_overstay;
    log::info("host", "stopped");
    hosted_.context().stop();
  });
}

}  // namespace

int run(const arguments& from) {
  plugins::registry plugins;
  const auto host = prepare(from, plugins);
  if (!host) return exit_config;
  const auto config = load_config(from, plugins);
  if (!config) return exit_config;
  daemon daemon(from, plugins, *host);
  const int result = daemon.run(*config);
  // With a plugin that overstays, destructors would wait for it, or pull things from under it.
  if (result == exit_overstay) std::_Exit(result);
  return result;
}

}  // namespace drcon::cli
