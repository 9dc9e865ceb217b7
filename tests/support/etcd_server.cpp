#include "support/etcd_server.hpp"

#include "support/ports.hpp"
#include "support/wait.hpp"

#include <openssl/evp.h>

#include <parsed_json.hpp>

#include <stdexcept>

namespace drcon::test {

using nlohmann::json;

namespace {

std::string base64(const std::string& bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // OpenSSL adds a NUL
  const auto length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

std::string on_loopback(std::uint16_t port) { return "http://127.0.0.1:" + std::to_string(port); }

// The first key that does not begin with `prefix`, which ends in plain ASCII.
std::string end_of(std::string prefix) {
  if (prefix.empty()) return std::string(1, '\0');
  ++prefix.back();
  return prefix;
}

std::int64_t revision_of(const json& answer) {
  return std::stoll(answer.at("header").at("revision").get<std::string>());
}

}  // namespace

std::vector<etcd_server::member> etcd_server::members(std::size_t count) {
  std::vector<member> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back({"m" + std::to_string(i), free_port(), free_port()});
  return all;
}

etcd_server::etcd_server(std::size_t self, const std::vector<member>& all)
    : port_(all[self].client),
      arguments_{"etcd",
                 "--name=" + all[self].name,
                 "--data-dir=" + (directory_ / "data").string(),
                 "--listen-client-urls=" + on_loopback(all[self].client),
                 "--advertise-client-urls=" + on_loopback(all[self].client),
                 "--listen-peer-urls=" + on_loopback(all[self].peer),
                 "--initial-advertise-peer-urls=" + on_loopback(all[self].peer),
                 "--heartbeat-interval=50",  // a leader, and the shortest lease, come sooner
                 "--election-timeout=500",
                 "--logger=zap",
                 "--log-level=warn"} {
  std::string cluster;
  for (const auto& each : all) cluster += (cluster.empty() ? "" : ",") + each.name + "=" + on_loopback(each.peer);
  arguments_.push_back("--initial-cluster=" + cluster);
}

etcd_server::etcd_server(const std::vector<std::string>& more, std::uint16_t https_port) : etcd_server(0, members(1)) {
  arguments_.insert(arguments_.end(), more.begin(), more.end());
  if (https_port != 0)  // the last of equal arguments counts
    arguments_.push_back("--listen-client-urls=" + url() + ",https://127.0.0.1:" + std::to_string(https_port));
  launch();
  wait_for_answer();
}

std::vector<std::unique_ptr<etcd_server>> etcd_server::cluster(std::size_t count) {
  const auto all = members(count);
  std::vector<std::unique_ptr<etcd_server>> to;
  for (std::size_t i = 0; i < count; ++i) to.emplace_back(new etcd_server(i, all));
  for (const auto& each : to) each->launch();
  for (const auto& each : to) each->wait_for_answer();
  return to;
}

void etcd_server::launch() { process_ = process(arguments_, directory_ / "log"); }

void etcd_server::wait_for_answer() {
  if (!wait_until([this] { return answers() || !process_.running(); }) || !process_.running())
    throw std::runtime_error("etcd does not start:\n" + process_.text());
}

// Asks as a user would; where authentication is on, being refused is an answer too.
bool etcd_server::answers() const {
  const auto body = json{{"key", base64("x")}}.dump();
  const auto said = http("POST", port_, "/v3/kv/range", body, {}, 2s);
  return said.status == 200 || said.body.find("user name is empty") != std::string::npos;
}

json etcd_server::call(const std::string& path, const json& body) const {
  const auto said = http("POST", port_, path, body.dump());
  if (said.status != 200)
    throw std::runtime_error("POST " + path + ": " + std::to_string(said.status) + " " + said.body + said.error);
  return parsed_json(said.body);
}

std::int64_t etcd_server::put(const std::string& key, const std::string& value, std::int64_t lease) const {
  return revision_of(
      call("/v3/kv/put", {{"key", base64(key)}, {"value", base64(value)}, {"lease", std::to_string(lease)}}));
}

std::int64_t etcd_server::remove(const std::string& key) const {
  return revision_of(call("/v3/kv/deleterange", {{"key", base64(key)}}));
}

void etcd_server::remove_all(const std::string& prefix) const {
  call("/v3/kv/deleterange", {{"key", base64(prefix)}, {"range_end", base64(end_of(prefix))}});
}

std::int64_t etcd_server::lease(int seconds) const {
  return std::stoll(call("/v3/lease/grant", {{"TTL", std::to_string(seconds)}}).at("ID").get<std::string>());
}

void etcd_server::compact(std::int64_t revision) const {
  call("/v3/kv/compaction", {{"revision", std::to_string(revision)}, {"physical", true}});
}

void etcd_server::start(bool keep_data) {
  process_.terminate();
  if (!keep_data) std::filesystem::remove_all(directory_ / "data");
  launch();
  wait_for_answer();
}

}  // namespace drcon::test
