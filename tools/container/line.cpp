#include "container/line.hpp"

#include "container/settings.hpp"

#include <nlohmann/json.hpp>

namespace drcon::container {
namespace {

constexpr auto about =
    "Begin a container of drcon's image: nginx in front of the services that CONSUL and SERVICE name, Registrator's "
    "part with the word registrator, or what /etc/drcon/drcon.toml says.";

}  // namespace

std::string help() {
  auto text = std::string(about) +
              "\n\nUsage:\n"
              "  docker run -e CONSUL=HOST:8500 -e SERVICE=NAME -p 80:80 drcon\n"
              "  docker run -v /var/run/docker.sock:/var/run/docker.sock drcon registrator consul://HOST:8500\n"
              "  docker run -v /srv/drcon:/etc/drcon drcon\n"
              "  docker exec CONTAINER drcon status -c /run/drcon/drcon.toml\n\nVariables:\n";
  for (const auto& each : variables()) text += "  " + std::string(each.name) + "\n      " + each.meaning + "\n";
  return text + "\nExit codes: those of nginx and of drcon run; 1 what the environment says is wrong\n";
}

std::string description() {
  return nlohmann::ordered_json{{"meaning", about}, {"verbs", nlohmann::ordered_json::array()}}.dump(2) + "\n";
}

}  // namespace drcon::container
