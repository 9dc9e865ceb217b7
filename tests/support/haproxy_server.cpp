#include "support/haproxy_server.hpp"

#include "support/ports.hpp"
#include "support/wait.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <sstream>
#include <stdexcept>

namespace drcon::test {

haproxy_server::haproxy_server(std::string backends, std::string globals, bool start_now, std::string program)
    : port_(free_port()),
      tcp_socket_(free_port()),
      backends_(std::move(backends)),
      globals_(std::move(globals)),
      program_(std::move(program)) {
  write_config();
  if (start_now) start();
}

std::string haproxy_server::options() const { return "socket = \"" + socket().string() + "\"\nwatch = \"50ms\"\n"; }

void haproxy_server::configure(std::string backends) {
  backends_ = std::move(backends);
  write_config();
}

void haproxy_server::write_config() const {
  write_file(config(), "global\n  stats socket " + socket().string() + " level admin\n  stats socket " +
                           operator_socket().string() +
                           " level operator\n  stats socket ipv4@127.0.0.1:" + std::to_string(tcp_socket_) +
                           " level admin\n  stats timeout 30s\n  nbthread 2\n" + "  hard-stop-after 10s\n" + globals_ +
                           "defaults\n  mode http\n  timeout connect 1s\n  timeout client 30s\n  timeout server 30s\n"
                           "  retries 3\n  option redispatch\n"
                           "frontend f\n  bind 127.0.0.1:" +
                           std::to_string(port_) + "\n  default_backend web\n" + backends_);
}

void haproxy_server::start() {
  std::vector<std::string> line{program_, "-W", "-S", master_socket().string(), "-f", config().string()};
  if (!second_config_.empty()) line.insert(line.end(), {"-f", second_config_.string()});
  process_ = process(line, directory_ / "log");
  const bool up = wait_until([this] { return !process_.running() || (worker() != 0 && master_answers()); });
  if (!up || !process_.running()) throw std::runtime_error("haproxy does not start:\n" + process_.text());
}

// The worker of a killed master ends by itself, but not at once.
void haproxy_server::kill9() {
  const auto orphan = worker();
  process_.kill9();
  if (orphan > 0) ::kill(orphan, SIGKILL);
}

void haproxy_server::pause() const { ::kill(worker(), SIGSTOP); }

void haproxy_server::resume() const {
  for (const auto each : process_.children()) ::kill(each, SIGCONT);
}

bool haproxy_server::master_answers() const { return !ask(master_socket(), "show proc;quit").empty(); }

// A master that has not begun to answer takes no signal: it would be lost, and HAProxy never reload. To send it again
// would be no way out, since the first may be acted upon still, and tests count reloads.
void haproxy_server::reload() const {
  const auto before = worker();
  const auto reloaded = [&] {
    const auto now = worker();
    return now != 0 && now != before;
  };
  if (wait_until([this] { return master_answers(); })) {
    process_.signal(SIGUSR2);
    if (wait_until(reloaded) && wait_until([this] { return master_answers(); })) return;
  }
  throw std::runtime_error("haproxy did not reload:\n" + process_.text());
}

void haproxy_server::fail_to_reload() const {
  write_file(config(), "this is not a configuration\n");
  process_.signal(SIGUSR2);
  const bool failed =
      wait_until([this] { return ask(master_socket(), "prompt\nquit").find("ReloadFailed") != std::string::npos; });
  write_config();
  if (!failed) throw std::runtime_error("haproxy's reload did not fail:\n" + process_.text());
}

pid_t haproxy_server::worker() const {
  std::istringstream lines(command("show info"));
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("Pid: ")) return std::stoi(line.substr(5));
  return 0;
}

std::string haproxy_server::command(const std::string& line) const { return ask(socket(), line); }

std::string haproxy_server::ask(const std::filesystem::path& path, const std::string& line) {
  namespace asio = boost::asio;
  asio::io_context context;
  asio::local::stream_protocol::socket socket(context);
  boost::system::error_code error;
  socket.connect(asio::local::stream_protocol::endpoint(path.string()), error);
  if (error) return {};
  asio::write(socket, asio::buffer(line + "\n"), error);
  std::string answer;
  asio::async_read(socket, asio::dynamic_buffer(answer), [](const boost::system::error_code&, std::size_t) {});
  context.run_for(5s);
  return answer;
}

// "8060  master  1 [failed: 0]  0d00h00m01s  2.6.12"
int haproxy_server::reloads() const {
  std::istringstream lines(ask(master_socket(), "show proc;quit"));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string pid;
    std::string kind;
    int count = 0;
    if (words >> pid >> kind >> count && kind == "master") return count;
  }
  return -1;
}

std::vector<std::map<std::string, std::string>> haproxy_server::state(const std::string& backend) const {
  std::istringstream lines(command("show servers state " + backend));
  std::vector<std::string> names;
  std::vector<std::map<std::string, std::string>> rows;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::vector<std::string> fields;
    for (std::string each; words >> each;) fields.push_back(each);
    if (!fields.empty() && fields[0] == "#") names.assign(fields.begin() + 1, fields.end());
    if (names.empty() || fields.size() != names.size()) continue;
    auto& row = rows.emplace_back();
    for (std::size_t i = 0; i < fields.size(); ++i) row[names[i]] = fields[i];
  }
  return rows;
}

std::set<std::string> haproxy_server::servers(const std::string& backend) const {
  std::set<std::string> names;
  for (auto& row : state(backend)) names.insert(row["srv_name"]);
  return names;
}

std::string haproxy_server::field(const std::string& server, const std::string& name) const {
  for (auto& row : state(server.substr(0, server.find('/'))))
    if (row["be_name"] + "/" + row["srv_name"] == server) return row[name];
  return {};
}

}  // namespace drcon::test
