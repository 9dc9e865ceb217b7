// The services that a pipeline takes of its sources now, as a snapshot that follows each change.
//
// What a snapshot costs is what has changed since the one before, and not the catalogue. Thread rule: the engine's
// thread.
#pragma once

#include "model/snapshot_ptr.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace drcon::engine {

class merged_services {
public:
  merged_services();

  /// Null if there is no service of that name.
  model::service_ptr find(const std::string& name) const;
  /// Takes the service, or with null lets it go. True if something differs from before; an equal service keeps its
  /// object, so that snapshots share it.
  bool set(const std::string& name, model::service_ptr now);
  std::set<std::string> names() const;
  /// All services under this number. Shares with the one before what has not changed since.
  model::snapshot_ptr snapshot(std::uint64_t revision) const;

private:
  void fold(std::uint64_t revision) const;

  // What snapshot() made last, and what has changed since. It is folded in there by whoever asks, also by one that
  // changes nothing.
  mutable model::snapshot_ptr last_;
  mutable std::map<std::string, model::service_ptr> changes_;  // null: it is gone
};

}  // namespace drcon::engine
