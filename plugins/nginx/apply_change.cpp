// The steps of one change, from the file to a nginx that serves it, or back.
#include "nginx/apply.hpp"

#include "common/count_of.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>
#include <utility>

namespace drcon::nginx {
namespace {

using clock = std::chrono::steady_clock;

// How long nginx -t waits for the first answer of the new generation: both need the CPU, and the reload matters more.
constexpr auto check_waits = std::chrono::milliseconds(50);

std::string in_ms(double seconds) { return " (" + std::to_string(std::lround(seconds * 1000)) + " ms)"; }

double seconds_since(clock::time_point start) { return std::chrono::duration<double>(clock::now() - start).count(); }

}  // namespace

// In mode "live" the file has the shape, and the servers go through the socket once nginx serves that shape. Where this
// is not possible, the servers go into the file: it is as if the mode were "reload", until live_mode tries again.
outcome applier::bring_about(const std::vector<upstream>& all, std::optional<rendered> made,
                             const std::stop_token& stop) {
  // What the file of peers has may be older than what changes by file brought meanwhile, and nginx would serve it as
  // soon as it loads the module.
  if (is_live() && !is_include(file_.live().value_or(std::string()))) {
    if (const auto why = live_->keep_for_start(all, last_, form_); !why.empty()) {
      live_->suspend(why);
      made.reset();
    }
  }
  auto how = bring_about_by_file(all, std::move(made), stop);
  if (!is_live()) return how;
  // A module that was taken from nginx makes it refuse the file that is there already.
  const bool lacks_lua = how.result == DRCON_RETRY && how.why.find("lua") != std::string::npos;
  const bool refused = check_refused_ && (how.result == DRCON_REJECTED || lacks_lua);
  if (how.result == DRCON_OK) {
    auto sent = live_->send(all, last_, form_, stop);
    if (sent.possible) return std::move(sent.how);
    live_->suspend(sent.how.why);
  } else if (refused) {
    live_->suspend(how.why);
  } else {
    keep_for_later(all);
    return how;
  }
  auto by_file = bring_about_by_file(all, {}, stop);
  if (refused && check_refused_) live_->resume();  // nginx takes neither: the mode was not the reason
  return by_file;
}

// An nginx that is started later has the servers of now, not those of when it ended; and so has one that stalls.
void applier::keep_for_later(const std::vector<upstream>& all) {
  std::string ignored;
  if ((nginx_.master(ignored) && !out_of_reach_) || !is_include(file_.live().value_or(std::string()))) return;
  if (const auto why = live_->keep_for_start(all, last_, form_); !why.empty()) host_.warn(why);
}

// From upstreams to a nginx that serves them.
//
// A change of shape is checked by nginx -t before nginx is signalled. Where only servers differ from what nginx
// accepted before, the signal goes first: nginx's master checks for itself and keeps its workers when it refuses. nginx
// -t, which costs more than everything else together, then runs beside the reload and gives the reason of a refusal.
outcome applier::bring_about_by_file(const std::vector<upstream>& all, std::optional<rendered> made,
                                     const std::stop_token& stop) {
  check_refused_ = false;
  check_timed_out_ = false;
  refusal_.clear();
  met_obstacle_ = false;
  out_of_reach_ = false;
  warning_.clear();
  const auto next = made ? std::move(*made) : render_all(all);
  const bool written = file_.live() == next.bytes;
  const auto served =
      written ? served_generation_.is(next, form_.listener, file_.path()) : served_generation::answer::no;
  // Of a nginx that stalls nobody knows what it has loaded. To reload it would only add to its load.
  out_of_reach_ = served == served_generation::answer::unknown;
  if (out_of_reach_)
    return retry("nginx does not answer on drcon's listener, so that it is not known whether it serves " +
                 file_.path() + ": do its workers answer requests? It is asked again, and is not reloaded for this");
  if (served == served_generation::answer::yes) {
    if (file_.changing()) file_.settle();
    // Nothing is to be done, so that nothing fails: what would fail at the next change is reported before it comes.
    if (const auto why = nginx_.fault_of_next_change(); !why.empty()) warning_ = "the next change will fail: " + why;
    return ok();
  }
  if (const auto why = why_too_soon(stop); !why.empty()) return retry(why);
  if (!written)
    if (const auto why = write(next.bytes); !why.empty()) return retry(why);
  auto names = names_of(all);
  const bool judge_first = !options_.form.user_template.empty() || taken_ != names;
  taken_.reset();
  if (judge_first)
    if (const auto verdict = judge(stop); !verdict.ok) return refused(verdict, stop);
  auto how = reload(next, judge_first, stop);
  if (how.result == DRCON_OK && warning_.empty()) taken_ = std::move(names);
  return how;
}

std::string applier::write(const std::string& bytes) {
  const auto start = clock::now();
  auto why = file_.write(bytes);
  const auto took = seconds_since(start);
  host_.observe("write_seconds", "Duration of writing the file, with fsync.", took);
  host_.debug("writes " + file_.path() + ": " + (why.empty() ? "done" : why) + in_ms(took));
  if (why.empty()) host_.count("writes_total", "How often the file was written.");
  return why;
}

target::verdict applier::judge(const std::stop_token& stop) {
  file_.make_durable();
  const auto start = clock::now();
  auto verdict = nginx_.check(stop);
  const auto took = seconds_since(start);
  host_.observe("check_seconds", "Duration of nginx -t.", took);
  host_.debug("asks nginx -t: " + (verdict.ok ? "it takes it" : verdict.why) + in_ms(took));
  check_refused_ = verdict.judged && !verdict.ok;
  check_timed_out_ = verdict.timed_out;
  refusal_ = check_refused_ ? verdict.why : std::string();
  if (!verdict.ok) host_.count("checks_failed_total", "How often nginx -t did not pass.");
  return verdict;
}

// nginx -t did not pass. Was it the change? If the file was there before, the fault is in nginx's own configuration; if
// nginx -t could not be run, nothing is known; else the change is refused.
outcome applier::refused(const target::verdict& verdict, const std::stop_token& stop) {
  if (!file_.changing())
    return retry((verdict.judged ? "nginx -t fails: " : "nginx cannot be asked: ") + verdict.why + "; " + file_.path() +
                 " is as desired, and nginx is reloaded once that is fixed");
  if (verdict.judged) return put_back(verdict.why, cause::change, stop);
  if (const auto fault = file_.restore(); !fault.empty())
    return retry(verdict.why + "; and the old file cannot be put back: " + fault);
  return retry("nginx cannot be asked: " + verdict.why + "; the old file is back until it can");
}

// The old file again. When nginx does not take that either, its own configuration is broken, and the change waits.
outcome applier::put_back(const std::string& why, cause at_fault, const std::stop_token& stop) {
  if (const auto fault = file_.restore(); !fault.empty())
    return retry(why + "; and the old file cannot be put back: " + fault);
  host_.count("rollbacks_total", "How often the old file was put back.");
  const auto old = nginx_.check(stop);
  if (!old.ok)
    return retry("nginx -t fails even with the previous file: " + old.why +
                 "; the old file is back, and the change is applied once the configuration is fixed");
  if (at_fault == cause::change) return rejected("nginx refuses it: " + why + "; the old file is back");
  std::string ignored;
  if (const auto master = nginx_.master(ignored)) nginx_.reload(*master);
  if (at_fault == cause::unknown) return rejected("nginx does not take it: " + why + "; the old file is back");
  return retry("nginx does not take it, though nginx -t finds no fault in it: " + why +
               "; the old file is back, and the change is retried");
}

// Waits until nginx may be signalled to reload again. Why it may not, or empty.
std::string applier::why_too_soon(const std::stop_token& stop) {
  const auto next = signalled_ + options_.reload_interval;
  while (clock::now() < next && !stop.stop_requested())
    std::this_thread::sleep_for(std::min<clock::duration>(next - clock::now(), std::chrono::milliseconds(20)));
  if (stop.stop_requested()) return "stopped before the change was made";
  if (options_.max_generations == 0 || !master_) return {};
  retirement_.look(*master_);
  if (retirement_.generations() < options_.max_generations) return {};
  return "waiting: " + common::count_of(retirement_.generations(), "earlier generation") +
         " of nginx still serving connections, and max_generations is " + std::to_string(options_.max_generations) +
         "; the change is applied when one of them ends, and worker_shutdown_timeout limits how long that takes";
}

outcome applier::reload(const rendered& next, bool judged, const std::stop_token& stop) {
  std::string why;
  const auto master = nginx_.master(why);
  if (!master || is_ending(*master)) {
    if (!judged)
      if (const auto verdict = judge(stop); !verdict.ok) return refused(verdict, stop);
    if (master) return leave_to_next_start();
    return retry("nginx does not run (" + why + "), or pid_file is wrong: compare it with the pid line of nginx -T. " +
                 file_.path() + " is written, and waits for it");
  }
  // One that was started since it was asked has loaded the file by itself.
  if (master != std::exchange(master_, master) && serves(next)) return ok();
  retirement_.look(*master);
  const served_generation::change change(served_generation_, next, form_.listener, *master, retirement_.overdue());
  const auto start = clock::now();
  if (auto fault = nginx_.reload(*master); !fault.empty()) return retry(std::move(fault));
  signalled_ = start;
  retirement_.begin(change.before());
  host_.count("reloads_total", "How often nginx was signalled to reload.");
  if (!judged) {
    change.wait_begun(check_waits, stop);
    const auto verdict = judge(stop);
    if (!verdict.ok && !change.begun()) return refused(verdict, stop);
    if (!verdict.ok) warning_ = "nginx serves the change, but could not be started again: " + verdict.why;
  }
  if (change.wait_begun(options_.confirm_timeout, stop)) {
    const auto first_answer = seconds_since(start);
    host_.observe("first_answer_seconds", "From the signal to the first answer of the new generation.", first_answer);
    host_.debug("signalled master " + std::to_string(*master) + " to reload: generation " + next.generation +
                " answers" + in_ms(first_answer));
    // nginx's master takes no other signal before it has signalled the old workers to stop, so that this wait costs the
    // next change nothing; and who waits for "applied" before he ends a server wants no old worker to send requests
    // there. One that does not stop must hold back nothing: the new generation serves.
    const bool alone = change.wait_complete(options_.retire_timeout, stop);
    if (!alone && stop.stop_requested()) return retry("stopped before nginx had confirmed");
    // It answered, and does so no more: somebody else has reloaded nginx, or its workers have died.
    if (!alone && !change.begun()) return unconfirmed(next, stop);
    if (alone)
      host_.observe("reload_seconds", "From the signal to a new generation that serves alone.", seconds_since(start));
    else retirement_.give_up_waiting(change.awaited());
    if (alone || !form_.listener) served_generation_.remember(next, *master);
    file_.settle();
    return ok();
  }
  if (stop.stop_requested()) return retry("stopped before nginx had confirmed");
  return is_ending(*master) ? leave_to_next_start() : unconfirmed(next, stop);
}

bool applier::serves(const rendered& next) {
  if (served_generation_.is(next, form_.listener, file_.path()) != served_generation::answer::yes) return false;
  if (file_.changing()) file_.settle();
  return true;
}

// A master that is shutting down takes no other signal. Its listener shows it, since new workers that all died would
// leave the same workers: it is the master that has closed that.
bool applier::is_ending(pid_t master) const {
  if (!form_.listener || !nginx_.workers(master).empty()) return false;
  const auto found = nginx_.generation(*form_.listener);
  return !found.body && !found.is_late;
}

outcome applier::leave_to_next_start() {
  out_of_reach_ = true;
  return retry("nginx is about to end, and finishes its last connections: " + file_.path() +
               " is written, and waits for it to be started again");
}

outcome applier::unconfirmed(const rendered& next, const std::stop_token& stop) {
  const auto why = why_unconfirmed(next, stop);
  check_refused_ = !nginx_.settings().ask_program;  // nobody else could have refused it
  if (!file_.changing()) return retry(why);
  // nginx -t was asked before, and found no fault: a port is taken, for example, which it does not notice.
  met_obstacle_ = !check_refused_;
  auto back = put_back(why, met_obstacle_ ? cause::outside : cause::unknown, stop);
  // Perhaps nginx could not listen on the port: another one is chosen next time. A port that the old file names as well
  // has served before, and stays.
  if (options_.listen.port() == 0 && !recall_port(file_.live().value_or(std::string()))) form_.listener.reset();
  return back;
}

std::string applier::why_unconfirmed(const rendered& next, const std::stop_token& stop) const {
  if (nginx_.includes(file_.path(), next.generation, stop) == false)
    return nginx_.settings().config + " does not include " + file_.path() + ", so nginx never reads it";
  return "nginx was signalled to reload, but the new configuration did not begin to serve within " +
         std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(options_.confirm_timeout).count()) +
         " ms; nginx's error log says why, and so may nginx -t as root: a fault elsewhere in its configuration and a "
         "port "
         "that is taken are common reasons";
}

}  // namespace drcon::nginx
