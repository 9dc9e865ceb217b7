// What is asked of the admin interface, and what it answers: HTTP without its wires.
#pragma once

#include "base/result.hpp"

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace drcon::admin {

/// All texts are cleaned when they come in (config::printable): they go into log lines, the journal, pages and files,
/// and each of them must stay one line of valid UTF-8.
struct asked {
  std::string method;                        ///< "GET"; a HEAD counts as one
  std::vector<std::string> path;             ///< decoded: {"v1", "pipelines", "web"}
  std::map<std::string, std::string> query;  ///< decoded; the last one of a name
  /// The client has shown that it may see what is in targets and in values of services, which may be secrets in files
  /// of mode 0600: it came over the unix socket, or has the token. Anybody on this machine may connect without one.
  bool may_see_contents = false;
  std::string who;  ///< for people: "user anna (pid 4711)", or "[admin] token from 192.0.2.1"; empty: not known
};

struct answer {
  unsigned status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

/// Called once, on the engine's thread.
using reply = std::function<void(answer)>;

/// What `method` asks of a target such as "/v1/journal?after=3"; a failure when that is no path of HTTP.
base::result<asked> parse_request(std::string method, const std::string& target);

answer text(unsigned status, std::string body);
answer json_answer(unsigned status, const nlohmann::json& body);
/// What programs have printed is shown to those who may see contents.
void show_printed(answer& made, bool may_see_contents);
/// A word for programs, by the status of a refusal: "not-found". Scripts compare with it, so it does not change.
const char* refusal_code(unsigned status);
/// All of them, for the reference.
const std::vector<std::pair<unsigned, const char*>>& refusal_codes();
/// {"error": what, "help": help, "code": …}, as every refusal is.
answer refuse(unsigned status, const std::string& what, const std::string& help);

}  // namespace drcon::admin
