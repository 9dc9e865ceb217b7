// drcon-container: what `drcon container` starts, which is the entry point of the image. Writes the configuration that
// the environment asks for, gives up root, and becomes drcon.
#include "common/http_client.hpp"
#include "container/configuration.hpp"
#include "container/identity.hpp"
#include "container/line.hpp"
#include "container/places.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace {

namespace container = drcon::container;
namespace places = drcon::container::places;
namespace fs = std::filesystem;

enum exit_code { exit_ok = 0, exit_config = 1, exit_runtime = 3 };  // drcon's own

int fail(const std::string& why, int code = exit_config) {
  std::cerr << "drcon container: " << why << "\n";
  return code;
}

std::optional<std::string> variable(const std::string& name) {
  // Set and empty is as good as not set: compose files leave variables so.
  const char* const value = std::getenv(name.c_str());
  return value == nullptr || *value == '\0' ? std::nullopt : std::optional<std::string>(value);
}

void write(const std::string& file, const std::string& text) {
  std::ofstream out(file, std::ios::trunc);
  if (!(out << text) || !out.flush()) throw std::runtime_error("cannot write " + file + ": " + std::strerror(errno));
}

int become(const std::vector<std::string>& words) {
  std::vector<char*> line;
  for (const auto& each : words) line.push_back(const_cast<char*>(each.c_str()));
  line.push_back(nullptr);
  std::cout.flush();
  ::execvp(line[0], line.data());
  return fail("cannot start " + words[0] + ": " + std::strerror(errno), exit_runtime);
}

int run_with(const std::string& configuration) { return become({"drcon", "run", "-c", configuration}); }

int serve() {
  if (const auto fault = container::give_up_root(places::user, "")) return fail(*fault);
  if (!variable("CONSUL") && fs::exists(places::mounted)) return run_with(places::mounted);
  std::string why;
  const auto settings = container::read_settings(variable, why);
  if (!settings) return fail(why + "\n\n" + container::help());
  fs::create_directories(places::nginx_directory);  // /run may be a file system that the container was started with
  write(places::route_template, container::route_template(*settings));
  write(places::kept_template, "# nginx is kept running by drcon.\n");
  write(places::made, container::drcon_configuration(*settings));
  return run_with(places::made);
}

// The import knows Registrator's command line; its output is the configuration.
int registrator(const std::vector<std::string>& words) {
  if (const auto fault = container::give_up_root(places::user, places::docker_socket)) return fail(*fault);
  fs::create_directories(places::run);
  // Its remarks go to the log; what cannot be translated is the user's to change.
  std::vector<std::string> line{"sh", "-euc",
                                "drcon import registrator \"$@\" > \"$0.part\"\n"
                                "printf '\\n[host]\\nstate_directory = \"%s\"\\n\\n[admin]\\nsocket = \"%s\"\\n' \"" +
                                    std::string(places::state) + "\" \"" + places::socket +
                                    "\" >> \"$0.part\"\nmv \"$0.part\" \"$0\"\nexec drcon run -c \"$0\"",
                                places::made};
  line.insert(line.end(), words.begin(), words.end());
  return become(line);
}

// For HEALTHCHECK: whether every pipeline has what it waits for.
int is_ready() {
  const auto answer =
      drcon::common::get_once(drcon::common::make_http_server(std::string("unix://") + places::socket, {}), {},
                              "/readyz", std::chrono::seconds(5));
  std::cout << answer.body << answer.why << "\n";
  return answer.status == 200 ? 0 : 1;
}

int run(const std::vector<std::string>& words) {
  if (words.empty()) return serve();
  if (words[0] == "--describe") {
    std::cout << container::description();
    return exit_ok;
  }
  if (words[0] == "--help" || words[0] == "-h") {
    std::cout << container::help();
    return exit_ok;
  }
  if (words[0] == "--ready") return is_ready();
  if (words[0] == "registrator") return registrator({words.begin() + 1, words.end()});
  // docker run IMAGE VERB …: any other verb of drcon's, by the same user.
  if (const auto fault = container::give_up_root(places::user, "")) return fail(*fault);
  auto line = words;
  line.insert(line.begin(), "drcon");
  return become(line);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(std::vector<std::string>(argv + std::min(argc, 1), argv + argc));
  } catch (const std::exception& error) {
    return fail(error.what(), exit_runtime);
  }
}
