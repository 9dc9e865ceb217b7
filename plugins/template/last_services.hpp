// What a file had of services when too many of their endpoints are left out of it by this sink itself, so that they can
// keep it: nobody has decided that loss.
//
// What a restart has to know is text for a file beside the one that is rendered; of other services only the snapshot is
// held that was written last. Thread rule: owned by its user's thread.
#pragma once

#include "common/refused_loss.hpp"
#include "template/desired.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>

namespace drcon::templates {

/// Service -> ids of its endpoints that are left out of a file.
using left_out = std::map<std::string, std::set<std::string>>;

class last_services {
public:
  using losses = std::map<std::string, common::refused_loss>;
  using snapshot = std::shared_ptr<const desired_state>;

  /// Services that must keep what the file has of them.
  losses unbearable(const desired_state& desired, const left_out& refused) const;

  /// What is desired, with the endpoints that those services had. One that is among the refused has its present health,
  /// weight and priority.
  desired_state completed(desired_state desired, const left_out& refused, const losses& of) const;

  /// To be called before a file is written in which these services keep what they had: from now on that is the measure,
  /// whatever comes and goes meanwhile.
  void hold(const losses& of);

  /// The file was written from that, in which only these services keep what they had.
  void written(snapshot all, left_out refused, const losses& kept);

  /// What is held, for the next run; empty: nothing.
  std::string to_text() const;
  /// Takes over what an earlier run held. A text that is none of ours counts as nothing.
  void recall(const std::string& text);

private:
  const service* find(const std::string& name, service& scratch) const;

  snapshot last_;
  left_out refused_;                     // of last_
  std::map<std::string, service> held_;  // what services had before they were kept
};

}  // namespace drcon::templates
