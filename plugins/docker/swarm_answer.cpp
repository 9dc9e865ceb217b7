#include "docker/swarm_answer.hpp"

#include "common/json_text.hpp"
#include "docker/members.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace drcon::docker {
namespace {

using common::json_text;
using nlohmann::json;

struct node {
  std::string name;
  std::string address;
  bool is_lost = false;
};

// A manager may be known to itself by no address, but always by the one that the other managers use.
std::string address_of(const json& each) {
  auto own = json_text(object(each, "Status"), "Addr");
  if (!own.empty() && own != "0.0.0.0") return own;
  const auto manager = json_text(object(each, "ManagerStatus"), "Addr");  // "10.0.0.1:2377", "[fd00::1]:2377"
  auto address = manager.substr(0, manager.rfind(':'));
  if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
  return address;
}

// A manager that was just started knows its nodes as "unknown" until they have reported: that is no loss.
bool is_lost(const json& each) {
  const auto state = json_text(object(each, "Status"), "State");
  return state == "down" || state == "disconnected";
}

std::map<std::string, node> read_nodes(const json& nodes) {
  std::map<std::string, node> all;
  for (const auto& each : nodes)
    all.insert_or_assign(json_text(each, "ID"), node{.name = json_text(object(each, "Description"), "Hostname"),
                                                     .address = address_of(each),
                                                     .is_lost = is_lost(each)});
  return all;
}

std::string without_mask(const std::string& address) { return address.substr(0, address.find('/')); }

void read_networks(const json& task, container& result) {
  for (const auto& each : array(task, "NetworksAttachments")) {
    const auto& spec = object(object(each, "Network"), "Spec");
    const auto name = json_text(spec, "Name");
    if (name == "host") result.network_mode = "host";
    if (name.empty() || name == "host" || flag(spec, "Ingress")) continue;  // nobody but the swarm is in ingress
    for (const auto& address : array(each, "Addresses"))
      if (address.is_string()) result.addresses.try_emplace(name, without_mask(address.get<std::string>()));
  }
}

container_port& port_of(const json& described, container& result) {
  const auto number = port_number(described, "TargetPort");
  const bool udp = json_text(described, "Protocol") == "udp";
  const auto found = std::ranges::find(result.ports, std::pair(number, udp), &container_port::key);
  if (found != result.ports.end()) return *found;
  container_port one;
  one.number = number;
  one.udp = udp;
  return result.ports.emplace_back(std::move(one));
}

bool is_usable(const json& described, container& result) {
  const auto number = port_number(described, "TargetPort");
  const auto protocol = json_text(described, "Protocol");
  if (protocol == "tcp" || protocol == "udp") return number != 0;
  if (number != 0 && !protocol.empty()) result.other_ports.insert(std::to_string(number) + "/" + protocol);
  return false;
}

// `stands_in`: the task of the same service and node that has the ports of ingress, if it is another one.
void read_ports(const json& service, const json& task, const std::string& stands_in, container& result) {
  for (const auto& each : array(object(service, "Endpoint"), "Ports")) {
    if (!is_usable(each, result)) continue;
    auto& port = port_of(each, result);
    if (json_text(each, "PublishMode") != "ingress") continue;
    if (stands_in.empty()) port.host_port = port_number(each, "PublishedPort");
    else port.stands_in = stands_in;
  }
  for (const auto& each : array(object(object(task, "Status"), "PortStatus"), "Ports"))
    if (is_usable(each, result)) port_of(each, result).host_port = port_number(each, "PublishedPort");
  std::ranges::sort(result.ports, {}, &container_port::key);
}

// As docker ps shows it: SERVICE.SLOT.TASK, or SERVICE.NODE.TASK of a service that runs once on each node.
std::string name_of(const std::string& service, const json& task) {
  const auto slot = integer(task, "Slot");
  const auto place = slot ? std::to_string(*slot) : json_text(task, "NodeID");
  return service + "." + place + "." + json_text(task, "ID");
}

bool is_running(const json& task) {
  return json_text(object(task, "Status"), "State") == "running" && json_text(task, "DesiredState") == "running";
}

container read_task(const json& service, const json& task, const node& on, const std::string& stands_in) {
  container result;
  const auto& spec = object(service, "Spec");
  // The task has the specification that it was made with, which an update of the service may have changed since.
  const auto& made_of = object(object(task, "Spec"), "ContainerSpec");
  result.id = json_text(task, "ID");
  result.default_service = json_text(spec, "Name");
  result.name = name_of(result.default_service, task);
  result.image = json_text(made_of, "Image");
  result.hostname = json_text(made_of, "Hostname");
  result.node_name = on.name;
  result.node_address = on.address;
  read_settings(array(made_of, "Env"), object(made_of, "Labels"), result);
  read_settings(json::array(), object(spec, "Labels"), result);
  read_networks(task, result);
  read_ports(service, task, stands_in, result);
  result.running = json_text(object(task, "Status"), "State") == "running";
  // A task that an update makes is desired to be "ready" before it is desired to run.
  const auto desired = json_text(task, "DesiredState");
  result.is_ending = desired == "shutdown" || desired == "remove" || desired == "complete" || desired == "failed" ||
                     desired == "rejected" || desired == "orphaned";
  const auto& ended = object(object(task, "Status"), "ContainerStatus");
  result.exit_code = static_cast<int>(integer(ended, "ExitCode").value_or(0));
  // The swarm reports a task as running only after its check has passed, and until it knows better of a lost node.
  if (on.is_lost) result.health = "its node is lost";
  return result;
}

}  // namespace

swarm_tasks read_tasks(const json& services, const json& tasks, const json& nodes) {
  if (!services.is_array() || !tasks.is_array() || !nodes.is_array())
    return {.all = {}, .fault = "the answer to services, tasks or nodes is no list"};
  std::map<std::string, const json*> by_id;
  for (const auto& each : services) by_id.insert_or_assign(json_text(each, "ID"), &each);
  const auto known = read_nodes(nodes);
  std::map<std::string, const json*> in_order;
  for (const auto& each : tasks)
    if (const auto id = json_text(each, "ID"); !id.empty()) in_order.insert_or_assign(id, &each);
  swarm_tasks result;
  std::map<std::pair<std::string, std::string>, std::string> first_of_node;  // service and node -> task
  for (const auto& [id, task] : in_order) {
    const auto service = by_id.find(json_text(*task, "ServiceID"));
    const auto on = known.find(json_text(*task, "NodeID"));
    if (service == by_id.end() || on == known.end()) continue;
    std::string stands_in;
    if (is_running(*task)) {
      const auto first = first_of_node.try_emplace({service->first, on->first}, id).first->second;
      if (first != id) stands_in = first;
    }
    result.all.push_back(read_task(*service->second, *task, on->second, stands_in));
  }
  return result;
}

}  // namespace drcon::docker
