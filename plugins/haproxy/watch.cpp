// What goes on between applies: looks whether HAProxy is still the same process, and keeps the server-state file.
#include "common/atomic_file.hpp"
#include "haproxy/apply.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

namespace drcon::haproxy {
namespace {

// How often drains are looked at. An answer costs HAProxy some microseconds.
constexpr auto drain_poll = std::chrono::milliseconds(100);

}  // namespace

std::chrono::nanoseconds applier::tend() {
  if (!desired_) return options_.watch;
  std::string why;
  try {
    target cli(options_.socket, options_.timeout);
    why = watch(cli);
  } catch (const std::exception& error) {  // no descriptor is left, for example
    why = error.what();
  }
  if (!why.empty()) {
    host_.status_away(why);
    recheck_ = true;  // otherwise nothing would report that it works again before the next change
    return options_.watch;
  }
  const bool is_quiet = departures_.empty() && !made_.any_leaving();
  return is_quiet ? options_.watch : std::min<std::chrono::nanoseconds>(drain_poll, options_.watch);
}

// What keeps HAProxy from being in step, or empty.
std::string applier::watch(target& cli) {
  if (auto why = cli.open(); !why.empty()) return why;
  std::string why;
  const auto info = look_at_process(cli, why);
  if (!info) return why;
  if (info->stopping) return "this HAProxy process is ending; its successor takes over";
  if (!departures_.empty() && info->identity == process_) end_departures(cli);
  if (made_.any_leaving() && info->identity == process_) delete_left(cli);
  if (info->identity == process_ && !state_file_fault_.empty()) {
    write_state_file(cli);
    if (state_file_fault_.empty()) recheck_ = true;  // otherwise the status would not report that it works again
  }
  const bool compare = clock::now() - compared_ >= options_.compare || clock::now() >= next_try_;
  if (info->identity == process_ && !recheck_ && !compare) return {};
  const auto how = bring_about(cli);
  return how.result == DRCON_OK ? std::string() : how.why;
}

// What another sink sets is of its file. `live`: what HAProxy has; null where it cannot be asked.
void applier::write_config_file(const live_state* live) {
  if (options_.config_file.path.empty()) return;
  auto own = *desired_;
  for (const auto& [backend, why] : foreign_) own.erase(backend);
  auto unsettled = unsettled_;
  // Too few of them may be left to be served alone, which only a HAProxy that answers shows.
  if (!live)
    for (const auto& [backend, each] : own)
      if (each.refused > 0) unsettled.insert(backend);
  std::set<std::string, std::less<>> of_files;  // the backends that HAProxy has from its configuration
  if (live)
    std::ranges::copy_if(live->backends, std::inserter(of_files, of_files.end()),
                         [this](const auto& each) { return !made_.contains(each); });
  auto fault = config_file_.write(own, options_.plan, unsettled, live ? &of_files : nullptr);
  if (!fault.empty()) fault.insert(0, "config_file: ");
  if (!fault.empty() && fault != config_file_fault_) host_.warn(fault);
  config_file_fault_ = std::move(fault);
}

// A reloaded HAProxy reads it, so that its slots hold the present servers from the first moment on.
void applier::write_state_file(target& cli) {
  if (options_.state_file.empty()) return;
  auto fault = fault_of_state_file(cli);
  if (!fault.empty()) fault.insert(0, "the server-state file is not written: ");
  if (!fault.empty() && fault != state_file_fault_) host_.warn(fault);
  state_file_fault_ = std::move(fault);
}

// Writes it; what went wrong, or empty. Another HAProxy that read this one's servers would start with the wrong ones.
std::string applier::fault_of_state_file(target& cli) {
  const common::file_place place(options_.state_file);
  if (!place.fault().empty()) return place.fault();
  if (auto why = state_file_lock_.take(place, std::string(host_.name())); !why.empty()) return why;
  std::string why;
  const auto answers = cli.run({"show servers state"}, why);
  return answers ? common::replace_file(place, answers->front() + "\n") : why;
}

}  // namespace drcon::haproxy
