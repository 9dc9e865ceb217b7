#include "file/watch.hpp"

#include "common/atomic_file.hpp"
#include "common/count_of.hpp"
#include "file/changes.hpp"

#include <filesystem>

namespace drcon::file {

void watcher::run(const std::stop_token& stop) {
  file_changes changes(settings_.path);
  // When an exception ended the run before, the host was given everything as unknown: it must be published again.
  dealt_with_ = false;
  auto last = news::none;
  while (!stop.stop_requested()) {
    const auto next = read(last == news::whole);
    last = changes.wait(stop, next);
  }
}

// Looks at the file and returns when to look again if nothing happens before. `whole`: its writer was seen to finish.
std::chrono::nanoseconds watcher::read(bool whole) {
  auto now = look();
  if (now != seen_) {
    seen_ = std::move(now);
    since_ = clock::now();
    dealt_with_ = false;
  }
  if (dealt_with_) return settings_.poll;
  const auto age = clock::now() - since_;
  const bool settled = age >= settings_.settle || unchanged_for_long();
  if (!settled && !(whole && seen_.text)) return settings_.settle - age;
  auto why = seen_.why;
  auto services =
      seen_.text ? common::parse_document(*seen_.text, settings_.format, settings_.path, why) : std::nullopt;
  if (!services && !settled) return settings_.settle - age;
  if (services) publish(std::move(*services));
  else report_fault(why);
  dealt_with_ = true;
  return settings_.poll;
}

std::string watcher::fault_of_content() const {
  auto now = look();
  if (now.text) common::parse_document(*now.text, settings_.format, settings_.path, now.why);
  return now.why;
}

watcher::sight watcher::look() const {
  std::error_code error;
  const auto status = std::filesystem::status(settings_.path, error);
  if (status.type() == std::filesystem::file_type::not_found) return {{}, "there is no " + settings_.path};
  // Opening a pipe would wait for a writer, and nothing could stop that.
  if (!error && !std::filesystem::is_regular_file(status)) return {{}, settings_.path + " is not a file"};
  const auto size = std::filesystem::file_size(settings_.path, error);
  if (!error && size > settings_.max_size)
    return {{}, settings_.path + " has " + std::to_string(size) + " bytes, more than max_size allows"};
  sight found;
  found.text = common::read_file(settings_.path, found.why);
  if (!found.text && found.why.empty()) found.why = "there is no " + settings_.path;
  return found;
}

// Nothing was written to it for `settle`, as is usual at start.
bool watcher::unchanged_for_long() const {
  std::error_code error;
  const auto written = std::filesystem::last_write_time(settings_.path, error);
  return !error && std::filesystem::file_time_type::clock::now() - written >= settings_.settle;
}

void watcher::report_fault(const std::string& why) {
  host_.status_degraded(why + "; what was read last stays");
  host_.unknown({}, why);  // whoever learns of it finds the reason in the status
}

void watcher::publish(std::vector<service> services) {
  std::map<std::string, std::vector<endpoint>> all;
  for (auto& each : services) {
    const auto before = published_.find(each.name);
    if (before == published_.end() || before->second != each.endpoints) host_.publish(each);
    all.emplace(std::move(each.name), std::move(each.endpoints));
  }
  for (const auto& [name, gone] : published_)
    if (!all.contains(name)) host_.withdraw(name);
  published_ = std::move(all);
  host_.ready();
  host_.status_ok(common::count_of(published_.size(), "service"));
}

}  // namespace drcon::file
