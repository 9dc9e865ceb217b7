#include "support/consul_agent.hpp"

#include "support/ports.hpp"
#include "support/wait.hpp"

#include <parsed_json.hpp>

#include <stdexcept>

namespace drcon::test {

using nlohmann::json;

consul_agent::consul_agent(json config, const std::string& token, bool await_leader)
    : port_(free_port()), dns_port_(free_port()) {
  if (!token.empty()) headers_.emplace("X-Consul-Token", token);
  json all{{"server", true},
           {"bootstrap_expect", 1},
           {"node_name", "n1"},
           {"bind_addr", "127.0.0.1"},
           {"client_addr", "127.0.0.1"},
           {"data_dir", (directory_ / "data").string()},
           {"performance", {{"raft_multiplier", 1}}},
           {"disable_update_check", true},
           {"enable_script_checks", false},
           {"log_level", "warn"},
           {"ports",
            {{"http", port_},
             {"dns", dns_port_},
             {"grpc", -1},
             {"server", free_port()},
             {"serf_lan", free_port()},
             {"serf_wan", -1}}}};
  all.merge_patch(config);
  write_file(directory_ / "consul.json", all.dump(2));
  launch(await_leader);
}

void consul_agent::launch(bool await_leader) {
  process_ = process({"consul", "agent", "-config-file", (directory_ / "consul.json").string()}, directory_ / "log");
  if (!await_leader) return;
  if (!wait_until([this] { return has_leader() || !process_.running(); }) || !process_.running())
    throw std::runtime_error("Consul does not start:\n" + process_.text());
}

bool consul_agent::has_leader() const {
  // A leader that is elected still refuses writes until its node is in the catalogue.
  const auto nodes = get("/v1/catalog/nodes?consistent");
  return nodes.status == 200 && nodes.body.find("\"n1\"") != std::string::npos;
}

http_answer consul_agent::put(const std::string& path, const json& body) const {
  auto answer = http("PUT", port_, path, body.is_null() ? std::string() : body.dump(), headers_);
  if (answer.status != 200)
    throw std::runtime_error("PUT " + path + ": " + std::to_string(answer.status) + " " + answer.body + answer.error);
  return answer;
}

void consul_agent::add(const std::string& service, const std::string& id, const std::string& address, int port,
                       json more) const {
  json body{{"Name", service}, {"ID", id}, {"Address", address}, {"Port", port}};
  body.merge_patch(more);
  put("/v1/agent/service/register", body);
}

void consul_agent::maintenance(const std::string& id, bool on) const {
  put("/v1/agent/service/maintenance/" + id + "?enable=" + (on ? "true" : "false"));
}

void consul_agent::start(bool keep_data) {
  process_.terminate();
  if (!keep_data) std::filesystem::remove_all(directory_ / "data");
  launch();
}

void consul_agent::start_without_leader() {
  process_.terminate();
  std::filesystem::remove_all(directory_ / "data");
  auto config = parsed_json(read_file(directory_ / "consul.json"));
  config["bootstrap_expect"] = 3;
  write_file(directory_ / "lonely.json", config.dump(2));
  process_ = process({"consul", "agent", "-config-file", (directory_ / "lonely.json").string()}, directory_ / "log");
  if (!wait_until([this] { return get("/v1/health/service/x").status == 500; }))
    throw std::runtime_error("Consul does not start without a leader:\n" + process_.text());
}

}  // namespace drcon::test
