#include "nginx/probe.hpp"

#include "common/command.hpp"
#include "common/file_probe.hpp"
#include "nginx/own_upstreams.hpp"

#include <algorithm>
#include <array>

namespace drcon::nginx {
namespace {

constexpr std::array tested_versions{"1.22.", "1.26."};

void probe_version(const target_settings& settings, const probing& into) {
  // Prints one line, on standard error, and reads no configuration.
  const auto answer = common::run_command({settings.binary, "-v"}, into.timeout());
  constexpr std::string_view mark = "nginx/";
  const auto found = answer.output.find(mark);
  if (!answer.ok() || found == std::string::npos) {
    if (!answer.why.empty()) into.failed(probed::program, answer.why, "correct the option 'nginx', or install nginx");
    return;
  }
  const auto begin = found + mark.size();
  const auto version = answer.output.substr(begin, answer.output.find_first_of(" \n(", begin) - begin);
  if (std::ranges::any_of(tested_versions, [&](const char* each) { return version.starts_with(each); }))
    into.ok(probed::version, "nginx " + version + " is a tested version");
  else
    into.warning(probed::version, "nginx " + version + " has not been tested with drcon; 1.22 and 1.26 have",
                 "try it before you rely on it; nothing is known against it");
}

void probe_inclusion(const std::string& file, const target_settings& settings, const probing& into) {
  const auto found = inclusion_of(file, settings.config);
  switch (found.is) {
    case inclusion::kind::included:
      return into.ok(probed::included, settings.config + " includes " + file + " within http { }");
    case inclusion::kind::elsewhere:
      return into.failed(probed::included,
                         settings.config + " includes " + file + ", but not directly within http { }: " + found.why,
                         "move that include into http { }, outside of server { }");
    case inclusion::kind::missing:
      return into.failed(probed::included, settings.config + " does not include " + file + ", so nginx never reads it",
                         "add to " + settings.config + ", within http { }: include " + file + ";");
    case inclusion::kind::unknown:
      return into.warning(probed::included, "whether nginx reads " + file + " is not known: " + found.why,
                          "make sure that " + settings.config + " includes it within http { }");
  }
}

}  // namespace

void probe_target(const std::string& file, const target& nginx, const probing& into) {
  common::probe_written_file(file, into);
  probe_version(nginx.settings(), into);
  probe_inclusion(file, nginx.settings(), into);
  std::string why;
  const auto master = nginx.master(why);
  if (!master)
    return into.failed(probed::process, "nginx's master is not found: " + why,
                       "start nginx, or set the option 'pid_file' to what the pid line of nginx -T says");
  if (const auto fault = nginx.fault_of_next_change(); !fault.empty())
    return into.failed(probed::process, fault, "see the drop-in for nginx among drcon's examples of systemd");
  into.ok(probed::process, "nginx's master is pid " + std::to_string(*master) + ", and may be signalled");
}

}  // namespace drcon::nginx
