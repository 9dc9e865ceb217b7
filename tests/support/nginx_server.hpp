// A private nginx: its own prefix, configuration, pid file and port.
#pragma once

#include "support/http.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>

namespace drcon::test {

/// The module of mode "live", as it is in this checkout.
inline const std::string lua_module = DRCON_SOURCE_ROOT "/plugins/nginx/lua/drcon.lua";

class nginx_server {
public:
  /// Includes conf.d/*.conf in http{}; `servers` are further lines of http{}, where @PORT@ is this server's port.
  explicit nginx_server(
      std::string servers = "server { listen 127.0.0.1:@PORT@; location / { return 200 \"none\\n\"; } }",
      bool start_now = true);

  std::uint16_t port() const { return port_; }
  const std::filesystem::path& prefix() const { return directory_.path(); }
  std::filesystem::path config() const { return directory_ / "nginx.conf"; }
  std::filesystem::path pid_file() const { return directory_ / "nginx.pid"; }
  std::filesystem::path file(const std::string& name = "drcon.conf") const {
    return directory_.path() / "conf.d" / name;
  }
  /// The options of an nginx sink for this server, as TOML.
  std::string options(const std::string& name = "drcon.conf") const;

  /// Its Lua module and how many workers it has; takes effect at the next start.
  void load_lua(bool with_lua = true, int workers = 1);
  /// Replaces `servers`; takes effect at the next start or reload.
  void serve(std::string servers);
  void start();
  void stop() { process_.terminate(); }
  void kill9();
  void reload() const { process_.signal(SIGHUP); }
  /// reload(), and waits until every worker of before has ended: they answer for a while after the first new one does.
  /// Throws when that does not come, so that the test ends.
  void replace_workers() const;
  bool running() { return process_.running(); }
  pid_t master() const { return process_.pid(); }
  std::set<pid_t> workers() const;
  /// The worker of the last reload has no other beside it. Until then an earlier generation may answer as well:
  /// requests that were answered as expected may be followed by some that are not.
  bool serves_alone() const { return workers().size() == 1; }
  /// `nginx -T`: the configuration as nginx reads it.
  std::string dump() const;
  /// How often its log has the text.
  int times_logged(const std::string& text) const;
  /// How often it was signalled to reload.
  int reloads() const { return times_logged(", reconfiguring"); }
  std::string log() const { return read_file(directory_ / "error.log"); }
  http_answer get(const std::string& target = "/") const { return test::get(port_, target); }
  /// Appends a line to the main configuration; an unknown directive breaks it.
  void break_config() const;
  void fix_config();

private:
  void write_config() const;

  temp_dir directory_;
  std::uint16_t port_;
  std::string servers_;
  bool with_lua_ = false;
  int worker_count_ = 1;
  process process_;
};

}  // namespace drcon::test
