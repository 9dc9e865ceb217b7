// applier: from the desired state and the templates to the bytes of the files.
#include "template/apply.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace drcon::templates {
namespace {

bool are_as_read(const std::map<std::string, std::string>& all) {
  return std::ranges::all_of(all, [](const auto& each) {
    std::string why;
    return common::read_file(each.first, why) == each.second;
  });
}

}  // namespace

// The setting that the file is for already, where that is another one and still there: whoever may write a setting
// could otherwise take its file. It may be one that cannot be written.
const std::string* applier::other_owner(const std::string& path, const item& each, const files_now& now,
                                        const desired_state& desired) {
  const auto found = now.are_for.find(path);
  if (each.setting == nullptr || found == now.are_for.end() || found->second.empty() ||
      found->second == each.setting->first)
    return nullptr;
  const bool is_there =
      std::ranges::any_of(desired.services, [&](const service& one) { return one.values.contains(found->second); });
  return is_there ? &found->second : nullptr;
}

applier::rendered applier::render(const file_options& of, const desired_state& desired, const files_now& now,
                                  const onlooker& waits) const {
  const auto refuse = [&](const auto& service, const auto& endpoint, const auto& why) {
    waits.refused(service, endpoint, of.path + ": " + why);
  };
  std::unique_lock lock(shared_);
  const auto form = of.form;
  const auto known = known_;
  lock.unlock();
  // Go's templates do not escape: what they read is judged when they read it.
  auto fit = form.written_in() == template_language::go ? desired.services : writable(desired.services, of.in, refuse);
  if (of.in == language::nginx) fit = without_case_twins(std::move(fit), now.text, refuse);
  fit = with_bounded_labels(std::move(fit), form, refuse);
  const auto each_of = form.how().each;
  const item_bound bound{
      .most = most_items,
      .has_file = [&](const std::string& name) { return now.paths.contains(path_for(of.path, name)); },
      .is_of =
          [&](const std::string& name, const std::string& setting) {
            const auto found = now.are_for.find(path_for(of.path, name));
            return found != now.are_for.end() && found->second == setting;
          }};
  const auto items = each_of == item_kind::none
                         ? std::vector<item>(1)
                         : items_of(
                               each_of, fit, [&](const auto& name, const auto& why) { refuse(name, "", why); }, bound);
  rendered result;
  for (const auto& each : items) {
    if (waits.stop.stop_requested()) {
      result.wrong = "drcon stops while " + of.path + " is rendered";
      break;
    }
    const auto path = path_for(of.path, each.name);
    if (const auto* other = other_owner(path, each, now, desired); other != nullptr) {
      refuse(each.setting->first, "", "the file " + path + " is that of the key " + *other);
      continue;
    }
    const subject about{.services = fit,
                        .sink = sink_,
                        .revision = desired.revision,
                        .each = each_of == item_kind::none ? nullptr : &each};
    const rules by{.in = of.in,
                   .of_services = {.is_empty = absent_is_empty_, .once = known.get()},
                   .granted = granted_,
                   .needs_keys = of.needs_keys,
                   .stop = waits.stop,
                   .takes_long = [&] { waits.takes_long(path); }};
    auto made = form.render(about, by, refuse);
    result.read.merge(made.files);
    if (made.wrong) {
      note_fault(each_of == item_kind::none ? nullptr : &each, path, made, result, refuse);
      continue;
    }
    result.written.merge(made.written);
    result.are_for.emplace(path, each.setting == nullptr ? std::string() : each.setting->first);
    result.bytes.emplace(path, std::move(made.bytes));
  }
  // One whose name or value was refused is still there: its file stays.
  if (each_of != item_kind::none)
    for (const auto& each : items_of(
             each_of, desired.services, [](auto&&...) {}, bound))
      if (auto path = path_for(of.path, each.name); !result.bytes.contains(path)) result.stays.insert(std::move(path));
  return result;
}

// A file that cannot be rendered. Where it is one of many, for things that anybody may register, it stays as it was and
// the others go on.
void applier::note_fault(const item* each, const std::string& path, const rendering& made, rendered& all,
                         const refusal& refuse) {
  const auto why = path + " cannot be rendered: " + templates::report(*made.wrong);
  if (each == nullptr) {
    all.wrong = why;
    return;
  }
  all.stays.insert(path);
  if (all.behind.empty()) all.behind = why + "; it stays as it was";
  refuse(each->setting == nullptr ? each->name : each->setting->first, "",
         made.is_refused ? made.wrong->text : templates::report(*made.wrong));
  if (!made.is_refused && all.retried.empty()) all.retried = why + "; it stays as it was";
}

// Services of which too much is left out have what the file had of them.
applier::rendered applier::render_or_keep(const file_options& of, const desired_state& desired, const files_now& now,
                                          const last_services& last, const onlooker& waits) const {
  left_out refused;
  auto noting = waits;
  noting.refused = [&](const auto& service, const auto& endpoint, const auto& why) {
    if (!endpoint.empty()) refused[service].insert(endpoint);
    waits.refused(service, endpoint, why);
  };
  auto result = render(of, desired, now, noting);
  auto kept = last.unbearable(desired, refused);
  noting.refused = [](auto&&...) {};
  if (!kept.empty()) result = render(of, last.completed(desired, refused, kept), now, noting);
  result.refused = std::move(refused);
  result.kept = std::move(kept);
  return result;
}

applier::files_now applier::now_of(const entry& of) {
  files_now result;
  for (const auto& [path, on_disk] : of.files) {
    result.text += on_disk.live().value_or(std::string()) + "\n";
    result.paths.insert(path);
  }
  if (of.own) result.are_for = of.own->paths();
  return result;
}

// What is to be done with the files of an entry. What went wrong, or empty.
std::string applier::plan(entry& of, const desired_state& desired, plan_of_all& result, const onlooker& waits) {
  auto made = render_or_keep(of.options, desired, now_of(of), of.last, waits);
  of.read = std::move(made.read);
  if (!made.wrong.empty()) return made.wrong + "; it stays as it was";
  // What an item that stays as it is wrote besides is not known: nothing of that goes.
  if (!made.stays.empty()) result.keeps_sides.insert(&of);
  result.written[&of] = std::move(made.written);
  of.others.clear();
  of.refused = std::move(made.refused);
  of.kept = std::move(made.kept);
  of.behind = std::move(made.behind);
  if (result.retried.empty()) result.retried = std::move(made.retried);
  std::vector<std::string> not_ours;
  for (auto& [path, bytes] : made.bytes) {
    std::string why;
    if (const auto found = find_file(of, path, bytes, why); found != finding::ours) {
      waits.refused(path, std::string(), why);
      if (of.behind.empty()) of.behind = why;
      if (found == finding::unreadable && result.retried.empty()) result.retried = why;
      continue;
    }
    auto& on_disk = of.files.at(path);
    ++result.ours;
    result.all_bytes.push_back(bytes);
    if (on_disk.live() != bytes || on_disk.changing() || on_disk.owes_reload())
      result.todo.push_back({.of = &of, .on_disk = &on_disk, .bytes = std::move(bytes), .candidate = std::nullopt});
  }
  for (auto& [path, on_disk] : of.files) {
    if (made.bytes.contains(path)) continue;
    if (const auto why = lock_of_many(of, on_disk); !why.empty()) {
      waits.refused(path, std::string(), why);
      not_ours.push_back(path);
      continue;
    }
    if (made.stays.contains(path)) {
      if (of.own)
        if (const auto item = of.own->paths().find(path); item != of.own->paths().end()) made.are_for.insert(*item);
      stay(of, on_disk, result);
      continue;
    }
    result.all_bytes.push_back("without " + path);
    result.todo.push_back({.of = &of, .on_disk = &on_disk, .bytes = {}, .goes = true, .candidate = std::nullopt});
  }
  for (const auto& path : not_ours) of.files.erase(path);
  of.are_for = std::move(made.are_for);
  return {};
}

// What it is for was refused, and is still there. What is in it is as before, and may have to be loaded still.
void applier::stay(entry& of, common::managed_file& on_disk, plan_of_all& result) {
  if (!on_disk.live()) return;
  if (of.behind.empty()) of.behind = on_disk.path() + " stays as it was, since what it is for cannot be written";
  result.all_bytes.push_back(*on_disk.live());
  if (on_disk.changing() || on_disk.owes_reload())
    result.todo.push_back({.of = &of, .on_disk = &on_disk, .bytes = *on_disk.live(), .candidate = std::nullopt});
}

// Of many, one that was there before is not ours, nor is one whose lock another sink holds: they name their files by
// what is registered, and a name may meet a file of anybody's.
applier::finding applier::find_file(entry& of, const std::string& path, const std::string& bytes, std::string& why) {
  if (!of.own) return finding::ours;
  auto seen = of.files.contains(path) ? sightings() : see(path);
  const auto [place, is_new] = of.files.try_emplace(path, common::managed_file(path, of.options.attributes));
  auto& on_disk = place->second;
  const auto leave = [&](finding how) {
    of.files.erase(path);
    of.others.merge(seen);
    return how;
  };
  why = lock_of_many(of, on_disk);
  if (!why.empty()) return leave(finding::foreign);
  const bool is_ours = of.own->paths().contains(path);
  if (is_new || !is_ours) why = on_disk.look();
  if (!why.empty()) return leave(finding::unreadable);
  if (is_new && is_ours) on_disk.find_unfinished();
  if (is_ours) return finding::ours;
  // One that holds what it is to hold is ours: the list of ours was lost, or could not be written.
  if (!on_disk.live() || on_disk.live() == bytes) return finding::ours;
  why = path + " is there, and this sink has not written it; move it away";
  return leave(finding::foreign);
}

// Who holds all of the files is reported once, and not for each of them.
std::string applier::lock_of_many(const entry& of, common::managed_file& on_disk) {
  return of.own && kept_out_.empty() ? on_disk.lock(sink_, false, &left_behind_) : std::string();
}

// Those that another one owns are left out. What went wrong with ours, or empty.
std::string applier::write_sides(const plan_of_all& planned) {
  for (auto& each : entries_) {
    const auto found = planned.written.find(&each);
    if (found == planned.written.end()) continue;
    auto how = each.sides.write(found->second, granted_, sink_);
    sides_owe_reload_ |= how.have_changed;
    for (auto& [path, why, seen] : how.others) {
      host_.refused(path, std::string(), why);
      each.others.merge(seen);
      if (each.behind.empty()) each.behind = why;
    }
    if (!how.failed.empty()) return how.failed;
  }
  return {};
}

void applier::drop_sides(const plan_of_all& planned) {
  for (auto& each : entries_) {
    const auto found = planned.written.find(&each);
    if (found == planned.written.end() || planned.keeps_sides.contains(&each)) continue;
    const auto how = each.sides.keep_only(found->second, granted_, sink_);
    sides_owe_reload_ |= how.have_changed;
    for (const auto& [path, why, seen] : how.others) host_.warn(why);
  }
}

// On the disk before the first of them is: what a crash leaves behind must be known as ours.
std::string applier::note_own_files(const std::vector<change>& todo) {
  for (auto& each : entries_) {
    if (!each.own) continue;
    auto all = each.own->paths();
    for (const auto& one : todo) {
      if (one.of != &each) continue;
      const auto item = each.are_for.find(one.on_disk->path());
      all.insert_or_assign(one.on_disk->path(), item == each.are_for.end() ? std::string() : item->second);
    }
    if (auto why = each.own->write(all); !why.empty()) return why;
  }
  return {};
}

void applier::forget_removed(const std::vector<change>& todo) {
  for (const auto& each : todo)
    if (each.goes) each.of->files.erase(std::string(each.on_disk->path()));
  for (auto& each : entries_) {
    if (!each.own) continue;
    own_files::list all;
    for (const auto& [path, on_disk] : each.files) {
      const auto item = each.are_for.find(path);
      all.emplace(path, item == each.are_for.end() ? std::string() : item->second);
    }
    if (const auto why = each.own->write(all); !why.empty()) host_.warn("the list of files that are written: " + why);
  }
}

common::file_place applier::beside(const entry& of, const std::string& ending) {
  return of.own ? of.own->beside(ending) : of.files.begin()->second.beside(ending);
}

// On the disk before the files are written: a run after this one must not take what is kept for what was served before.
void applier::hold_last_services() {
  for (auto& each : entries_) {
    each.last.hold(each.kept);
    store_last_services(each);
  }
}

// The files are as desired.
void applier::remember(const last_services::snapshot& all) {
  for (auto& each : entries_) {
    each.last.hold(each.kept);
    each.last.written(all, each.refused, each.kept);
    store_last_services(each);
  }
  failure_.clear();
  show();
}

void applier::store_last_services(entry& of) const {
  auto text = of.last.to_text();
  if (text == of.last_on_disk) return;
  const auto place = beside(of, kept_ending);
  if (text.empty()) ::unlinkat(place.directory(), place.name().c_str(), 0);
  else if (const auto why = common::replace_file(place, text, {.mode = 0600}); !why.empty())
    return host_.warn("a restart of drcon would forget the last endpoints of services that keep them: " + why);
  of.last_on_disk = std::move(text);
}

// A service that was there and is gone has no endpoints; of one that never was, nobody knows.
void applier::note_names(const desired_state& desired) {
  // Whoever registers ever more names must not make this grow for ever.
  constexpr std::size_t most = 10'000;
  if (known_->size() >= most) return;
  const auto is_new = [this](const service& each) { return each.values.empty() && !known_->contains(each.name); };
  if (std::ranges::none_of(desired.services, is_new)) return;
  auto more = std::make_shared<std::set<std::string>>(*known_);
  for (const auto& each : desired.services)
    if (each.values.empty()) more->insert(each.name);
  const std::lock_guard lock(shared_);
  known_ = std::move(more);
}

// Only their options are used of the entries here, and under the mutex: their owner may be at work.
std::vector<applier::preview_file> applier::preview(const desired_state& desired, std::string& why) const {
  std::vector<preview_file> all;
  for (const auto& each : entries_) {
    std::unique_lock lock(shared_);
    auto now = each.options;
    lock.unlock();
    // The host asks an instance that never applies anything, and so looks at its templates at no other time.
    std::string broken;
    if (auto edited = changed_form(now, broken)) now.form = std::move(*edited);
    auto other = entry_of(now);
    const auto look = [&](const std::string& path) {
      auto& on_disk = other.files.try_emplace(path, common::managed_file(path, now.attributes)).first->second;
      return on_disk.look().empty();
    };
    bool seen = true;
    if (now.form.how().each == item_kind::none) {
      seen = look(now.path);
    } else {
      other.own.emplace(now.path);
      seen = other.own->read().empty();
      for (const auto& [path, item] : other.own->paths()) seen &= look(path);
    }
    std::string ignored;
    if (seen) other.sides.read(beside(other, side_files::ending));
    if (seen) other.last.recall(common::read_file(beside(other, kept_ending), ignored).value_or(std::string()));
    const onlooker nobody{.refused = [](auto&&...) {}, .stop = {}, .takes_long = [](auto&&...) {}};
    auto made = render_or_keep(now, desired, now_of(other), other.last, nobody);
    if (!made.wrong.empty() || (!made.retried.empty() && made.bytes.empty())) {
      why = made.wrong.empty() ? made.retried : made.wrong;
      return {};
    }
    // The others are compared all the same: one registration must not switch off what a start compares.
    if (!made.retried.empty()) host_.warn(made.retried);
    for (const auto& [path, on_disk] : other.files)
      made.bytes.try_emplace(path, made.stays.contains(path) ? on_disk.live().value_or(std::string()) : std::string());
    for (auto& [path, bytes] : made.bytes) {
      const bool known = seen && look(path);
      all.push_back(
          {.path = path,
           .bytes = std::move(bytes),
           .live = known ? std::optional(other.files.at(path).live().value_or(std::string())) : std::nullopt});
    }
    for (auto& side : other.sides.preview(made.written))
      all.push_back({.path = std::move(side.path), .bytes = std::move(side.bytes), .live = std::move(side.live)});
  }
  return all;
}

// What is read of the template now, where it has changed on the disk. Nothing where it is the same; and, with `fault`,
// where somebody may be writing it right now, or has removed it: then the last valid one is used.
std::optional<form> applier::changed_form(const file_options& of, std::string& fault) {
  std::string why;
  const auto text = common::read_file(of.template_path, why);
  if (text && *text == of.form.text() && are_as_read(of.form.partials())) return {};
  auto next = read_form(of.template_path, text.value_or(std::string()), of.form.how());
  if (!text || text->empty()) fault = of.template_path + (why.empty() ? " is gone, or empty" : ": " + why);
  else if (const auto* wrong = std::get_if<templating::fault>(&next)) fault = report(*wrong);
  if (fault.empty()) return std::get<form>(std::move(next));
  fault += "; the template that was read last is used";
  return {};
}

bool applier::reread_template(entry& each) {
  each.template_fault.clear();
  auto next = changed_form(each.options, each.template_fault);
  if (!next) return false;
  const std::lock_guard lock(shared_);
  each.options.form = std::move(*next);
  return true;
}

bool applier::reread_templates() {
  bool any = false;
  bool other_faults = false;
  for (auto& each : entries_) {
    const auto fault_before = each.template_fault;
    any |= reread_template(each);
    any |= std::ranges::any_of(each.read, [](const auto& one) { return common::stamp_of(one.first) != one.second; });
    other_faults |= each.template_fault != fault_before;
  }
  if (other_faults) show();
  return any;
}

}  // namespace drcon::templates
