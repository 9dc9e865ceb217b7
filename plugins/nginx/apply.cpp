#include "nginx/apply.hpp"

#include "nginx/keep.hpp"
#include "nginx/own_upstreams.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <strings.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>

namespace drcon::nginx {
namespace {

using clock = std::chrono::steady_clock;
using boost::asio::ip::tcp;

// How long nginx -t waits for the first answer of the new generation: both need the CPU, and the reload matters more.
constexpr auto check_waits = std::chrono::milliseconds(50);

std::string in_ms(double seconds) { return " (" + std::to_string(std::lround(seconds * 1000)) + " ms)"; }

double seconds_since(clock::time_point start) { return std::chrono::duration<double>(clock::now() - start).count(); }

// Below what Linux hands out to outgoing connections (from 32768) and Nomad to its jobs (from 20000): a port that
// somebody holds when nginx is started would keep it from starting.
constexpr std::uint16_t first_port = 16000;
constexpr std::uint16_t port_count = 4000;

// A port that is free now, the same for the same file when it can be. Another program may take it before nginx does:
// then the reload is refused and put back, and another one is chosen.
std::uint16_t free_port(const boost::asio::ip::address& address, const std::string& file) {
  boost::asio::io_context context;
  const auto start = std::hash<std::string>{}(file);
  for (std::size_t i = 0; i < port_count; ++i) {
    const auto port = static_cast<std::uint16_t>(first_port + (start + i) % port_count);
    boost::system::error_code error;
    tcp::acceptor probe(context);
    probe.open(tcp::endpoint(address, port).protocol(), error);
    probe.set_option(tcp::acceptor::reuse_address(true), error);
    probe.bind({address, port}, error);
    if (!error) probe.listen(1, error);
    if (!error) return port;
  }
  throw std::runtime_error("no free port for confirm_listen between " + std::to_string(first_port) + " and " +
                           std::to_string(first_port + port_count - 1) + " at " + address.to_string());
}

std::set<std::string> names_of(const std::vector<upstream>& all) {
  std::set<std::string> names;
  for (const auto& each : all) names.insert(each.name);
  return names;
}

// nginx does not distinguish case.
bool are_same(const std::string& one, const std::string& other) {
  return ::strcasecmp(one.c_str(), other.c_str()) == 0;
}

// What stands in quotes after `mark`; empty when the mark is not there.
std::string quoted_after(const std::string& mark, const std::string& text) {
  const auto found = text.find(mark + "\"");
  if (found == std::string::npos) return {};
  const auto begin = found + mark.size() + 1;
  return text.substr(begin, text.find('"', begin) - begin);
}

// Takes a service off, for nginx has an upstream of that name already. False when there is none.
bool leave_out_service(std::vector<upstream>& all, const std::string& name, const std::string& why, left_out& into) {
  const auto found = std::ranges::find_if(all, [&](const upstream& each) { return are_same(each.name, name); });
  if (found == all.end()) return false;
  into.services.emplace(found->name, why);
  all.erase(found);
  return true;
}

// Takes the endpoints at an address off, for nginx cannot resolve its host name. False when there is none.
bool leave_out_address(std::vector<upstream>& all, const std::string& address, const std::string& why, left_out& into) {
  const auto before = into.endpoints.size();
  for (auto& each : all)
    std::erase_if(each.servers, [&](const server& one) {
      if (!are_same(one.address, address)) return false;
      into.endpoints.emplace(std::pair(each.name, one.endpoint), why);
      each.refused.push_back(one);
      return true;
    });
  return into.endpoints.size() > before;
}

// Likewise of the servers that are kept for services without endpoints. False when there is none.
bool forget_address(memory& last, const std::string& address) {
  std::size_t count = 0;
  for (auto& [name, servers] : last)
    count += std::erase_if(servers, [&](const server& one) { return are_same(one.address, address); });
  return count > 0;
}

}  // namespace

applier::applier(apply_settings options, target nginx, context host)
    : options_(std::move(options)),
      nginx_(std::move(nginx)),
      host_(host),
      file_(options_.file, {.new_mode = options_.mode}),
      serving_(nginx_),
      form_(options_.form) {}

// Reads what is there. False when that is not possible, with the reason.
bool applier::look(std::string& why) {
  why = file_.look();
  if (!why.empty()) return false;
  if (!learned_) learn(file_.live().value_or(std::string()));
  if (options_.use_listener && !form_.listener) choose_listener();
  return true;
}

// Once, at the first look: takes over what an earlier run of drcon left.
void applier::learn(const std::string& file) {
  learned_ = true;
  last_ = recall(file);
  served_ = recall_names(file);
  file_.find_unfinished();
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
  if (!look(why)) return retry(why);
  if (!kept_out.empty()) return judge_without_touching(desired, kept_out);
  if (fresh) retained_.clear();
  auto settled = settle_claims(desired, served_);
  auto& admitted = settled.admitted;
  left_out omitted;
  if (!nginx_.settings().ask_program) leave_out_own_upstreams(admitted, omitted);
  auto how = bring_about_or_retain(admitted, stop);
  // Anybody who may register a service could otherwise hold up all others, by the name of an upstream that nginx's own
  // configuration has, or by a host name that does not resolve. nginx -t names one of them at a time.
  while (how.result == DRCON_REJECTED && check_refused_ && !stop.stop_requested()) {
    const auto name = quoted_after("duplicate upstream ", how.why);
    const auto address = quoted_after("host not found in upstream ", how.why);
    const bool is_known =
        !name.empty() ? leave_out_service(admitted, name, how.why, omitted)
                      : leave_out_address(admitted, address, how.why, omitted) || forget_address(last_, address);
    if (!is_known) break;
    how = bring_about_or_retain(admitted, stop);
  }
  // The new file was refused, and then the old one was taken. Who has corrected nginx's own configuration in between
  // would find the change refused for good: it is judged once more.
  if (how.result == DRCON_REJECTED && check_refused_ && nginx_.settings().ask_program && !stop.stop_requested())
    how = bring_about_or_retain(admitted, stop);
  if (how.result != DRCON_OK) return how;
  served_ = names_of(to_render(admitted));
  remember(admitted);
  leave_out(settled.left_out);
  report(omitted, admitted);
  report_kept(admitted);
  return how;
}

bool applier::is_as_left() {
  std::string ignored;
  const auto now = nginx_.master(ignored);
  return now && now == master_ && file_.is_untouched();
}

// nginx's master does not say which upstream it has twice, so that its configuration is read.
void applier::leave_out_own_upstreams(std::vector<upstream>& admitted, left_out& into) const {
  const auto own = own_upstreams(nginx_.settings().config, file_.path());
  if (own.empty()) return;
  for (const auto& name : upstreams_in(render(admitted, last_, form_).bytes))
    if (own.contains(name))
      leave_out_service(admitted, name,
                        "duplicate upstream \"" + name + "\": " + nginx_.settings().config +
                            ", or a file that it includes, has one of that name",
                        into);
}

// Somebody else writes this file. What it holds is to be learned again once that one has ended.
outcome applier::judge_without_touching(const std::vector<upstream>& desired, const std::string& kept_out) {
  const auto settled = settle_claims(desired, served_);
  const auto next = render(to_render(settled.admitted), last_, form_);
  const bool as_desired = file_.live() == next.bytes && serving_.is(next, form_.listener, file_.path());
  learned_ = false;
  form_.listener.reset();
  if (!as_desired) return retry(kept_out);
  leave_out(settled.left_out);
  host_.status_degraded("the next change will fail: " + kept_out);
  return ok();
}

outcome applier::bring_about_or_retain(const std::vector<upstream>& desired, const std::stop_token& stop) {
  const auto gone = vanished(desired);
  auto how = bring_about(to_render(desired), stop);
  if (!check_refused_ || gone.empty() || !retained_.empty()) return how;
  // Something in nginx's own configuration may name a service that has vanished. Its block is kept then, or that one
  // service would block every later change. Whether nginx accepted the old file does not matter: it may be damaged.
  retained_ = gone;
  retained_why_ = how.why;
  auto again = bring_about(to_render(desired), stop);
  if (!check_refused_) return again;
  retained_.clear();  // they are not the reason: the first answer stands
  return how;
}

void applier::leave_out(const std::map<std::string, std::string>& services) const {
  for (const auto& [name, why] : services) host_.refused(name, {}, why);
}

// Requests for such a service go to servers that are gone, as far as the registry knows.
void applier::report_kept(const std::vector<upstream>& admitted) const {
  std::size_t count = 0;
  for (const auto& each : admitted) {
    const bool too_few_left = loss_of(each, last_).keeps_last();
    count += too_few_left ? 1 : 0;
    if (too_few_left || !each.servers.empty() || form_.empty != empty_policy::keep || !last_.contains(each.name))
      continue;
    ++count;
    host_.refused(each.name, {}, "service " + each.name + " has no usable endpoints; its last servers are kept");
  }
  host_.gauge("kept_services", "Services without usable endpoints whose last servers are kept.",
              static_cast<double>(count));
}

void applier::report(const left_out& omitted, const std::vector<upstream>& admitted) {
  std::vector<std::string> remarks;
  if (!warning_.empty()) remarks.push_back(warning_);
  for (const auto& each : admitted)
    if (const auto loss = loss_of(each, last_); loss.keeps_last())
      remarks.push_back(common::kept_because_of("service " + each.name, loss));
  if (!retained_.empty()) {
    std::string names;
    for (const auto& name : retained_) names += (names.empty() ? "" : ", ") + name;
    remarks.push_back("gone from the registry, but nginx's configuration still needs them: " + names +
                      "; kept as empty services (" + retained_why_ + ")");
  }
  for (const auto& [name, why] : omitted.services) {
    host_.refused(name, {}, why);
    remarks.push_back("left out " + name + ", since nginx's own configuration has an upstream of that name");
  }
  for (const auto& [which, why] : omitted.endpoints) host_.refused(which.first, which.second, why);
  if (!omitted.endpoints.empty())
    remarks.push_back("left out " + std::to_string(omitted.endpoints.size()) +
                      " endpoints whose host name does not resolve, the first one " +
                      omitted.endpoints.begin()->first.second + " of " + omitted.endpoints.begin()->first.first);
  std::string text;
  for (const auto& each : remarks) text += (text.empty() ? "" : "; ") + each;
  if (text.empty()) host_.status_ok();
  else host_.status_degraded(text);
}

std::pair<std::string, std::optional<std::string>> applier::preview(const std::vector<upstream>& desired) const {
  applier other(options_, nginx_, host_);  // shares nothing with a apply under way
  std::string why;
  const bool readable = other.look(why);
  if (!other.learned_) other.learn({});
  if (options_.use_listener && !other.form_.listener) other.choose_listener();
  const auto admitted = settle_claims(desired, other.served_).admitted;
  auto bytes = render(with_last_servers(admitted, other.last_), other.last_, other.form_).bytes;
  if (!readable) return {std::move(bytes), std::nullopt};
  return {std::move(bytes), other.file_.live().value_or(std::string())};
}

// From upstreams to a nginx that serves them.
//
// A change of shape is checked by nginx -t before nginx is signalled. Where only servers differ from what nginx
// accepted before, the signal goes first: nginx's master checks for itself and keeps its workers when it refuses. nginx
// -t, which costs more than everything else together, then runs beside the reload and gives the reason of a refusal.
outcome applier::bring_about(const std::vector<upstream>& all, const std::stop_token& stop) {
  check_refused_ = false;
  warning_.clear();
  const auto next = render(all, last_, form_);
  const bool written = file_.live() == next.bytes;
  if (written && serving_.is(next, form_.listener, file_.path())) {
    if (file_.changing()) file_.settle();
    // Nothing is to be done, so that nothing fails: what would fail at the next change is reported before it comes.
    if (const auto why = nginx_.fault_of_next_change(); !why.empty()) warning_ = "the next change will fail: " + why;
    return ok();
  }
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
  if (!verdict.ok) host_.count("checks_failed_total", "How often nginx -t did not pass.");
  return verdict;
}

// nginx -t did not pass. Was it the change? If the file was there before, the fault is in nginx's own configuration; if
// nginx -t could not be run, nothing is known; else the change is refused.
outcome applier::refused(const target::verdict& verdict, const std::stop_token& stop) {
  if (!file_.changing())
    return retry((verdict.judged ? "nginx does not take its configuration: " : "nginx cannot be asked: ") +
                 verdict.why + "; " + file_.path() + " is as it should be, and nginx is reloaded once that is fixed");
  if (verdict.judged) return put_back(verdict.why, false, stop);
  if (const auto fault = file_.restore(); !fault.empty())
    return retry(verdict.why + "; and the old file cannot be put back: " + fault);
  return retry("nginx cannot be asked: " + verdict.why + "; the old file is back until it can");
}

// The old file again. When nginx does not take that either, its own configuration is broken, and the change waits.
outcome applier::put_back(const std::string& why, bool was_signalled, const std::stop_token& stop) {
  if (const auto fault = file_.restore(); !fault.empty())
    return retry(why + "; and the old file cannot be put back: " + fault);
  host_.count("rollbacks_total", "How often the old file was put back.");
  const auto old = nginx_.check(stop);
  if (!old.ok)
    return retry("nginx does not take its own configuration, with the old file as with the new: " + old.why +
                 "; the old file is back, and the change is applied once the configuration is fixed");
  if (was_signalled) {
    std::string ignored;
    if (const auto master = nginx_.master(ignored)) nginx_.reload(*master);
  }
  return rejected("nginx refuses it: " + why + "; the old file is back");
}

outcome applier::reload(const rendered& next, bool judged, const std::stop_token& stop) {
  std::string why;
  const auto master = nginx_.master(why);
  if (!master) {
    if (!judged)
      if (const auto verdict = judge(stop); !verdict.ok) return refused(verdict, stop);
    return retry("nginx does not run (" + why + "); " + file_.path() + " is written, and waits for it");
  }
  const serving::change change(serving_, next, form_.listener, *master);
  const auto start = clock::now();
  if (auto fault = nginx_.reload(*master); !fault.empty()) return retry(std::move(fault));
  host_.count("reloads_total", "How often nginx was signalled to reload.");
  if (!judged) {
    change.wait_begun(check_waits, stop);
    const auto verdict = judge(stop);
    if (!verdict.ok && !change.begun()) return refused(verdict, stop);
    if (!verdict.ok) warning_ = "nginx serves the change, but could not be started again: " + verdict.why;
  }
  if (change.wait_complete(options_.confirm_timeout, stop)) {
    const auto took = seconds_since(start);
    host_.observe("reload_seconds", "From the signal to a new generation that serves alone.", took);
    host_.debug("signalled master " + std::to_string(*master) + " to reload: generation " + next.generation +
                " serves alone" + in_ms(took));
    if (!form_.listener) serving_.remember(next, *master);
    file_.settle();
    return ok();
  }
  if (stop.stop_requested()) return retry("stopped before nginx had confirmed");
  return unconfirmed(next, stop);
}

outcome applier::unconfirmed(const rendered& next, const std::stop_token& stop) {
  const auto why = why_unconfirmed(next, stop);
  check_refused_ = !nginx_.settings().ask_program;  // nobody else could have refused it
  if (!file_.changing()) return retry(why);
  auto back = put_back(why, true, stop);
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
         " ms; its error log says why (a port that is taken is a common reason)";
}

}  // namespace drcon::nginx
