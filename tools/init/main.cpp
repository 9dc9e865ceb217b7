// drcon-init: what `drcon init` starts. Looks, composes, writes one file, and prints what remains to be done.
#include "init/first_configuration.hpp"
#include "init/line.hpp"
#include "init/look.hpp"
#include "init/write_new.hpp"

#include <algorithm>
#include <iostream>

namespace {

namespace init = drcon::init;
namespace fs = std::filesystem;

enum exit_code { exit_ok = 0, exit_not_written = 1, exit_usage = 2, exit_nothing_found = 3 };  // drcon's own

const fs::path service_pipelines = "/etc/drcon/pipelines.d";

init::machine look(const init::request& asked) {
  return {init::look_for_consul(asked.consul), init::look_for_docker(asked.docker), init::look_for_nginx(asked.nginx),
          init::look_for_haproxy(asked.haproxy)};
}

void print_found(const init::machine& found) {
  std::cout << "Found on this machine\n  Consul   " << found.consul.line << "\n  Docker   " << found.docker.line
            << "\n  nginx    " << found.nginx.line << "\n  HAProxy  " << found.haproxy.line << "\n";
}

void print_steps(const std::vector<init::step>& steps) {
  std::cout << "\nWhat remains to be done\n";
  int number = 0;
  for (const auto& each : steps) {
    std::cout << "  " << ++number << ". " << each.why << "\n";
    for (const auto& line : each.lines) std::cout << "         " << line << "\n";
  }
}

int nothing_to_connect(const init::machine& found) {
  std::cerr
      << "drcon init: nothing is written. A pipeline goes from "
      << (found.has_source() ? "what was found to a load balancer, and neither nginx nor HAProxy is here"
                             : "a registry, and neither Consul nor Docker answers")
      << ". An option names one that is in another place: drcon init --help. Examples of other configurations are in "
         "config/, in a package /usr/share/doc/drcon/examples\n";
  return exit_nothing_found;
}

int run(const init::request& asked) {
  const auto user = init::who_runs_drcon();
  const auto file = !asked.output.empty() ? asked.output
                    : user.is_service     ? fs::path(init::service_file)
                                          : fs::path("drcon.toml");
  // Before anybody is asked anything: a second first configuration would only stand in the way of the first.
  const auto there = init::configuration_there(file, user.is_service && asked.output.empty() ? service_pipelines : "");
  if (!there.empty()) {
    std::cerr
        << "drcon init: " << there.string()
        << " is there already, and nothing is changed. --output FILE writes another; drcon check says whether this "
           "one is right\n";
    return exit_not_written;
  }
  const auto found = look(asked);
  print_found(found);
  const auto first = init::configuration_for(found, user, file);
  if (!first) return nothing_to_connect(found);
  if (const auto fault = init::write_new(file, first->toml)) {
    std::cerr << "drcon init: " << *fault << ". Nothing is written. --output FILE names another place\n";
    return exit_not_written;
  }
  std::cout << "\nWritten: " << file.string() << "\n";
  print_steps(first->steps);
  return std::cout.flush() ? exit_ok : exit_not_written;
}

int run_line(const std::vector<std::string>& words) {
  if (words == std::vector<std::string>{"--describe"}) {
    std::cout << init::description();
    return exit_ok;
  }
  if (std::ranges::any_of(words, [](const auto& word) { return word == "--help" || word == "-h"; })) {
    std::cout << init::help();
    return exit_ok;
  }
  const auto asked = init::read_line(words);
  if (const auto* const fault = std::get_if<std::string>(&asked)) {
    std::cerr << "drcon init: " << *fault << "\n";
    return exit_usage;
  }
  return run(std::get<init::request>(asked));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run_line(std::vector<std::string>(argv + std::min(argc, 1), argv + argc));
  } catch (const std::exception& error) {
    std::cerr << "drcon init: " << error.what() << "\n";
    return exit_not_written;
  }
}
