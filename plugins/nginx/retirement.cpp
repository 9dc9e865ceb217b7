#include "nginx/retirement.hpp"

#include "common/count_of.hpp"

#include <set>

namespace drcon::nginx {
namespace {

// Most end within a moment. Connections that last for longer are nothing wrong, but somebody may look for them.
constexpr auto soon = std::chrono::seconds(10);

std::string pids_of(const target::worker_starts& workers) {
  std::string text;
  for (const auto& [pid, start] : workers) text += (text.empty() ? "" : ", ") + std::to_string(pid);
  return text;
}

}  // namespace

void retirement::begin(const target::worker_starts& accepting) {
  ++generation_;
  reloaded_ = clock::now();
  for (const auto& [pid, start] : accepting) {
    const auto found = known_.find(pid);
    if (found == known_.end() || found->second.first != start) known_[pid] = {start, generation_};
  }
}

void retirement::give_up_waiting(const target::worker_starts& accepting) {
  overdue_.insert(accepting.begin(), accepting.end());
}

void retirement::look(pid_t master) {
  const auto now = nginx_.all_workers(master);
  std::erase_if(overdue_, [&](const auto& each) {
    const auto found = now.find(each.first);
    return found == now.end() || found->second.start != each.second || !found->second.accepts;
  });
  std::erase_if(known_, [&](const auto& each) {
    const auto found = now.find(each.first);
    return found == now.end() || found->second.start != each.second.first;
  });
  left_.clear();
  for (const auto& [pid, each] : now) {
    const auto found = known_.find(pid);
    if (found != known_.end() && (!each.accepts || overdue_.contains(pid))) left_[pid] = found->second.second;
    else if (!each.accepts) left_[pid] = 0;
  }
}

std::size_t retirement::generations() const {
  std::set<std::size_t> all;
  for (const auto& [pid, reload] : left_) all.insert(reload);
  return all.size();
}

std::string retirement::remark(bool& is_fault) const {
  is_fault = !overdue_.empty();
  if (is_fault)
    return "nginx was signalled to end workers of an earlier generation, and they still take connections, for which "
           "they have the servers of then: pid " +
           pids_of(overdue_) + "; nginx's error log may say why, and 'kill' ends them";
  if (left_.empty() || clock::now() - reloaded_ < soon) return {};
  return common::count_of(left_.size(), "worker") + " of " + common::count_of(generations(), "earlier generation") +
         " of nginx still " + (left_.size() == 1 ? "has" : "have") +
         " connections to finish; worker_shutdown_timeout limits how long";
}

}  // namespace drcon::nginx
