#include "nginx/apply.hpp"

#include "nginx/free_port.hpp"
#include "nginx/host_names.hpp"
#include "nginx/keep_last_servers.hpp"
#include "nginx/own_upstreams.hpp"

#include <algorithm>
#include <utility>

namespace drcon::nginx {

applier::applier(apply_settings options, target nginx, context host)
    : options_(std::move(options)),
      nginx_(std::move(nginx)),
      host_(host),
      file_(options_.file, {.new_mode = options_.mode}),
      served_generation_(nginx_),
      form_(options_.form),
      retirement_(nginx_) {
  if (options_.live) live_ = std::make_unique<live_mode>(*options_.live, nginx_, host_, options_.confirm_timeout);
}

// Reads what is there. False when that is not possible, with the reason.
bool applier::look(std::string& why, const std::stop_token& stop) {
  why = file_.look();
  if (!why.empty()) return false;
  ask_version(stop);
  if (!learned_) learn(file_.live().value_or(std::string()));
  if (options_.use_listener && !form_.listener) choose_listener();
  return true;
}

// What is written in the built-in form depends on the version at two places.
void applier::ask_version(const std::stop_token& stop) {
  if (!form_.user_template.empty() || (form_.keepalive != 0 && form_.sticky.empty())) return;
  const auto version = version_.of(nginx_, stop);
  // While its program cannot be asked, such as for a time during an upgrade, what was written for it stays: a change of
  // this alone would be a reload, and another one back.
  const bool kept_none =
      nginx_.settings().ask_program && !version_.has_answered() && keeps_none(file_.live().value_or(std::string()));
  form_.keeps_by_default = form_.keepalive == 0 && (version ? *version >= keeps_connections_by_default : kept_none);
  // An unknown one is taken at its user's word: what it does not take, it refuses, and the old file stays.
  form_.can_stick = !version || *version >= has_sticky;
}

// Once, at the first look: takes over what an earlier run of drcon left.
void applier::learn(const std::string& file) {
  learned_ = true;
  last_ = recall(file);
  served_ = recall_names(file);
  if (live_) live_->learn(file_);
  // In mode "live" the servers in the file are those of the last change of shape. That is so after the mode was
  // changed, too.
  if (is_include(file))
    if (auto known = peers_beside(file_)) last_ = std::move(known->servers);
  if (form_.by_variable) served_ = names_in(last_);
  file_.find_unfinished();
}

rendered applier::render_all(const std::vector<upstream>& all) const {
  return is_live() ? live_->render(all, last_, form_, file_.live().value_or(std::string())) : render(all, last_, form_);
}

void applier::choose_listener() {
  auto endpoint = options_.listen;
  if (endpoint.port() == 0) endpoint.port(recall_port(file_.live().value_or(std::string())).value_or(0));
  if (endpoint.port() == 0) endpoint.port(free_port(endpoint.address(), options_.file));
  form_.listener = endpoint;
}

std::set<std::string> applier::vanished(const std::vector<upstream>& desired) const {
  std::set<std::string> names;
  for (const auto& [name, servers] : last_) names.insert(name);
  for (const auto& each : desired) names.erase(each.name);
  return names;
}

std::vector<upstream> applier::to_render(const std::vector<upstream>& desired) const {
  auto all = desired;
  for (const auto& name : retained_)
    if (std::ranges::none_of(desired, [&](const upstream& each) { return each.name == name; }))
      all.push_back({.name = name, .servers = {}, .refused = {}});
  std::ranges::sort(all, {}, &upstream::name);
  return with_last_servers(std::move(all), last_);
}

void applier::remember(const std::vector<upstream>& desired) {
  const auto gone = vanished(desired);
  for (const auto& name : gone)
    if (!retained_.contains(name)) last_.erase(name);
  // Of a service that keeps its last servers these stay the measure: what comes and goes meanwhile must not add to
  // them.
  for (const auto& each : desired)
    if (!each.servers.empty() && !loss_of(each, last_).keeps_last()) last_[each.name] = each.servers;
}

outcome applier::apply(const std::vector<upstream>& desired, bool fresh, const std::stop_token& stop) {
  const auto kept_out = file_.lock(std::string(host_.name()));
  std::string why;
  master_ = nginx_.master(why);  // before it is asked what it serves: one that is started meanwhile is asked again
  if (!look(why, stop)) return retry(why);
  if (!kept_out.empty()) return judge_without_touching(desired, kept_out);
  if (live_) live_->begin();
  if (fresh) retained_.clear();
  auto settled = settle_claims(desired, served_);
  auto& admitted = settled.admitted;
  left_out omitted;
  auto how = bring_about_or_retain(admitted, leave_out_own_upstreams(admitted, omitted), stop);
  // Anybody who may register a service could otherwise hold up all others, by the name of an upstream that nginx's own
  // configuration has, or by a host name that does not resolve. nginx -t names one of them at a time.
  host_name_search search;
  while (how.result != DRCON_OK && !stop.stop_requested()) {
    if (!leave_out_what_cannot_be(admitted, how, search, omitted, stop)) break;
    how = bring_about_or_retain(admitted, {}, stop);
  }
  // The new file was refused, by nginx -t or by the master, and then the old one was taken. Who has corrected nginx's
  // own configuration in between would find the change refused for good: it is judged once more. A port that could not
  // be confirmed is chosen again first: without one, nginx would be taken to serve what it never read.
  if ((how.result == DRCON_REJECTED || met_obstacle_) && nginx_.settings().ask_program && !stop.stop_requested()) {
    if (!look(why, stop)) return retry(why);
    how = bring_about_or_retain(admitted, {}, stop);
  }
  if (how.result != DRCON_OK) return how;
  served_ = names_of(to_render(admitted));
  remember(admitted);
  leave_out(settled.left_out);
  report(omitted, admitted);
  report_kept(admitted);
  return how;
}

// False when nothing of it can be left out. nginx -t may wait for the resolver for seconds at each host name, or for
// longer than it may take at all: it names some, then all are looked up at once; and where that does not find what
// nginx does not, as in a container with another resolver, all host names of this change are left out.
bool applier::leave_out_what_cannot_be(std::vector<upstream>& all, const outcome& how, host_name_search& search,
                                       left_out& into, const std::stop_token& stop) {
  // A name that has resolved before may be in the old file, too: nginx -t refuses both then, and the old one is no
  // better.
  const bool names_host = check_refused_ && is_of_host_name(refusal_);
  if (!names_host && !check_timed_out_)
    return check_refused_ && how.result == DRCON_REJECTED && leave_out_what_is_named(all, last_, how.why, into);
  const bool goes_on =
      std::chrono::steady_clock::now() < search.until && ++search.named <= host_name_search::most_named;
  if (names_host && goes_on) return leave_out_what_is_named(all, last_, refusal_, into);
  const auto names = host_names_of(all, last_);
  if (names.empty()) return false;
  std::map<std::string, std::string> faults;
  if (!std::exchange(search.are_looked_up, true)) faults = unresolved(names, host_name_search::patience, stop);
  if (faults.empty() && !names_host) return false;  // it may take long for another reason
  if (faults.empty())
    for (const auto& name : names)
      faults[name] = "nginx -t has not found others of the host names in time, so that none of this change is used";
  search.named = 0;
  search.until = std::chrono::steady_clock::now() + host_name_search::patience;
  return leave_out_host_names(all, last_, faults, into);
}

bool applier::is_as_left() {
  std::string ignored;
  const auto now = nginx_.master(ignored);
  return now && now == master_ && file_.is_untouched() && (!live_ || live_->is_as_left());
}

// Where nginx's master alone judges: it does not say which upstream it has twice, so that its configuration is read.
// What was rendered to compare them, when that stays as it is.
std::optional<rendered> applier::leave_out_own_upstreams(std::vector<upstream>& admitted, left_out& into) const {
  if (nginx_.settings().ask_program) return {};
  const auto own = own_upstreams(nginx_.settings().config, file_.path());
  if (own.empty()) return {};
  auto made = render_all(to_render(admitted));
  bool any = false;
  for (const auto& name : upstreams_in(made.bytes))
    if (own.contains(name))
      any |= leave_out_service(admitted, name,
                               "duplicate upstream \"" + name + "\": " + nginx_.settings().config +
                                   ", or a file that it includes, has one of that name, or passes requests to a "
                                   "host of that name at a port",
                               into);
  if (any) return {};
  return made;
}

// Somebody else writes this file. What it holds is to be learned again once that one has ended.
outcome applier::judge_without_touching(const std::vector<upstream>& desired, const std::string& kept_out) {
  const auto settled = settle_claims(desired, served_);
  const auto all = to_render(settled.admitted);
  const auto next = render_all(all);
  // In mode "live" the file has the shape only: the servers are where the other sink sent them.
  const bool as_desired = file_.live() == next.bytes &&
                          served_generation_.is(next, form_.listener, file_.path()) == served_generation::answer::yes &&
                          (!is_live() || live_->serves(live_->peers(all, last_, form_)));
  learned_ = false;
  if (live_) live_->forget();
  form_.listener.reset();
  if (!as_desired) return retry(kept_out);
  leave_out(settled.left_out);
  remarks_.reset();
  host_.status_degraded("the next change will fail: " + kept_out);
  return ok();
}

outcome applier::bring_about_or_retain(const std::vector<upstream>& desired, std::optional<rendered> made,
                                       const std::stop_token& stop) {
  const auto gone = vanished(desired);
  auto how = bring_about(to_render(desired), std::move(made), stop);
  if (!check_refused_ || gone.empty() || !retained_.empty()) return how;
  // Something in nginx's own configuration may name a service that has vanished. Its block is kept then, or that one
  // service would block every later change. Whether nginx accepted the old file does not matter: it may be damaged.
  retained_ = gone;
  retained_why_ = how.why;
  auto again = bring_about(to_render(desired), {}, stop);
  if (!check_refused_) return again;
  retained_.clear();  // they are not the reason: the first answer stands
  return how;
}

std::vector<applier::shown> applier::preview(const std::vector<upstream>& desired) const {
  applier other(options_, nginx_, host_);  // shares nothing with an apply under way
  if (live_) other.live_->set_on(live_->is_on());
  std::string why;
  const bool readable = other.look(why, {});
  if (!other.learned_) other.learn({});
  if (options_.use_listener && !other.form_.listener) other.choose_listener();
  const auto all = with_last_servers(settle_claims(desired, other.served_).admitted, other.last_);
  std::vector<shown> files{{.path = options_.file, .desired = other.render_all(all).bytes, .now = {}}};
  if (readable) files.front().now = other.file_.live().value_or(std::string());
  if (!other.is_live()) return files;
  files.push_back({.path = other.live_->peers_file(),
                   .desired = other.live_->peers(all, other.last_, other.form_),
                   .now = other.live_->kept_text().value_or(std::string())});
  // Not to be changed, but to be seen by whoever asks for one endpoint.
  if (auto counted = other.live_->counted(); !counted.empty())
    files.push_back({.path = "nginx's workers", .desired = counted, .now = counted});
  return files;
}

}  // namespace drcon::nginx
