// @NAME@: a source that reads endpoints from a file of lines "service id address port", again whenever it changes.
//
// It works as it is. To make it yours, change what read() and parse() do, and the options in `schema`.
#include <drcon/source.hpp>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>

namespace {

using namespace std::chrono_literals;
using services = std::map<std::string, drcon::service>;

std::string read(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path + ": " + std::strerror(errno));
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (file.bad()) throw std::runtime_error("cannot read " + path + " to its end");
  // An empty file is what a writer leaves for a moment. A file that means "nothing" has a comment in it.
  if (text.empty()) throw std::runtime_error(path + " is empty");
  return text;
}

// All or nothing: a text of which one line makes no sense publishes nothing at all.
services parse(const std::string& path, const std::string& text) {
  services all;
  std::istringstream lines(text);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string name;
    if (!(words >> name)) continue;
    drcon::endpoint endpoint;
    std::string too_much;
    const bool is_whole = words >> endpoint.id >> endpoint.address >> endpoint.port && !(words >> too_much);
    if (!is_whole || endpoint.port < 1 || endpoint.port > 65535)
      throw std::runtime_error(path + ":" + std::to_string(number) + ": expected 'service id address port', found '" +
                               line + "'");
    auto& service = all[name];
    service.name = name;
    service.endpoints.push_back(std::move(endpoint));
  }
  return all;
}

class lines_source final : public drcon::blocking_source {
public:
  // What a user may write under [source.NAME], as JSON Schema: drcon checks it, fills in defaults, reports faults with
  // their line and column, and makes the reference of it. So every option has a description.
  static constexpr const char* schema = R"({
    "type": "object", "additionalProperties": false, "required": ["path"],
    "properties": {
      "path":     { "type": "string", "format": "path",
                    "description": "File of lines 'service id address port'. Replace it by rename, so that nobody reads half of it." },
      "interval": { "type": "string", "format": "duration", "default": "1s",
                    "description": "How often to look at it." }
    }})";

  // The options are checked when they come here; what no schema can say is judged by config_error. No I/O: `drcon
  // check` makes instances too.
  lines_source(drcon::context host, const drcon::options& options)
      : blocking_source(host), path_(options["path"].string()), interval_(options["interval"].duration()) {
    if (interval_ < 10ms) throw drcon::config_error("/interval", "expected at least 10ms");
  }

  // The whole work, on a thread of its own. sleep() ends early when drcon stops the source.
  void run(drcon::stop_token stop) override {
    for (; !stop.stop_requested(); sleep(stop, interval_)) look();
  }

private:
  void look() {
    services found;
    try {
      found = parse(path_, read(path_));
    } catch (const std::exception& error) {
      // No current data: report "unknown" and publish nothing. What was published last stays in use. Never publish an
      // empty service because of an error: that would empty somebody's load balancer.
      host().unknown({}, error.what());
      host().status_away(error.what());
      return;
    }
    // Always the complete service; one that is as before costs a comparison, and causes nothing.
    for (const auto& [name, service] : found) host().publish(service);
    // Withdraw only what is known to be gone: the file was read to its end and does not name it.
    for (const auto& [name, service] : told_)
      if (!found.contains(name)) host().withdraw(name);
    // Everything has been reported: from the first time on drcon lets sinks act on it. It also ends an "unknown".
    host().ready();
    host().status_ok();
    told_ = std::move(found);
  }

  const std::string path_;
  const std::chrono::nanoseconds interval_;
  services told_;
};

}  // namespace

DRCON_SOURCE("@NAME@", PLUGIN_VERSION, "Reads endpoints from a file of lines.", lines_source)
