// What operators ask of a pipeline: pause, resume, rollback. pipeline_brake.cpp has the release of the brake.
#include "engine/pipeline.hpp"
#include "log/log.hpp"
#include "model/snapshot.hpp"

#include <algorithm>
#include <utility>

namespace drcon::engine {
namespace {

using clock = std::chrono::steady_clock;

}  // namespace

void pipeline::pause(std::string why) {
  if (why.empty()) why = "paused by hand";
  // The time that a loss has been held so far says nothing after a pause: at the resume the brake starts to count
  // again.
  brake_timer_.cancel();
  brake_.restart_holds();
  held_ = {};
  refused_.reset();
  paused_ = {.why = std::move(why), .since = std::chrono::system_clock::now()};
  around_.store.save_pause(name(), paused_);
  note_steered("paused: " + paused_->why);
}

bool pipeline::resume() {
  if (!paused_) return false;
  paused_.reset();
  around_.store.save_pause(name(), {});
  note_steered("resumed");
  causes_.insert("resume");
  seen_ = heard_ = clock::now();
  decide();
  return true;
}

bool pipeline::roll_back(std::uint64_t revision) {
  const auto revision_of = [](const decision& each) { return each.snapshot->revision(); };
  const auto kept = std::ranges::find(history_, revision, revision_of);
  if (kept == history_.end()) return false;
  const auto content = kept->snapshot;  // kept for itself: pass() may push it out of the history
  pause("rolled back to revision " + std::to_string(revision));
  brake_.forget();
  seen_ = heard_ = clock::now();
  pass(std::make_shared<const model::snapshot>(next_revision_, content->services()), paused_->why);
  causes_.insert("what changed since revision " + std::to_string(revision));
  return true;
}

void pipeline::note_steered(std::string what) {
  log::warning(subject(), "{}", what);
  around_.journal.add({.what = journal_entry::kind::steered,
                       .about = subject(),
                       .revision = current_.snapshot ? current_.snapshot->revision() : 0,
                       .why = std::move(what)});
}

}  // namespace drcon::engine
