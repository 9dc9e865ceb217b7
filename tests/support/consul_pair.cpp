#include "support/consul_pair.hpp"

#include "support/wait.hpp"

#include <stdexcept>

namespace drcon::test {
namespace {

nlohmann::json one_of_two(const char* name, std::uint16_t mine, std::uint16_t other) {
  return {{"node_name", name},
          {"bootstrap_expect", 2},
          {"retry_join", {"127.0.0.1:" + std::to_string(other)}},
          {"retry_interval", "1s"},
          {"performance", {{"raft_multiplier", 3}}},  // a busy machine must not cost the leader its office
          {"ports", {{"serf_lan", mine}}}};
}

}  // namespace

consul_pair::consul_pair()
    : first_(one_of_two("n1", first_port_, second_port_), {}, false),
      second_(one_of_two("n2", second_port_, first_port_)) {
  if (!wait_until([this] { return first_.has_leader(); }))
    throw std::runtime_error("the first server has no leader:\n" + first_.log());
}

void consul_pair::lose_leader() {
  second_.kill9();
  const auto is_lost = [this] { return first_.get("/v1/health/service/x").body.find("No cluster leader") == 0; };
  if (!wait_until(is_lost)) throw std::runtime_error("there is a leader still:\n" + first_.log());
}

}  // namespace drcon::test
