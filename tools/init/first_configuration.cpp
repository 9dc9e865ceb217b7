#include "init/first_configuration.hpp"

#include "common/toml_text.hpp"
#include "init/sinks.hpp"
#include "init/sources.hpp"

namespace drcon::init {
namespace {

// Where no unit says where these are, beside the configuration: anybody may write there who could write the file.
std::string host_tables(const std::filesystem::path& directory) {
  return "[host]\nstate_directory = " + common::toml_text((directory / "state").string()) +
         "   # what was served last, for a restart while a source is unreachable\n\n[admin]\nsocket = " +
         common::toml_text((directory / "admin.sock").string()) +
         "   # drcon status, top, explain and the dashboard ask it\n\n";
}

std::string pipeline(const std::string& name, const std::string& source, const std::string& sink, bool stops_at_once) {
  std::string text = "[pipeline." + name + "]\nsources = [" + common::toml_text(source) + "]\nsinks = [" +
                     common::toml_text(sink) + "]\n";
  // Nobody stops a container by accident of a registry: it has left, and its traffic must go elsewhere now.
  if (stops_at_once) text += "brake = { hold = \"0s\" }   # stopped containers leave at once\n";
  return text;
}

step last_step(const runner& user, const std::filesystem::path& file) {
  if (user.is_service && file == service_file)
    return {"Look at what would be written, then start drcon.",
            {"drcon check", "drcon render --diff", "systemctl enable --now drcon", "drcon status"}};
  const auto option = " -c " + file.string();
  return {"Look at what would be written, then start drcon.",
          {"drcon check" + option, "drcon render --diff" + option, "drcon run" + option, "drcon status" + option}};
}

}  // namespace

std::optional<first_configuration> configuration_for(const machine& found, const runner& user,
                                                     const std::filesystem::path& file) {
  const bool registers = !found.has_sink() && found.docker.there && found.consul.there;
  if (!found.has_source() || (!found.has_sink() && !registers)) return std::nullopt;
  const bool of_docker = registers || !found.consul.there;
  const auto source = of_docker
                          ? docker_source(*found.docker.there, user)
                          : consul_source(*found.consul.there, found.nginx.there ? nullptr : &*found.haproxy.there);
  const auto sink = registers           ? catalog_sink(*found.consul.there)
                    : found.nginx.there ? nginx_sink(*found.nginx.there, source.services, user)
                                        : haproxy_sink(*found.haproxy.there, source.services, user);
  first_configuration all;
  all.toml =
      "# A first configuration, made by drcon init for what it found on this machine. What every key means: drcon "
      "reference;\n"
      "# the options of a plugin: drcon reference NAME.\n\n";
  if (!user.is_service || file != service_file) all.toml += host_tables(std::filesystem::absolute(file).parent_path());
  all.toml += source.toml + "\n" + sink.toml + "\n" + pipeline("first", source.name, sink.name, of_docker);
  all.steps = source.steps;
  all.steps.insert(all.steps.end(), sink.steps.begin(), sink.steps.end());
  all.steps.push_back(last_step(user, file));
  all.steps.insert(all.steps.end(), sink.steps_when_it_runs.begin(), sink.steps_when_it_runs.end());
  return all;
}

}  // namespace drcon::init
