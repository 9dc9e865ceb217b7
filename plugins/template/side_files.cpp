#include "template/side_files.hpp"

#include "common/digest.hpp"

#include <unistd.h>

namespace drcon::templates {
namespace {

common::file_place place_of(const std::string& path) {
  return common::file_place(path, common::file_place::last_link::keep);
}

}  // namespace

sightings see(const std::string& path) {
  const auto name = path.rfind('/') + 1;
  const auto lock = path.substr(0, name) + "." + path.substr(name) + ".lock";
  return {{path, common::stamp_of(path)}, {lock, common::stamp_of(lock)}};
}

void side_files::read(const common::file_place& list) {
  list_ = list;
  std::string ignored;
  stored_ = common::read_file(list, ignored).value_or(std::string());
  files_.clear();
  for (std::size_t start = 0; start < stored_.size();) {
    const auto end = std::min(stored_.find('\n', start), stored_.size());
    const auto line = stored_.substr(start, end - start);
    if (const auto space = line.find(' '); space != std::string::npos && line.find('/') == space + 1)
      files_[line.substr(space + 1)].digest = line.substr(0, space);
    start = end + 1;
  }
}

std::string side_files::store() {
  std::string text;
  for (const auto& [path, each] : files_)
    if (path.find('\n') == std::string::npos) text += each.digest + " " + path + "\n";
  if (text == stored_ || !list_) return {};
  if (text.empty()) ::unlinkat(list_->directory(), list_->name().c_str(), 0);
  else if (auto why = common::replace_file(*list_, text, {.mode = 0600}); !why.empty()) return why;
  stored_ = std::move(text);
  return {};
}

side_files::outcome side_files::write(const written_files& all, const abilities& granted, const std::string& sink) {
  outcome result;
  for (const auto& [path, each] : all)
    if (result.failed = write_one(path, each, granted, sink, result); !result.failed.empty()) break;
  return result;
}

std::string side_files::write_one(const std::string& path, const written_file& of, const abilities& granted,
                                  const std::string& sink, outcome& result) {
  auto& others = result.others;
  const auto place = place_of(path);
  auto seen = see(path);
  // A path that cannot be written holds up the others only where the template itself says it.
  if (auto why = may_write(path, place, granted); !why.empty()) {
    if (!of.is_of_data) return why;
    others.push_back({.path = path, .why = std::move(why), .seen = std::move(seen)});
    return {};
  }
  auto& mine = files_[path];
  const auto leave_out = [&](const std::string& why) {
    others.push_back({.path = path, .why = why, .seen = std::move(seen)});
    // One of ours that cannot be read or locked right now stays ours: else nothing would write or remove it any more.
    if (mine.digest.empty()) files_.erase(path);
    return store();
  };
  if (const auto why = mine.lock.take(place, sink, &left_behind_); !why.empty()) return leave_out(why);
  std::string why;
  const auto held = common::read_file(place, why);
  if (!why.empty() && of.is_of_data) return leave_out(why);
  if (!why.empty()) {
    if (mine.digest.empty()) files_.erase(path);
    return why + "; remove what is there, so that the template can write its file";
  }
  // Its content is ours as well: the list may have been lost, or a template of another program wrote it before.
  if (mine.digest.empty() && held && held != of.content)
    return leave_out(path + " is there, and this sink has not written it; move it away");
  mine.digest = common::digest(of.content);
  // On the disk before the file is: what a crash leaves behind must be known as ours.
  if (why = store(); !why.empty()) return why;
  if (why = replace(path, place, of, held); !why.empty()) return why;
  result.have_changed |= held != of.content;
  mine.is_written = true;
  mine.seen.reset();
  return {};
}

side_files::outcome side_files::keep_only(const written_files& all, const abilities& granted, const std::string& sink) {
  outcome result;
  auto& others = result.others;
  for (auto each = files_.begin(); each != files_.end();) {
    const auto& path = each->first;
    if (all.contains(path)) {
      ++each;
      continue;
    }
    const auto place = place_of(path);
    std::string why = may_write(path, place, granted);
    const bool may_be_removed = why.empty();
    if (may_be_removed) why = each->second.lock.take(place, sink, &left_behind_);
    const auto held = why.empty() ? common::read_file(place, why) : std::nullopt;
    if (!why.empty() && may_be_removed) {
      // It may be possible later, and nobody else knows then that the file is ours.
      others.push_back(
          {.path = path, .why = "no template writes it any more, and it is removed later: " + why, .seen = {}});
      ++each;
      continue;
    }
    if (!why.empty())
      others.push_back({.path = path, .why = "no template writes it any more, and it stays: " + why, .seen = {}});
    else if (held && common::digest(*held) != each->second.digest)
      others.push_back(
          {.path = path,
           .why = path + " stays, though no template writes it any more: it was edited since this sink wrote it",
           .seen = {}});
    else if (held) {
      ::unlinkat(place.directory(), place.name().c_str(), 0);
      place.sync_directory();
      result.have_changed = true;
    }
    each = files_.erase(each);
  }
  if (const auto why = store(); !why.empty()) others.push_back({.path = {}, .why = why, .seen = {}});
  return result;
}

bool side_files::are_as_left() {
  for (auto& [path, each] : files_) {
    if (!each.is_written) continue;
    const auto now = common::stamp_of(path);
    if (now == each.seen) continue;
    std::string why;
    const auto held = common::read_file(place_of(path), why);
    if (!held || common::digest(*held) != each.digest) return false;
    each.seen = now;
  }
  return true;
}

std::vector<side_files::shown> side_files::preview(const written_files& all) const {
  std::vector<shown> result;
  const auto live = [](const std::string& path) {
    std::string ignored;
    const auto place = place_of(path);
    return place.fault().empty() ? common::read_file(place, ignored).value_or(std::string()) : std::string();
  };
  for (const auto& [path, each] : all) result.push_back({.path = path, .bytes = each.content, .live = live(path)});
  for (const auto& [path, each] : files_)
    if (!all.contains(path)) result.push_back({.path = path, .bytes = {}, .live = live(path)});
  return result;
}

}  // namespace drcon::templates
