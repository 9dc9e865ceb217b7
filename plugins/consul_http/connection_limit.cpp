#include "consul_http/connection_limit.hpp"

#include <algorithm>
#include <string>

namespace drcon::consul {

bool connection_limit::is_met_by(const common::http_answer& answer, std::size_t working) {
  if (answer.status == 429 && answer.body.find("concurrent connections") != std::string::npos) return true;
  return answer.fault == common::http_fault::closed_early && working > 0;
}

void connection_limit::set_most(std::size_t most) {
  allowed_ = is_lowered() ? std::min(allowed_, most) : most;
  most_ = most;
}

void connection_limit::lower(std::size_t working, clock::time_point now) {
  allowed_ = std::min(allowed_, working);
  since_ = now;
}

bool connection_limit::raise(clock::time_point now) {
  if (!is_lowered() || now - since_ < holds_for) return false;
  since_ = now;
  allowed_ = std::min(most_, allowed_ + std::max<std::size_t>(4, allowed_ / 2));
  return true;
}

}  // namespace drcon::consul
