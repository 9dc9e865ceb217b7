#include "consul_catalog/abandoned.hpp"

namespace drcon::consul_catalog {

// An owner that is abandoned stays so although its mark may be gone: the registration that had it was taken over. A new
// mark shows that it is kept again.
void abandoned_owners::look(const agent_state& agent, const std::string& own, clock::time_point now) {
  for (const auto& [id, each] : agent.services) {
    if (each.owner.empty() || each.owner == own) continue;
    const auto mark = read_mark(each.output);
    if (!mark || !is_of_this_host(mark->holder)) continue;
    const auto [found, is_new] =
        seen_.try_emplace(each.owner, sighting{.holder = mark->holder, .count = mark->count, .since = now});
    auto& seen = found->second;
    if (!is_new && (seen.holder != mark->holder || seen.count != mark->count)) {
      seen = {.holder = mark->holder, .count = mark->count, .since = now};
      abandoned_.erase(each.owner);
    }
    if (now - seen.since >= lease::lasts) abandoned_.insert(each.owner);
  }
}

}  // namespace drcon::consul_catalog
