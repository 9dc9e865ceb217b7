// applier: from the desired state and the templates to the bytes of the files.
#include "template/apply.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace drcon::templates {
namespace {

// What shows that a file was replaced or written to; the same for all that cannot be looked at.
common::file_stamp stamp_of(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return {};
  return {.exists = true,
          .device = found.st_dev,
          .inode = found.st_ino,
          .size = found.st_size,
          .seconds = found.st_mtim.tv_sec,
          .nanoseconds = found.st_mtim.tv_nsec};
}

bool are_as_read(const std::map<std::string, std::string>& all) {
  return std::ranges::all_of(all, [](const auto& each) {
    std::string why;
    return common::read_file(each.first, why) == each.second;
  });
}

}  // namespace

rendering applier::render(const file_options& of, const desired_state& desired, const std::string& live,
                          const refusal& refused) const {
  const auto refuse = [&](const auto& service, const auto& endpoint, const auto& why) {
    refused(service, endpoint, of.path + ": " + why);
  };
  std::unique_lock lock(shared_);
  const auto now = of.form;
  const auto known = known_;
  lock.unlock();
  // Go's templates do not escape: what they read is judged when they read it.
  auto fit = now.written_in() == template_language::go ? desired.services : writable(desired.services, of.in, refuse);
  if (of.in == language::nginx) fit = without_case_twins(std::move(fit), live, refuse);
  fit = with_bounded_labels(std::move(fit), now, refuse);
  return now.render({.services = fit, .sink = sink_, .revision = desired.revision}, of.in,
                    {.is_empty = absent_is_empty_, .once = known.get()}, refuse);
}

// Services of which too much is left out have what the file had of them.
applier::rendered applier::render_or_keep(const file_options& of, const desired_state& desired, const std::string& live,
                                          const last_services& last, const refusal& report) const {
  rendered result;
  result.made = render(of, desired, live, [&](const auto& service, const auto& endpoint, const auto& why) {
    if (!endpoint.empty()) result.refused[service].insert(endpoint);
    report(service, endpoint, why);
  });
  result.kept = last.unbearable(desired, result.refused);
  if (!result.kept.empty())
    result.made = render(of, last.completed(desired, result.refused, result.kept), live, [](auto&&...) {});
  return result;
}

// On the disk before the files are written: a run after this one must not take what is kept for what was served before.
void applier::hold_last_services() {
  for (auto& each : files_) {
    each.last.hold(each.kept);
    store_last_services(each);
  }
}

// The files are as desired.
void applier::remember(const last_services::snapshot& all) {
  for (auto& each : files_) {
    each.last.hold(each.kept);
    each.last.written(all, each.refused, each.kept);
    store_last_services(each);
  }
  show();
}

void applier::store_last_services(file& of) const {
  auto text = of.last.to_text();
  if (text == of.last_on_disk) return;
  const auto place = of.on_disk.beside(kept_ending);
  if (text.empty()) ::unlinkat(place.directory(), place.name().c_str(), 0);
  else if (const auto why = common::replace_file(place, text, {.mode = 0600}); !why.empty())
    return host_.warn("a restart of drcon would forget the last endpoints of services that keep them: " + why);
  of.last_on_disk = std::move(text);
}

// A service that was there and is gone has no endpoints; of one that never was, nobody knows.
void applier::note_names(const desired_state& desired) {
  const auto is_new = [this](const service& each) { return each.values.empty() && !known_->contains(each.name); };
  if (std::ranges::none_of(desired.services, is_new)) return;
  auto more = std::make_shared<std::set<std::string>>(*known_);
  for (const auto& each : desired.services)
    if (each.values.empty()) more->insert(each.name);
  const std::lock_guard lock(shared_);
  known_ = std::move(more);
}

void applier::note_files(file& of, const std::set<std::string>& read) {
  of.read.clear();
  for (const auto& path : read) of.read.emplace(path, stamp_of(path));
}

std::vector<applier::preview_file> applier::preview(const desired_state& desired, std::string& why) const {
  std::vector<preview_file> all;
  for (const auto& each : files_) {
    common::managed_file other(each.options.path, each.options.attributes);
    const bool seen = other.look().empty();
    std::string ignored;
    last_services last;
    if (seen) last.recall(common::read_file(other.beside(kept_ending), ignored).value_or(std::string()));
    auto made =
        render_or_keep(each.options, desired, other.live().value_or(std::string()), last, [](auto&&...) {}).made;
    if (made.wrong) {
      why = each.options.path + " cannot be rendered: " + report(*made.wrong);
      return {};
    }
    all.push_back({.path = each.options.path,
                   .bytes = std::move(made.bytes),
                   .live = seen ? std::optional(other.live().value_or(std::string())) : std::nullopt});
  }
  return all;
}

// Reads it again when it has changed on the disk. Somebody may be writing it right now, or has removed it: then the
// last valid one is used.
bool applier::reread_template(file& each) {
  std::string why;
  const auto text = common::read_file(each.options.template_path, why);
  each.template_fault.clear();
  if (text && *text == each.options.form.text() && are_as_read(each.options.form.partials())) return false;
  auto next = read_form(each.options.template_path, text.value_or(std::string()), each.options.form.how());
  if (!text || text->empty())
    each.template_fault = each.options.template_path + (why.empty() ? " is gone, or empty" : ": " + why);
  else if (const auto* wrong = std::get_if<templating::fault>(&next)) each.template_fault = report(*wrong);
  if (!each.template_fault.empty()) {
    each.template_fault += "; the template that was read last is used";
    return false;
  }
  const std::lock_guard lock(shared_);
  each.options.form = std::get<form>(std::move(next));
  return true;
}

bool applier::reread_templates() {
  bool any = false;
  bool other_faults = false;
  for (auto& each : files_) {
    const auto fault_before = each.template_fault;
    any |= reread_template(each);
    any |= std::ranges::any_of(each.read, [](const auto& one) { return stamp_of(one.first) != one.second; });
    other_faults |= each.template_fault != fault_before;
  }
  if (other_faults) show();
  return any;
}

}  // namespace drcon::templates
