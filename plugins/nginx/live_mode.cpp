#include "nginx/live_mode.hpp"

#include "common/atomic_file.hpp"
#include "nginx/live_needs.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <sstream>
#include <thread>
#include <utility>

namespace drcon::nginx {
namespace {

using clock = std::chrono::steady_clock;

constexpr const char* peers_ending = ".peers";
constexpr auto pace = std::chrono::milliseconds(3);
// For a moment after a reload nobody may accept on the socket.
constexpr auto socket_patience = std::chrono::seconds(1);
// An earlier drcon.lua, which nginx may run until its next reload, had a lock that a killed worker left for 5 s.
constexpr auto lock_patience = std::chrono::seconds(6);
// The module looks at the file of peers each second: an nginx that cannot be reached has the newest peers after that.
constexpr auto file_patience = std::chrono::seconds(2);
// How often in a row nginx may leave it open what it has, before an operator is warned.
constexpr int tolerated_silence = 3;
// The share of the dict that may be in use before an operator is warned: the next service or peer may not fit.
constexpr double full = 0.8;

std::string with_advice(const std::string& why) {
  if (why.find("lua_shared_dict") == std::string::npos && why.find("resty.core") == std::string::npos) return why;
  return why + "; Debian's packages libnginx-mod-http-lua and lua-resty-core have what is missing";
}

}  // namespace

std::optional<known_set> peers_beside(const common::managed_file& file) {
  std::string ignored;
  const auto bytes = common::read_file(file.beside(peers_ending), ignored);
  return bytes ? read_set(*bytes) : std::nullopt;
}

live_mode::live_mode(live_layout options, const target& nginx, context host, std::chrono::nanoseconds confirm_timeout)
    : options_(std::move(options)),
      nginx_(nginx),
      host_(host),
      channel_(options_.socket),
      confirm_timeout_(confirm_timeout) {}

void live_mode::learn(const common::managed_file& file) {
  if (std::exchange(learned_, true)) return;
  place_ = file.beside(peers_ending);
  options_.peers = place_.path();
  text_.reset();
  text_kept_.reset();
  stamp_ = common::stamp_of(options_.peers);  // before it is read: a change meanwhile is found later
  auto known = peers_beside(file);
  if (stamp_.exists && !known) host_.warn(options_.peers + " is damaged: it is written again with the next change");
  if (!known) return;
  version_ = version_kept_ = known->version;
  text_kept_ = std::move(known->text);
  since_ = std::move(known->since);
}

// A change of it is a reason to try again at once.
std::string live_mode::situation() const {
  std::ostringstream out;
  for (const auto& path : {nginx_.settings().config, options_.module}) {
    const auto stamp = common::stamp_of(path);
    out << stamp.exists << ' ' << stamp.inode << ' ' << stamp.size << ' ' << stamp.seconds << ' ' << stamp.nanoseconds
        << ' ';
  }
  std::string ignored;
  out << nginx_.master(ignored).value_or(0);
  return out.str();
}

bool live_mode::is_due() const {
  return !on_ && (clock::now() >= not_before_ || situation() != situation_) && why_not_live(options_).empty();
}

bool live_mode::begin() {
  auto why = make_socket_directory(options_.socket);
  if (why.empty()) why = why_not_live(options_);
  if (!why.empty()) {
    if (on_ || why_ != why) suspend(why);
    not_before_ = {};  // to look again costs nothing
    return false;
  }
  if (is_due()) on_ = true;
  return on_;
}

void live_mode::suspend(const std::string& reason) {
  const auto why = with_advice(reason);
  if (why_ != why)
    host_.warn("mode \"live\" is not possible: " + why + "; changes go by file and reload until it is; retrying");
  on_ = false;
  why_ = why;
  text_.reset();
  not_before_ = clock::now() + patience_.next();
  situation_ = situation();
  host_.gauge("live", "1 while nginx takes changes of servers without a reload.", 0);
}

void live_mode::resume() {
  on_ = true;
  why_.clear();
}

std::string live_mode::remark() const {
  if (on_) return warning_;
  return "mode \"live\" is not possible: " + why_ + "; changes go by file and reload until it is";
}

std::string live_mode::peers(const std::vector<upstream>& all, const last_servers& last, const layout& form) const {
  auto served = all;
  std::set<std::string> stand_ins;
  for (auto& each : served) {
    const bool keeps = form.empty == empty_policy::keep && last.contains(each.name);
    if (each.servers.empty() && !keeps) stand_ins.insert(each.name);
    each.servers = servers_of(each, last, form).servers;
  }
  if (!starts_slowly()) return text_of_peers(served, {}, stand_ins);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now).count();
  return text_of_peers(served, since_when(served, since_, seconds), stand_ins);
}

live_mode::sent live_mode::send(const std::vector<upstream>& all, const last_servers& last, const layout& form,
                                const std::stop_token& stop) {
  const auto text = peers(all, last, form);
  auto found = text == text_ ? channel_.state() : live_channel::answer();
  if (found.status != 200 || found.state->version != version_) {
    if (text != text_kept_) ++version_;
    text_.reset();
    found = put_until_taken(text, stop);
    if (found.status == 0 && stop.stop_requested()) return {.how = retry("stopped before nginx had the servers")};
    if (found.status == 0) {
      std::string ignored;
      const auto master = nginx_.master(ignored);
      if (!master) return {.how = retry("nginx has ended while it was sent the servers: " + found.why)};
      // It listens no more, and is shutting down: a reload, or another file, would change nothing.
      if (!found.is_silent && nginx_.workers(*master).empty()) return {.how = leave_to_next(text)};
    }
    // It may have taken them when it went on, with nobody left to be answered.
    if (found.is_silent) found = channel_.state();
    if (found.is_silent || (found.status == 200 && found.state->version != version_))
      return {.how = leave_to_stalled(text)};
    if (found.status != 200) return {.how = retry(found.why), .possible = false};
  }
  if (const auto why = keep(text); !why.empty())
    return {.how = retry("nginx has the servers, but " + options_.peers + " cannot be written: " + why)};
  auto how = wait_for_workers(text, *found.state, stop);
  if (how.result != DRCON_OK) return {.how = std::move(how)};
  text_ = text;
  unanswered_ = 0;
  if (!why_.empty()) host_.info("mode \"live\" is possible again: changes of servers take no reload");
  why_.clear();
  patience_.reset();
  report(*found.state, text.size());
  return {.how = ok()};
}

std::string live_mode::keep_for_start(const std::vector<upstream>& all, const last_servers& last, const layout& form) {
  const auto text = peers(all, last, form);
  if (is_kept(text)) return {};
  ++version_;
  const auto why = keep(text);
  return why.empty() ? why : options_.peers + " cannot be written: " + why;
}

// Sends the set under a version that is newer than what nginx has.
live_channel::answer live_mode::put_until_taken(const std::string& text, const std::stop_token& stop) {
  const auto start = clock::now();
  version_ = std::max<std::uint64_t>(version_, 1);
  for (;;) {
    auto found = channel_.put(set_of(version_, text));
    constexpr unsigned older = 409;
    constexpr unsigned busy = 423;
    if (found.status == older) {
      if (const auto now = channel_.state(); now.state) version_ = std::max(version_, now.state->version) + 1;
    } else if (found.status != 0 && found.status != busy) {
      if (found.status == 200) host_.count("live_updates_total", "How often nginx took servers without a reload.");
      return found;
    }
    if (stop.stop_requested() || clock::now() - start > (found.status == busy ? lock_patience : socket_patience))
      return found;
    std::this_thread::sleep_for(pace);
  }
}

bool live_mode::is_kept(const std::string& text) const {
  return text == text_kept_ && version_ == version_kept_ && common::stamp_of(options_.peers) == stamp_;
}

// For the next start of nginx, and for one that the socket does not reach.
std::string live_mode::keep(const std::string& text) {
  if (is_kept(text)) return {};
  const auto set = set_of(version_, text);
  auto why = common::replace_file(place_, set, {.new_mode = 0644, .mode = {}, .owner = {}, .group = {}});
  if (!why.empty()) return why;
  stamp_ = common::stamp_of(options_.peers);
  text_kept_ = text;
  version_kept_ = version_;
  if (!starts_slowly()) return {};
  if (auto known = read_set(set)) since_ = std::move(known->since);
  return {};
}

// During an upgrade of its binary nginx has two masters, and the workers of both accept connections.
std::vector<pid_t> live_mode::accepting_workers() const {
  std::vector<pid_t> all;
  std::string ignored;
  std::vector<pid_t> masters;
  if (const auto master = nginx_.master(ignored)) masters.push_back(*master);
  if (const auto old = common::read_file(nginx_.settings().pid_file + ".oldbin", ignored))
    masters.push_back(static_cast<pid_t>(std::strtol(old->c_str(), nullptr, 10)));
  for (const auto master : masters)
    for (const auto& [pid, start] : nginx_.workers(master)) all.push_back(pid);
  return all;
}

// Workers that stall (a slow disk, a stopped process) find the servers in the file once they go on. To reload nginx, so
// that others take their place, would only add to its load: what stalls these stalls those.
outcome live_mode::leave_to_stalled(const std::string& text) {
  if (const auto why = keep(text); !why.empty())
    return retry("nginx does not answer on " + options_.socket + ", and " + options_.peers +
                 " cannot be written: " + why);
  return retry("nginx does not answer on " + options_.socket +
               ": do its workers answer requests? Once they do, they take the servers from " + options_.peers +
               " within a second");
}

outcome live_mode::leave_to_next(const std::string& text) {
  const auto why = keep(text);
  return retry("nginx is about to end, and takes the servers from " + options_.peers + " when it is started again" +
               (why.empty() ? why : ", but that cannot be written: " + why));
}

outcome live_mode::wait_for_workers(const std::string& text, live_state state, const std::stop_token& stop) {
  const auto start = clock::now();
  warning_.clear();
  for (std::map<pid_t, std::uint64_t> seen;;) {
    for (const auto& [pid, version] : state.workers) seen[pid] = version;
    std::string behind;
    bool only_unheard = true;
    for (const auto pid : accepting_workers()) {
      const auto found = seen.find(pid);
      if (found != seen.end() && found->second >= version_) continue;
      only_unheard = only_unheard && found == seen.end();
      behind += (behind.empty() ? "" : ", ") + std::to_string(pid);
    }
    if (behind.empty()) return ok();
    const auto waited = clock::now() - start;
    if (only_unheard && waited > file_patience) {
      warning_ = "nginx's workers " + behind +
                 " do not answer on drcon's socket, as during an upgrade of its binary: "
                 "they take the servers from " +
                 options_.peers + " within a second";
      return ok();
    }
    if (waited > confirm_timeout_)
      return retry("nginx has the servers, but its workers " + behind + " did not take them within " +
                   std::to_string(std::chrono::duration_cast<std::chrono::seconds>(confirm_timeout_).count()) +
                   " s: do they answer requests?");
    if (stop.stop_requested()) return retry("stopped before every worker of nginx had the servers");
    std::this_thread::sleep_for(pace);
    auto now = channel_.state();
    // Another nginx than the one that took it, as during an upgrade, or one that was started just now.
    if (now.status == 200 && now.state->version < version_) now = channel_.put(set_of(version_, text));
    if (now.status == 200) state = std::move(*now.state);
  }
}

void live_mode::report(const live_state& state, std::size_t set_size) {
  host_.gauge("live", "1 while nginx takes changes of servers without a reload.", 1);
  host_.gauge("live_version", "Version of the servers that nginx has.", static_cast<double>(version_));
  host_.gauge("live_dict_bytes", "Size of nginx's shared dict.", static_cast<double>(state.capacity));
  host_.gauge("live_dict_free_bytes", "What is free of it, in whole pages.", static_cast<double>(state.free));
  // A change puts another set there before the old one goes, and between that and its neighbours it may not fit.
  const auto used = state.capacity - std::min(state.capacity, state.free);
  if (static_cast<double>(used + 2 * set_size) < full * static_cast<double>(state.capacity)) return;
  warning_ += (warning_.empty() ? "" : "; ") + std::string("nginx's dict for drcon is nearly full (") +
              std::to_string(state.free / 1024) + " of " + std::to_string(state.capacity / 1024) +
              " KiB are free): raise live_dict, or changes will take a reload";
}

bool live_mode::serves(const std::string& text) const {
  if (!is_kept(text)) return false;
  const auto now = channel_.state();
  return now.status == 200 && now.state->version == version_;
}

bool live_mode::is_as_left() {
  if (!on_) return !is_due();
  if (common::stamp_of(options_.peers) != stamp_) return false;
  return has_what_was_sent();
}

// A worker that stalls (a slow disk, a stopped process) says nothing of what it has. To reload nginx for that would
// only add to its load, and it would come back with the same servers. Without the socket nobody can answer any more.
bool live_mode::has_what_was_sent() {
  const auto now = channel_.state();
  const bool is_silent = now.status == 0 && common::stamp_of(options_.socket).exists;
  unanswered_ = is_silent ? unanswered_ + 1 : 0;
  return is_silent || (now.status == 200 && now.state->version == version_);
}

std::string live_mode::doubt() const {
  if (!on_ || unanswered_ < tolerated_silence) return {};
  return "nginx does not answer on " + options_.socket +
         ", so that it is not known whether it has the servers that it was sent: do its workers answer requests?";
}

}  // namespace drcon::nginx
