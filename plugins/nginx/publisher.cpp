#include "nginx/publisher.hpp"

#include "common/atomic_file.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <thread>

namespace drcon::nginx {
namespace {

using clock = std::chrono::steady_clock;
using boost::asio::ip::tcp;

// nginx's master sleeps for 100 ms before it tells old workers to stop accepting; until then both answer.
constexpr auto unbroken_for = std::chrono::milliseconds(120);
constexpr auto eager_poll = std::chrono::milliseconds(1);
constexpr auto calm_poll = std::chrono::milliseconds(10);
constexpr auto eager_for = std::chrono::milliseconds(50);

double seconds_since(clock::time_point start) { return std::chrono::duration<double>(clock::now() - start).count(); }

tcp::endpoint parse_listen(const std::string& text) {
  const auto colon = text.rfind(':');
  auto host = text.substr(0, colon);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  return {boost::asio::ip::make_address(host), static_cast<std::uint16_t>(std::stoi(text.substr(colon + 1)))};
}

// A port that is free now. Another program may take it before nginx does: then the reload is refused and put back.
std::uint16_t free_port(const tcp::endpoint& like) {
  boost::asio::io_context context;
  tcp::acceptor probe(context, tcp::endpoint(like.address(), 0));
  return probe.local_endpoint().port();
}

}  // namespace

publisher::publisher(publisher_options options, control nginx, context host)
    : options_(std::move(options)), nginx_(std::move(nginx)), host_(host) {}

std::string publisher::previous_name() const {
  const std::filesystem::path file(options_.file);
  // Hidden and without the usual ending, so that no include pattern takes it for a configuration.
  return (file.parent_path() / ("." + file.filename().string() + ".previous")).string();
}

// Reads what is there. False when it cannot be told.
bool publisher::look(std::string& why) {
  live_ = common::read_file(options_.file, why);
  if (!why.empty()) return false;
  if (!learned_) learn(live_.value_or(std::string()));
  return true;
}

// Once, at the first look: what an earlier run left.
void publisher::learn(const std::string& file) {
  learned_ = true;
  last_ = recall(file);
  choose_listener(file);
  // A change that was cut short by a crash is still to be confirmed, and may have to be taken back.
  std::string ignored;
  previous_ = common::read_file(previous_name(), ignored);
  changing_ = previous_.has_value();
}

void publisher::choose_listener(const std::string& file) {
  if (!options_.use_listener) return;
  auto at = parse_listen(options_.listen);
  if (at.port() == 0) at.port(recall_port(file).value_or(0));
  if (at.port() == 0) at.port(free_port(at));
  options_.form.listener = at;
}

std::set<std::string> publisher::vanished(const std::vector<upstream>& wanted) const {
  std::set<std::string> names;
  for (const auto& [name, servers] : last_) names.insert(name);
  for (const auto& each : wanted) names.erase(each.name);
  return names;
}

std::vector<upstream> publisher::with_retained(const std::vector<upstream>& wanted) const {
  auto all = wanted;
  for (const auto& name : retained_)
    if (std::ranges::none_of(wanted, [&](const upstream& each) { return each.name == name; }))
      all.push_back({name, {}});
  std::ranges::sort(all, {}, &upstream::name);
  return all;
}

void publisher::remember(const std::vector<upstream>& wanted) {
  const auto gone = vanished(wanted);
  for (const auto& name : gone)
    if (!retained_.contains(name)) last_.erase(name);
  for (const auto& each : wanted)
    if (!each.servers.empty()) last_[each.name] = each.servers;
}

outcome publisher::publish(const std::vector<upstream>& wanted, bool fresh, const std::stop_token& stop) {
  std::string why;
  if (!look(why)) return retry(why);
  const auto gone = vanished(wanted);
  if (fresh) retained_.clear();
  auto how = bring_about(render(with_retained(wanted), last_, options_.form), stop);
  if (how.result == DRCON_REJECTED && !gone.empty() && retained_.empty()) {
    // Something in nginx's own configuration may name a service that has vanished: without this, that one service
    // would block every later change.
    retained_ = gone;
    const auto first_reason = how.why;
    how = bring_about(render(with_retained(wanted), last_, options_.form), stop);
    if (how.result == DRCON_OK) {
      std::string names;
      for (const auto& name : gone) names += (names.empty() ? "" : ", ") + name;
      host_.status_degraded("gone from the registry, but nginx's configuration still needs them: " + names +
                            "; kept as empty services (" + first_reason + ")");
    } else {
      retained_.clear();
    }
  } else if (how.result == DRCON_OK && retained_.empty()) {
    host_.status_ok();
  }
  if (how.result == DRCON_OK) remember(wanted);
  return how;
}

std::pair<std::string, std::optional<std::string>> publisher::preview(const std::vector<upstream>& wanted) {
  std::string why;
  look(why);
  return {render(with_retained(wanted), last_, options_.form).bytes, live_};
}

// From rendered bytes to a nginx that serves them, each step only after the one before.
outcome publisher::bring_about(const rendered& next, const std::stop_token& stop) {
  const bool written = live_ == next.bytes;
  if (written && serves(next)) {
    if (changing_) settle();
    return ok();
  }
  if (!written) {
    if (const auto why = write(next.bytes); !why.empty()) return retry(why);
  }
  const auto start = clock::now();
  const auto verdict = nginx_.check(stop);
  host_.observe("check_seconds", "Duration of nginx -t.", seconds_since(start));
  if (const auto answer = refused(verdict, stop)) return *answer;
  return reload(next, stop);
}

// Puts `bytes` in place, with what was there before kept aside until the change is confirmed.
std::string publisher::write(const std::string& bytes) {
  if (!changing_) {
    previous_ = live_;
    changing_ = true;
    if (previous_) {
      // A second name for the old file costs nothing; only where links are not possible it is copied.
      ::unlink(previous_name().c_str());
      if (::link(options_.file.c_str(), previous_name().c_str()) != 0)
        if (const auto why = common::replace_file(previous_name(), *previous_); !why.empty()) return why;
    }
  }
  const auto start = clock::now();
  auto why = common::replace_file(options_.file, bytes, options_.mode);
  host_.observe("write_seconds", "Duration of writing the file, with fsync.", seconds_since(start));
  if (!why.empty()) return why;
  host_.count("writes_total", "How often the file was written.");
  live_ = bytes;
  return {};
}

// Whose fault is it that nginx -t did not pass?
std::optional<outcome> publisher::refused(const control::verdict& verdict, const std::stop_token& stop) {
  if (verdict.ok) return {};
  host_.count("checks_failed_total", "How often nginx -t did not pass.");
  if (!changing_)
    return retry("nginx does not take its configuration: " + verdict.why + "; " + options_.file +
                 " is as it should be, and nginx is told once the configuration is mended");
  auto back = put_back(verdict.why, false, stop);
  if (!verdict.judged) back.result = DRCON_RETRY;
  return back;
}

// The old file again. When nginx does not take that either, its own configuration is broken, and the change waits.
outcome publisher::put_back(const std::string& why, bool was_signalled, const std::stop_token& stop) {
  if (const auto fault = restore(); !fault.empty())
    return retry(why + "; and the old file cannot be put back: " + fault);
  host_.count("rollbacks_total", "How often the old file was put back.");
  const auto old = nginx_.check(stop);
  if (!old.ok)
    return retry("nginx does not take its own configuration, with the old file as with the new: " + old.why +
                 "; the old file is back, and the change is applied once the configuration is mended");
  if (was_signalled) {
    std::string ignored;
    if (const auto master = nginx_.master(ignored)) nginx_.reload(*master);
  }
  return rejected("nginx refuses it: " + why + "; the old file is back");
}

std::string publisher::restore() {
  if (previous_) {
    if (auto fault = common::replace_file(options_.file, *previous_, options_.mode); !fault.empty()) return fault;
  } else {
    ::unlink(options_.file.c_str());
  }
  live_ = previous_;
  settle();
  return {};
}

// The change is over, one way or the other: what was kept for taking it back goes.
void publisher::settle() {
  ::unlink(previous_name().c_str());
  changing_ = false;
}

outcome publisher::reload(const rendered& next, const std::stop_token& stop) {
  std::string why;
  const auto master = nginx_.master(why);
  if (!master)
    return retry("nginx does not run (" + why + "); " + options_.file + " is written and checked, and waits for it");
  if (serves(next)) {  // it was started in the meantime
    settle();
    return ok();
  }
  const auto old_workers = nginx_.workers(*master);
  const auto start = clock::now();
  if (auto fault = nginx_.reload(*master); !fault.empty()) return retry(std::move(fault));
  host_.count("reloads_total", "How often nginx was told to reload.");
  if (confirmed(next, *master, old_workers, stop)) {
    host_.observe("reload_seconds", "From the signal to a new generation that serves alone.", seconds_since(start));
    settle();
    return ok();
  }
  if (stop.stop_requested()) return retry("stopped before nginx had confirmed");
  if (!changing_) return retry(why_unconfirmed(stop));
  return put_back(why_unconfirmed(stop), true, stop);
}

// Does nginx serve these bytes now?
bool publisher::serves(const rendered& wanted) const {
  if (options_.form.listener) return nginx_.generation(*options_.form.listener) == wanted.generation;
  // Without a listener: every worker must be younger than the file. A worker that died and was replaced since the last
  // change is taken for a reload; the listener does not have this weakness.
  std::string ignored;
  const auto master = nginx_.master(ignored);
  struct stat info {};
  if (!master || ::stat(options_.file.c_str(), &info) != 0) return false;
  timespec now{};
  timespec up{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  ::clock_gettime(CLOCK_BOOTTIME, &up);
  const auto as_double = [](const timespec& t) {
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
  };
  const auto boot = as_double(now) - as_double(up);
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const auto workers = nginx_.workers(*master);
  return !workers.empty() && std::ranges::all_of(workers, [&](const auto& each) {
    return boot + static_cast<double>(each.second) / ticks > as_double(info.st_mtim);
  });
}

// Polls until the new generation has answered alone for long enough.
bool publisher::confirmed(const rendered& next, pid_t master, const std::map<pid_t, unsigned long long>& old_workers,
                          const std::stop_token& stop) const {
  const auto start = clock::now();
  std::optional<clock::time_point> since;
  while (!stop.stop_requested() && clock::now() - start < options_.confirm_timeout) {
    bool serving = false;
    if (options_.form.listener) {
      serving = nginx_.generation(*options_.form.listener) == next.generation;
    } else {
      const auto now = nginx_.workers(master);
      serving =
          !now.empty() && std::ranges::none_of(now, [&](const auto& each) { return old_workers.contains(each.first); });
    }
    if (!serving) since.reset();
    else if (!since) since = clock::now();
    if (since && clock::now() - *since >= unbroken_for) return true;
    const bool eager = !since && clock::now() - start < eager_for;
    std::this_thread::sleep_for(eager ? eager_poll : calm_poll);
  }
  return false;
}

std::string publisher::why_unconfirmed(const std::stop_token& stop) const {
  if (nginx_.includes(options_.file, stop) == false)
    return nginx_.where().config + " does not include " + options_.file + ", so nginx never reads it";
  return "nginx was told to reload, but the new configuration did not begin to serve within " +
         std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(options_.confirm_timeout).count()) +
         " ms; its error log tells why (a port that is taken is a common reason)";
}

}  // namespace drcon::nginx
