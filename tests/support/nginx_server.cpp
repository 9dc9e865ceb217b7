#include "support/nginx_server.hpp"

#include "support/ports.hpp"
#include "support/wait.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace drcon::test {
namespace {

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

}  // namespace

nginx_server::nginx_server(std::string servers, bool start_now) : port_(free_port()), servers_(std::move(servers)) {
  std::filesystem::create_directories(directory_ / "conf.d");
  write_config();
  if (start_now) start();
}

std::string nginx_server::options(const std::string& name) const {
  return "file = \"" + file(name).string() + "\"\nconfig = \"" + config().string() + "\"\nprefix = \"" +
         prefix().string() + "\"\npid_file = \"" + pid_file().string() + "\"\n";
}

void nginx_server::load_lua(bool with_lua, int workers) {
  with_lua_ = with_lua;
  worker_count_ = workers;
  write_config();
}

void nginx_server::serve(std::string servers) {
  servers_ = std::move(servers);
  write_config();
}

// Every path is absolute: the sink may be made without the prefix, and nginx -t makes directories that are missing.
void nginx_server::write_config() const {
  const auto place = prefix().string() + "/";
  std::string temporary;
  for (const auto* const each : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
    temporary += "  " + std::string(each) + "_temp_path " + place + "tmp;\n";
  // Where Debian has the modules of its packages.
  std::string modules;
  for (const auto* const each : {"ndk_http", "ngx_http_lua"})
    modules += "load_module /usr/lib/nginx/modules/" + std::string(each) + "_module.so;\n";
  write_file(config(), (with_lua_ ? modules : std::string()) + "user root;\nworker_processes " +
                           std::to_string(worker_count_) + ";\ndaemon off;\npid " + pid_file().string() +
                           ";\nerror_log " + place +
                           "error.log notice;\nworker_shutdown_timeout 5s;\nevents { worker_connections 512; }\n" +
                           "http {\n  access_log off;\n" + temporary + "  include conf.d/*.conf;\n  " +
                           replaced(servers_, "@PORT@", std::to_string(port_)) + "\n}\n");
}

void nginx_server::start() {
  process_ = process({"nginx", "-p", prefix().string(), "-c", config().string()}, directory_ / "out.log");
  const bool up = wait_until([this] { return !process_.running() || test::get(port_).status != 0; });
  if (!up || !process_.running()) throw std::runtime_error("nginx does not start:\n" + process_.text() + log());
}

// The workers of a killed master live on: they go too.
void nginx_server::kill9() {
  const auto orphans = workers();
  process_.kill9();
  for (const auto pid : orphans) ::kill(pid, SIGKILL);
}

std::set<pid_t> nginx_server::workers() const { return process_.children(); }

void nginx_server::replace_workers() const {
  const auto old = workers();
  reload();
  const bool replaced = wait_until([&] {
    const auto now = workers();
    return !now.empty() && std::ranges::none_of(now, [&](pid_t each) { return old.contains(each); });
  });
  if (!replaced) throw std::runtime_error("nginx's workers are not replaced by a reload:\n" + log());
}

std::string nginx_server::dump() const {
  return run({"nginx", "-T", "-p", prefix().string(), "-c", config().string()}).out;
}

int nginx_server::times_logged(const std::string& text) const {
  const auto all = log();
  int count = 0;
  for (auto at = all.find(text); at != std::string::npos; at = all.find(text, at + 1)) ++count;
  return count;
}

void nginx_server::break_config() const { std::ofstream(config(), std::ios::app) << "no_such_directive on;\n"; }
void nginx_server::fix_config() { write_config(); }

}  // namespace drcon::test
