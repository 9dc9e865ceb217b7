#include "consul_catalog/lease.hpp"

#include "common/digest.hpp"
#include "common/proc.hpp"

#include <boost/asio/ip/host_name.hpp>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>

namespace drcon::consul_catalog {
namespace {

constexpr std::string_view opening = "[kept by ";

// The leases of this process. A sink that was replaced has ended though its process goes on.
class live_holders {
public:
  std::string add() {
    const std::lock_guard lock(mutex_);
    auto holder = process() + ":" + std::to_string(++last_);
    holders_.insert(holder);
    return holder;
  }
  void remove(const std::string& holder) {
    const std::lock_guard lock(mutex_);
    holders_.erase(holder);
  }
  bool has(const std::string& holder) {
    const std::lock_guard lock(mutex_);
    return holders_.contains(holder);
  }

  static std::string host() {
    boost::system::error_code error;
    auto name = boost::asio::ip::host_name(error);
    std::ranges::replace_if(
        name, [](char c) { return c == ':' || c == ' ' || c == ']'; }, '_');
    return name;
  }

  // This boot of this machine, and the namespace in which its process ids have a meaning: nothing is known of others.
  // Neither changes while the process lives: it is read once.
  static const std::string& machine() {
    static const std::string id = read_machine();
    return id;
  }

private:
  static std::string read_machine() {
    std::string boot;
    std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), boot);
    std::error_code error;
    return common::digest(boot + std::filesystem::read_symlink("/proc/self/ns/pid", error).string()).substr(0, 8);
  }
  static std::string process() {
    return host() + ":" + std::to_string(::getpid()) + ":" + machine() + ":" +
           std::to_string(common::start_ticks(::getpid()));
  }

  std::mutex mutex_;  // guards all below
  std::set<std::string> holders_;
  std::uint64_t last_ = 0;
};

live_holders& live() {
  static live_holders all;
  return all;
}

std::vector<std::string> parts_of(const std::string& holder) {
  std::vector<std::string> parts(1);
  for (const char c : holder) {
    if (c == ':') parts.emplace_back();
    else parts.back() += c;
  }
  return parts;
}

}  // namespace

std::optional<lease_mark> read_mark(const std::string& output) {
  const auto start = output.rfind(opening);
  if (start == std::string::npos) return {};
  const auto text = output.substr(start + opening.size());
  const auto hash = text.find(" #");
  if (hash == std::string::npos) return {};
  constexpr std::size_t longest = 300;
  lease_mark result{.holder = text.substr(0, hash)};
  const auto is_printable = [](char c) { return c > ' ' && c <= '~'; };
  if (result.holder.size() > longest || !std::ranges::all_of(result.holder, is_printable)) return {};
  const auto* first = text.data() + hash + 2;
  const auto [end, error] = std::from_chars(first, text.data() + text.size(), result.count);
  if (error != std::errc() || end == text.data() + text.size() || *end != ']') return {};
  return result;
}

std::string place_of(const std::string& holder) {
  const auto parts = parts_of(holder);
  return parts.size() == 5 ? "process " + parts[1] + " on " + parts[0] : holder;
}

bool is_of_this_host(const std::string& holder) {
  const auto parts = parts_of(holder);
  return parts.size() == 5 && (parts[0] == live_holders::host() || parts[2] == live_holders::machine());
}

bool has_ended(const std::string& holder) {
  const auto parts = parts_of(holder);
  if (parts.size() != 5 || parts[2] != live_holders::machine()) return false;
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(parts[1].data(), parts[1].data() + parts[1].size(), pid);
  if (error != std::errc() || end != parts[1].data() + parts[1].size() || pid <= 0) return false;
  if (pid == ::getpid()) return !live().has(holder);
  if (::kill(pid, 0) != 0 && errno == ESRCH) return true;
  const auto ticks = common::start_ticks(pid);
  return ticks != 0 && std::to_string(ticks) != parts[3];  // another process has its number now
}

lease::lease() : holder_(live().add()) {}
lease::~lease() { live().remove(holder_); }

std::string lease::mark() const { return std::string(opening) + holder_ + " #" + std::to_string(count_) + "]"; }

std::string lease::judge(const std::vector<lease_mark>& marks, clock::time_point now,
                         const std::vector<lease_mark>& bystanders) {
  std::set<std::pair<std::string, std::string>> there;
  for (const auto* all : {&marks, &bystanders})
    for (const auto& each : *all) there.emplace(each.id, each.holder);
  // Whoever writes marks under ever new names must not fill the memory.
  std::erase_if(seen_, [&](const auto& each) { return !there.contains(each.first); });
  another_ = life::gone;
  bystander_.reset();
  for (const auto& each : bystanders)
    if (see(each, now) != life::gone && !bystander_) bystander_ = each;
  auto why = reason_to_keep_away(marks, now);
  is_held_ = why.empty();
  return why;
}

lease::life lease::see(const lease_mark& mark, clock::time_point now) {
  if (mark.holder == holder_ || has_ended(mark.holder)) return life::gone;
  const auto [found, is_new] = seen_.try_emplace({mark.id, mark.holder}, sighting{.count = mark.count, .since = now});
  auto& seen = found->second;
  if (!is_new && seen.count != mark.count) seen = {.count = mark.count, .since = now, .has_changed = true};
  if (now - seen.since >= lasts) return life::gone;
  const auto found_now = seen.has_changed ? life::lives : life::unknown;
  another_ = std::max(another_, found_now);
  return found_now;
}

std::string lease::reason_to_keep_away(const std::vector<lease_mark>& marks, clock::time_point now) {
  std::string why;
  for (const auto& each : marks) {
    const auto found = see(each, now);
    if (found == life::gone) continue;
    if (found == life::unknown) {
      if (is_held_) continue;
      why = "its registrations have the mark of another drcon (" + place_of(each.holder) +
            "); this one waits for up to 10 s to see whether that one still renews it";
      continue;
    }
    if (is_held_ && holder_ < each.holder) continue;
    return "another drcon (" + place_of(each.holder) +
           ") keeps registrations with the same owner on this agent; give one of the two sinks another 'owner'";
  }
  return why;
}

}  // namespace drcon::consul_catalog
