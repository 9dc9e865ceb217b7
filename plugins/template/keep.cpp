// Which services of a file keep what it had of them, and what a restart has to know of that.
#include "template/apply.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

namespace drcon::templates {

// Services of which too much is left out have what the file had of them.
applier::rendering applier::render_or_keep(const file_options& of, const desired_state& desired,
                                           const std::string& live, const last_services& last,
                                           const refusal& report) const {
  rendering made;
  made.bytes = render(of, desired, live, [&](const auto& service, const auto& endpoint, const auto& why) {
    if (!endpoint.empty()) made.refused[service].insert(endpoint);
    report(service, endpoint, why);
  });
  made.kept = last.unbearable(desired, made.refused);
  if (!made.kept.empty())
    made.bytes = render(of, last.completed(desired, made.refused, made.kept), live, [](auto&&...) {});
  return made;
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

}  // namespace drcon::templates
