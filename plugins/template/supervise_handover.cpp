#include "template/supervise_handover.hpp"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

namespace drcon::templates {
namespace {

// Of all sinks of this process: its instances know nothing of each other.
std::mutex& claims_mutex() {
  static std::mutex one;
  return one;
}
std::vector<supervise_claim*>& claims() {
  static std::vector<supervise_claim*> all;
  return all;
}

}  // namespace

supervise_claim::supervise_claim(std::string sink, kept_program program)
    : sink_(std::move(sink)), program_(std::move(program)) {
  const std::lock_guard lock(claims_mutex());
  claims().push_back(this);
}

supervise_claim::~supervise_claim() {
  auto left = take();
  if (left && !leave_to_next(sink_, program_, left)) left->end();
}

std::shared_ptr<supervisor> supervise_claim::take() {
  const std::lock_guard lock(claims_mutex());
  std::erase(claims(), this);
  return std::move(left_);
}

bool leave_to_next(const std::string& sink, const kept_program& program, std::shared_ptr<supervisor>& left) {
  const std::lock_guard lock(claims_mutex());
  const auto next = std::ranges::find_if(claims(), [&](const supervise_claim* each) {
    return !each->left_ && each->sink_ == sink && each->program_ == program;
  });
  if (next == claims().end()) return false;
  left->detach();  // before the next instance attaches itself
  (*next)->left_ = std::move(left);
  return true;
}

}  // namespace drcon::templates
