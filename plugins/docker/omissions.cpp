#include "docker/omissions.hpp"

#include "common/count_of.hpp"
#include "common/short_text.hpp"

#include <utility>

namespace drcon::docker {
namespace {

std::string why_of(const finding& of) {
  auto text = of.what.why_none;
  for (const auto& each : of.what.unusable) text += "; " + each;
  return text;
}

}  // namespace

// What ends is reported before what begins: a container may have got the name that another one had.
bool omissions::report(const std::map<std::string, std::optional<finding>>& changed) {
  for (const auto& [id, found] : changed) {
    const auto before = all_.find(id);
    if (before == all_.end()) continue;
    const bool holds = found && !found->what.why_none.empty() &&
                       before->second == reported{found->what.service, found->container, why_of(*found)};
    if (!holds) end(id);
  }
  for (const auto& [id, found] : changed) {
    names_.erase(id);
    unusable_.erase(id);
    if (!found) {
      logged_.erase(id);
      continue;
    }
    if (!found->what.why_none.empty()) begin(id, *found);
    if (!found->what.unusable.empty()) unusable_[id] = {found->what.unusable.begin(), found->what.unusable.end()};
    log(id, *found);
  }
  return !changed.empty();
}

void omissions::end(const std::string& id) {
  const auto before = all_.extract(id);
  host_.refused(before.mapped().service, before.mapped().container, {});
}

void omissions::begin(const std::string& id, const finding& found) {
  if (found.what.is_missed) names_.emplace(id, found.container);
  const auto [each, is_new] = all_.try_emplace(id, reported{found.what.service, found.container, why_of(found)});
  if (is_new) host_.refused(each->second.service, each->second.container, each->second.why);
}

// A container that has ended, or has been asked to, is missed by nobody.
void omissions::log(const std::string& id, const finding& found) {
  if (!found.what.is_missed) return;
  const auto once = [&](const std::string& line) { return logged_[id].insert(line).second; };
  if (!found.what.why_none.empty())
    if (const auto line = "container " + found.container + " is not published: " + found.what.why_none; once(line))
      host_.info(line);
  for (const auto& each : found.what.unusable)
    if (const auto line = "container " + found.container + " has a setting without effect: " + each; once(line))
      host_.warn(line);
}

std::string omissions::text() const {
  std::string text;
  const auto name = [](const auto& each) { return each.second; };
  if (!names_.empty())
    text += "; " + common::count_of(names_.size(), "running container") + (names_.size() == 1 ? " is" : " are") +
            " not published: " + common::first_of(names_, name) + "; drcon explain PIPELINE CONTAINER shows why";
  std::size_t settings = 0;
  for (const auto& [id, each] : unusable_) settings += each.size();
  if (settings > 0)
    text += "; " + common::count_of(settings, "setting") + (settings == 1 ? " has" : " have") +
            " no effect; the log names " + (settings == 1 ? "it" : "them");
  return text;
}

}  // namespace drcon::docker
