#include "template/apply.hpp"

#include "template/environment.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace drcon::templates {
namespace {

using nlohmann::json;

json json_of(const service& source) {
  json endpoints = json::array();
  for (const auto& each : source.endpoints)
    endpoints.push_back({{"id", each.id},
                         {"node", each.node},
                         {"address", each.address},
                         {"port", each.port},
                         {"weight", each.weight},
                         {"priority", each.priority},
                         {"health", std::string(to_string(each.health))},
                         {"tags", each.tags},
                         {"meta", each.meta}});
  json result = {{"name", source.name}, {"endpoints", std::move(endpoints)}};
  if (!source.values.empty()) result["values"] = source.values;
  return result;
}

}  // namespace

applier::entry applier::entry_of(file_options options) {
  return {.options = std::move(options),
          .files = {},
          .own = {},
          .sides = {},
          .others = {},
          .are_for = {},
          .template_fault = {},
          .read = {},
          .last = {},
          .last_on_disk = {},
          .refused = {},
          .kept = {},
          .behind = {}};
}

applier::applier(apply_settings options, context host)
    : sink_(std::move(options.sink)),
      reload_(std::move(options.reload)),
      absent_is_empty_(options.absent_is_empty),
      granted_(std::move(options.granted)),
      host_(host) {
  for (auto& each : options.files) {
    auto made = entry_of(std::move(each));
    const auto& path = made.options.path;
    if (made.options.form.how().each == item_kind::none)
      made.files.emplace(path, common::managed_file(path, made.options.attributes));
    else made.own.emplace(path);
    entries_.push_back(std::move(made));
  }
}

// Keeps every other sink from writing these files. Why that is not so, or empty.
std::string applier::lock() {
  for (auto& each : entries_) {
    if (each.own)
      if (auto why = each.own->lock(sink_); !why.empty()) return why;
    if (each.own) continue;
    for (auto& [path, on_disk] : each.files)
      if (auto why = on_disk.lock(sink_, each.options.backup); !why.empty()) return why;
  }
  return {};
}

std::string applier::look() {
  for (auto& each : entries_) {
    if (each.own && !looked_) {
      if (auto why = each.own->read(); !why.empty()) return why;
      for (const auto& [path, item] : each.own->paths())
        each.files.try_emplace(path, common::managed_file(path, each.options.attributes));
    }
    for (auto& [path, on_disk] : each.files) {
      if (auto why = on_disk.look(); !why.empty()) return why;
      if (!looked_) on_disk.find_unfinished();
    }
    if (looked_) continue;
    std::string ignored;
    each.sides.read(beside(each, side_files::ending));
    each.last_on_disk = common::read_file(beside(each, kept_ending), ignored).value_or(std::string());
    each.last.recall(each.last_on_disk);
  }
  looked_ = true;
  return {};
}

outcome applier::apply(const last_services::snapshot& all, const std::stop_token& stop, wanted_by who) {
  auto how = apply_all(all, stop, who);
  failure_ = how.result == DRCON_OK ? std::string() : how.why;
  return how;
}

outcome applier::apply_all(const last_services::snapshot& all, const std::stop_token& stop, wanted_by who) {
  const auto& desired = *all;
  const bool were_in_place = std::exchange(are_in_place_, false);
  note_names(desired);
  kept_out_ = lock();
  const auto& kept_out = kept_out_;
  if (auto why = look(); !why.empty()) return retry(why);
  const onlooker waits{
      .refused = [this](const auto& service, const auto& endpoint,
                        const auto& why) { host_.refused(service, endpoint, why); },
      .stop = stop,
      .takes_long =
          [this, who](const std::string& path) {
            if (who == wanted_by::edit)
              host_.status_away(path + " is still being rendered for what was edited; it stays as it was until then");
          }};
  plan_of_all planned;
  for (auto& each : entries_)
    if (auto why = plan(each, desired, planned, waits); !why.empty()) return retry(why);
  retried_ = planned.retried;
  auto& todo = planned.todo;
  auto& all_bytes = planned.all_bytes;
  if (kept_out.empty())
    if (auto why = write_sides(planned); !why.empty()) return retry(why);
  if (!kept_out.empty()) looked_ = false;  // what another sink leaves unfinished is to be found once that one has ended
  if (todo.empty() && (!sides_owe_reload_ || !kept_out.empty())) {
    // Nothing is to be done, so that nothing fails: what would fail at the next change is reported before it comes.
    if (kept_out.empty()) return end_well(planned, all);
    failure_.clear();
    show();
    are_in_place_ = true;
    return answer_of(planned);
  }
  if (!kept_out.empty()) return retry(kept_out);
  if (all_bytes == failed_bytes_ && clock::now() < not_before_) {
    are_in_place_ = were_in_place;  // as the try before has left them
    return retry(failed_why_);
  }
  auto around = surroundings_of(todo, desired);
  const auto asked = todo.size();
  if (auto why = prepare(planned, around, stop); !why.empty()) return retry(why);
  if (todo.size() != asked) around = surroundings_of(todo, desired);
  retried_ = planned.retried;
  if (todo.empty() && !sides_owe_reload_) return end_well(planned, all);
  if (auto why = note_own_files(todo); !why.empty()) return retry(why);
  reload_failed_ = false;
  hold_last_services();
  auto how = bring_about(todo, around, stop);
  if (how.result == DRCON_OK) {
    sides_owe_reload_ = false;
    failed_bytes_.clear();
    patience_.reset();
    return end_well(planned, all);
  }
  if (reload_failed_ || std::ranges::none_of(todo, [](const change& each) { return each.on_disk->changing(); })) {
    if (all_bytes != failed_bytes_) patience_.reset();
    failed_bytes_ = std::move(all_bytes);
    failed_why_ = how.why;
    not_before_ = clock::now() + patience_.next();
  }
  return how;
}

outcome applier::end_well(const plan_of_all& planned, const last_services::snapshot& all) {
  drop_sides(planned);
  forget_removed(planned.todo);
  remember(all);
  are_in_place_ = true;
  return answer_of(planned);
}

// One of many must not keep the sink, and all that waits for it, from being well; none of many is no success.
outcome applier::answer_of(const plan_of_all& planned) {
  return planned.retried.empty() || planned.ours > 0 ? ok() : retry(planned.retried);
}

bool applier::is_as_left() {
  return !sides_owe_reload_ && std::ranges::all_of(entries_, [](entry& each) {
    return std::ranges::all_of(each.files, [](auto& one) { return one.second.is_untouched(); }) &&
           std::ranges::all_of(each.others,
                               [](const auto& one) { return common::stamp_of(one.first) == one.second; }) &&
           each.sides.are_as_left() && (!each.own || each.own->is_as_left());
  });
}

// Writes the new files beside the old ones and has them checked. What went wrong, or empty; the old ones are unchanged.
// Of many, one that its check refuses stays as it was, and the others go on.
std::string applier::prepare(plan_of_all& planned, const common::command_surroundings& around,
                             const std::stop_token& stop) {
  for (auto& each : planned.todo) {
    if (each.goes || each.on_disk->live() == each.bytes) continue;
    each.candidate.emplace(each.on_disk->prepare(each.bytes));
    if (!each.candidate->fault().empty()) return each.candidate->fault();
  }
  std::vector<change> passed;
  for (auto& each : planned.todo) {
    auto why = why_not_passed(each, around, stop);
    const bool is_one_of_many = each.of->own && !each.on_disk->changing() && !each.on_disk->owes_reload();
    if (!why.empty() && (!is_one_of_many || stop.stop_requested())) return why;
    if (why.empty()) passed.push_back(std::move(each));
    else leave_out(each, std::move(why), planned);
  }
  planned.todo = std::move(passed);
  return {};
}

std::string applier::why_not_passed(const change& each, const common::command_surroundings& around,
                                    const std::stop_token& stop) {
  if (!each.candidate || !each.of->options.check) return {};
  auto with = around;
  with.environment["DRCON_FILE"] = each.candidate->name();
  const auto how = carry_out(*each.of->options.check, each.candidate->name(), with, stop);
  if (how.why.empty()) return {};
  return each.on_disk->path() + " stays as it was, since the check of the new one failed: " + how.why;
}

void applier::leave_out(const change& each, std::string why, plan_of_all& planned) {
  const auto path = each.on_disk->path();
  host_.refused(path, std::string(), why);
  if (each.of->behind.empty()) each.of->behind = why;
  if (planned.retried.empty()) planned.retried = std::move(why);
  planned.keeps_sides.insert(each.of);
  --planned.ours;
  if (!each.on_disk->live()) each.of->files.erase(path);  // it is not ours before it is written
}

outcome applier::bring_about(std::vector<change>& todo, const common::command_surroundings& around,
                             const std::stop_token& stop) {
  for (auto& each : todo) {
    if (!each.candidate && !each.goes) continue;
    auto& on_disk = *each.on_disk;
    if (auto why = each.goes ? on_disk.take_away() : on_disk.put(*each.candidate, each.bytes); !why.empty())
      return take_back(todo, why, around, {});
    on_disk.make_durable();
  }
  if (reload_) {
    const auto how = carry_out(*reload_, {}, around, stop);
    const auto& why = how.why;
    // A reader that starts later finds the new files; one that is about to listen gets the signal at the next retry.
    if (how.nobody) {
      note_in_place(todo);
      return retry(why + ", so there is no process to signal; the files are written, and the signal is sent later");
    }
    // Stopped in the middle: whether the reader was reloaded is not known. The next start finds the change unconfirmed,
    // and reloads again.
    if (!why.empty() && stop.stop_requested()) return retry("stopped while the reload was under way");
    reload_failed_ = !why.empty();
    if (reload_failed_ && only_owes_reload(todo)) {
      note_in_place(todo);
      return retry(why + "; the files are as desired, but what is loaded is not known; the reload is retried");
    }
    if (reload_failed_ && is_first(todo)) {
      note_in_place(todo);
      return retry(why +
                   "; the files are new, so there is nothing to go back to: they stay, and the reload is retried");
    }
    if (reload_failed_) return take_back(todo, why, around, stop);
    host_.count("reloads_total", "Times the reload command ran, or the signal was sent, with success.");
  }
  for (auto& each : todo) {
    if (each.on_disk->changing()) each.on_disk->settle(each.of->options.backup && !each.goes);
    each.on_disk->reloaded();
  }
  are_in_place_ = true;
  ++changes_;
  return ok();
}

// The files are as desired, though the reload has failed. A program that drcon keeps may be the one that the reload
// needs.
void applier::note_in_place(const std::vector<change>& todo) {
  are_in_place_ = true;
  if (std::ranges::any_of(todo, [](const change& each) { return each.candidate.has_value() || each.goes; })) ++changes_;
}

// No file changes: the program that reads them is to be reloaded since an earlier reload failed.
bool applier::only_owes_reload(const std::vector<change>& todo) {
  return std::ranges::none_of(todo, [](const change& each) { return each.on_disk->changing(); });
}

// None of these files was there before. The program that reads them may be waiting for them before it can run, and
// before it runs no reload can succeed: to remove them would make both wait for each other.
bool applier::is_first(const std::vector<change>& todo) {
  return std::ranges::none_of(todo, [](const change& each) { return each.on_disk->replaces(); });
}

// Restores every file, and reloads the reader, which may have read the new ones. Where that fails as it did with the
// change, the files that were not there before are put in place again.
outcome applier::take_back(const std::vector<change>& todo, const std::string& why,
                           const common::command_surroundings& around, const std::stop_token& stop) {
  std::vector<const change*> new_ones;
  for (const auto& each : todo)
    if (each.on_disk->changing() && !each.on_disk->replaces()) new_ones.push_back(&each);
  std::string faults;
  for (const auto& each : todo) {
    if (!each.on_disk->changing()) continue;
    // Before the old content is back: afterwards the file itself would not show that the reader may have read another.
    if (reload_)
      if (const auto fault = each.on_disk->owe_reload(); !fault.empty())
        host_.warn("a restart of drcon would forget that a reload is owed: " + fault);
    if (const auto fault = each.on_disk->restore(); !fault.empty()) faults += "; " + fault;
  }
  if (!faults.empty()) return retry(why + "; and the old files could not be put back" + faults);
  if (!reload_) return retry(why + "; the old files stay");
  // Where a file was not there before, the program would have to start without it.
  are_in_place_ = reload_failed_ && new_ones.empty();
  const auto again = carry_out(*reload_, {}, around, stop);
  if (again.why.empty()) {
    for (const auto& each : todo) each.on_disk->reloaded();
    return retry(why + "; the old files are back, and were reloaded");
  }
  const auto both_failed =
      why + "; the old files are back, and reloading them failed as well, so what is loaded is not known";
  if (!reload_failed_ || new_ones.empty()) return retry(both_failed + "; the reload is retried");
  // It fails without the new ones, too, so they are not what it fails for: the program may be waiting for them before
  // it can run.
  for (const auto* each : new_ones)
    if (const auto fault = each->on_disk->write(each->bytes); !fault.empty()) return retry(both_failed + "; " + fault);
  are_in_place_ = true;
  ++changes_;
  return retry(both_failed + "; the files that were not there before stay, and the reload is retried");
}

common::command_surroundings applier::surroundings_of(const std::vector<change>& todo,
                                                      const desired_state& desired) const {
  const bool anybody =
      reload_ || std::ranges::any_of(todo, [](const change& each) { return each.of->options.check.has_value(); });
  if (!anybody) return {};
  std::vector<std::string> paths;
  for (const auto& each : todo) paths.push_back(each.on_disk->path());
  json services = json::array();
  for (const auto& each : desired.services) services.push_back(json_of(each));
  const json input = {{"sink", sink_},
                      {"revision", desired.revision},
                      {"files", paths},
                      {"added", desired.added},
                      {"changed", desired.changed},
                      {"removed", desired.removed},
                      {"services", std::move(services)}};
  return {.environment = environment_of(sink_, desired, paths),
          .input = input.dump(-1, ' ', false, json::error_handler_t::replace) + "\n"};
}

void applier::show() {
  if (!failure_.empty()) return host_.status_away(failure_);
  if (!kept_out_.empty()) return host_.status_degraded("the next change will fail: " + kept_out_);
  for (const auto& each : entries_)
    if (!each.template_fault.empty()) return host_.status_degraded(each.template_fault);
  for (const auto& each : entries_)
    if (!each.kept.empty()) {
      const auto& [service, loss] = *each.kept.begin();
      return host_.status_degraded(each.options.path + ": " + common::kept_because_of("service " + service, loss));
    }
  for (const auto& each : entries_)
    if (!each.behind.empty()) return host_.status_degraded(each.behind);
  std::size_t count = 0;
  for (const auto& each : entries_) count += each.files.size();
  host_.status_ok(std::to_string(count) + (count == 1 ? " file" : " files") +
                  (also_shown_.empty() ? "" : "; " + also_shown_));
}

void applier::show_also(const std::string& text) {
  if (std::exchange(also_shown_, text) != text) show();
}

}  // namespace drcon::templates
