#include "nginx/probe.hpp"

#include "common/command.hpp"
#include "common/drop_in.hpp"
#include "common/file_probe.hpp"
#include "common/version_probe.hpp"
#include "nginx/own_upstreams.hpp"
#include "nginx/program_version.hpp"

namespace drcon::nginx {
namespace {

std::optional<program_name> probe_version(const target_settings& settings, const probing& into) {
  // Prints one line, on standard error, and reads no configuration.
  const auto answer = common::run_command({settings.binary, "-v"}, into.timeout());
  const auto found = answer.ok() ? version_in(answer.output) : std::nullopt;
  if (!found) {
    if (!answer.why.empty()) into.failed(probed::program, answer.why, "correct the option 'nginx', or install nginx");
    return {};
  }
  const auto version = found->name == "nginx" ? found->version : std::string();
  common::probe_tested_version(found->name + " " + found->version, version, {"1.22", "1.26", "1.30"}, into, "nginx ");
  return found;
}

// A matter of taste, and so no warning: it keeps old workers for longer.
void probe_idle_connections(const std::string& file, const target_settings& settings, const program_name& program,
                            const probing& into) {
  if (program.numbers() < has_keepalive_min_timeout) return;
  const bool keeps = has_directive("keepalive_min_timeout", settings.config, file);
  into.ok(probed::connections,
          keeps
              ? "nginx keeps clients' idle connections over a reload for the time of keepalive_min_timeout"
              : "a reload closes clients' idle connections; keepalive_min_timeout, which nginx has since 1.27.4 and " +
                    settings.config + " does not set, as far as it can be read, would keep them for a time");
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

void probe_target(const std::string& file, const target& nginx, bool by_reload, const probing& into) {
  common::probe_written_file(file, into);
  if (const auto program = probe_version(nginx.settings(), into); program && by_reload)
    probe_idle_connections(file, nginx.settings(), *program, into);
  probe_inclusion(file, nginx.settings(), into);
  std::string why;
  const auto master = nginx.master(why);
  if (!master)
    return into.failed(probed::process, "nginx's master is not found: " + why,
                       "start nginx, or set the option 'pid_file' to what the pid line of nginx -T says");
  if (const auto fault = nginx.fault_of_next_change(); !fault.empty())
    return into.failed(probed::process, fault, "for the service: " + common::install_drop_in("nginx"));
  into.ok(probed::process, "nginx's master is pid " + std::to_string(*master) + ", and may be signalled");
}

}  // namespace drcon::nginx
