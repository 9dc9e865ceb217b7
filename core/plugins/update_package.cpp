#include "plugins/update_package.hpp"

#include "model/difference.hpp"
#include "model/snapshot.hpp"

#include <utility>

namespace drcon::plugins {

update_package::crossing::crossing(const model::snapshot* of) {
  if (!of) return;
  services.reserve(of->services().size());
  for (const auto& each : of->services()) services.push_back(each->view());
  view = {.size = sizeof(drcon_snapshot),
          .reserved = 0,
          .revision = of->revision(),
          .services = services.data(),
          .service_count = services.size()};
}

update_package::update_package(std::uint64_t ticket, bool reconcile, model::snapshot_ptr wanted_now,
                               model::snapshot_ptr applied_before)
    : wanted(std::move(wanted_now)),
      applied(std::move(applied_before)),
      wanted_view_(wanted.get()),
      applied_view_(applied.get()) {
  for (auto& change : model::difference(applied.get(), *wanted)) {
    changes.push_back({.size = sizeof(drcon_change),
                       .reserved = 0,
                       .before = change.before ? change.before->view() : nullptr,
                       .after = change.after ? change.after->view() : nullptr});
    kept.push_back(std::move(change.before));
    kept.push_back(std::move(change.after));
  }
  view = {.size = sizeof(drcon_update),
          .flags = reconcile ? DRCON_UPDATE_RECONCILE : 0,
          .ticket = ticket,
          .wanted = &wanted_view_.view,
          .applied = applied ? &applied_view_.view : nullptr,
          .changes = changes.data(),
          .change_count = changes.size(),
          .change_size = sizeof(drcon_change)};
}

}  // namespace drcon::plugins
