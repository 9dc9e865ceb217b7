// The life of an instance: create, start, stop, destroy, and what is left of it.
#include "base/count_of.hpp"
#include "conformance/case_record.hpp"
#include "conformance/cases.hpp"
#include "conformance/usage.hpp"

#include <drcon/probe.h>
#include <drcon/testing/update.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <thread>
#include <vector>

namespace drcon::conformance {
namespace {

using namespace std::chrono_literals;

// What an ending thread or a closed descriptor needs to be gone from /proc.
template <class Condition>
bool soon(Condition holds) {
  const auto end = std::chrono::steady_clock::now() + 3s;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

void stops_unstarted(const case_context& context) {
  auto one = context.make();
  one.create();
  one.stop();
  one.destroy();
}

void starts(const case_context& context) {
  auto one = context.make();
  one.create();
  const auto result = one.try_start();
  if (result != DRCON_OK && result != DRCON_RETRY && result != DRCON_CONFIG && result != DRCON_REJECTED)
    throw breach("start answered " + std::to_string(result) + ", which means nothing");
  if (result != DRCON_OK && one.host().failure().why.empty())
    throw breach("start answered " + std::to_string(result) + " and did not say why by host->failed");
  if (!one.host().off_lane().empty()) throw breach("host->failed was called by another thread");
}

void stops(const case_context& context) {
  auto one = context.make();
  one.create();
  if (one.try_start() == DRCON_OK) one.work();
  one.stop();
  one.destroy();
}

void stops_at_once(const case_context& context) {
  for (int i = 0; i < 20; ++i) {
    auto one = context.make();
    one.create();
    one.try_start();
    one.stop();
    one.destroy();
  }
}

void silent_after_stop(const case_context& context) {
  auto one = context.make();
  one.create();
  one.start();
  one.work();
  one.stop();
  // A thread that still runs calls the host within this time. One that does not is found by the case leaves-no-thread.
  one.host().wait_until([&] { return !one.host().breaches().empty(); }, 300ms);
  one.destroy();
  one.host().wait_until([&] { return !one.host().breaches().empty(); }, 50ms);
  if (const auto late = one.host().breaches(); !late.empty()) throw breach("it called host->" + late.front());
}

void leaves_no_thread(const case_context& context) {
  const auto before = thread_count();
  auto one = context.make();
  one.create();
  one.start();
  one.work();
  one.stop();
  one.destroy();
  if (soon([before] { return thread_count() <= before; })) return;
  std::string names;
  for (const auto& each : thread_names()) names += " " + each;
  throw breach(std::to_string(thread_count() - before) +
               " of its threads still run after stop and destroy; threads:" + names);
}

void one_life(const case_context& context) {
  auto one = context.make();
  one.create();
  one.start();
  one.work();
  one.stop();
  one.destroy();
}

void leaves_no_descriptor(const case_context& context) {
  one_life(context);  // so that what a library opens once for the whole process is open before the count
  const auto before = descriptors();
  one_life(context);
  const auto left_open = [&] {
    std::vector<std::string> all;
    for (const auto& [number, what] : descriptors())
      if (!before.contains(number)) all.push_back(what);
    return all;
  };
  if (soon([&] { return left_open().empty(); })) return;
  const auto all = left_open();
  throw breach("each life leaves " + base::count_of(all.size(), "descriptor") + " open, such as " + all.front());
}

// More than one hundred lives. Hosts that record nothing, and everything of ours made before the first: what grows is
// theirs. What grows once is a table or a cache; what grows in every stretch is lost.
void frees_itself(const case_context& context) {
  constexpr int first = 20;
  constexpr int stretch = 40;
  constexpr int stretches = 3;
  constexpr long most_a_life = 48;  // less than the smallest instance there is
  std::vector<test_instance> lives;
  lives.reserve(first + stretch * stretches);
  while (lives.size() < lives.capacity()) lives.push_back(context.make({.mute = true}));
  auto next = lives.begin();
  const auto live = [&next](int rounds) {
    const auto before = static_cast<long>(heap_bytes());
    for (int i = 0; i < rounds; ++i, ++next) {
      next->create();
      next->start();
      next->stop();
      next->destroy();
    }
    return static_cast<long>(heap_bytes()) - before;
  };
  live(first);
  long least = std::numeric_limits<long>::max();
  for (int i = 0; i < stretches; ++i) least = std::min(least, live(stretch) / stretch);
  if (least > most_a_life)
    throw breach("each create, start, stop and destroy loses about " + std::to_string(least) + " bytes");
}

std::string said_by(const recorder& host) {
  if (host.publishes() > 0) return "publish";
  if (!host.answers().empty()) return "done";
  if (host.ready()) return "ready";
  return host.said_unknown() ? "unknown" : "";
}

void are_apart(const case_context& context) {
  auto one = context.make({}, "one");
  auto other = context.make({}, "other");
  one.create();
  other.create();
  if (one.self() == other.self()) throw breach("create gave two instances the same *self");
  one.start();
  one.work();
  if (const auto said = said_by(other.host()); !said.empty())
    throw breach("host->" + said + " was called for the instance 'other', and only 'one' was started");
  other.start();
  // One that answers nobody shares no state by that: the case answers-once finds it.
  const bool answers = one.is_sink() && !one.answers(1).empty();
  one.stop();
  one.destroy();
  other.work();
  if (answers) other.answer(1);
  other.stop();
  other.destroy();
}

void takes_a_newer_host(const case_context& context) {
  auto one = context.make({.newer = true});
  one.create();
  one.start();
  one.work();
  one.stop();
  one.destroy();
}

void note_finding(void* to, const drcon_probe_finding* found) {
  auto& faults = *static_cast<std::vector<std::string>*>(to);
  if (!DRCON_HAS(found, advice)) faults.emplace_back("a finding is shorter than ABI 1.0 has it");
  else if (found->what.size == 0) faults.emplace_back("a finding does not say what was found");
  else if (found->state == DRCON_PROBE_FAILED && found->advice.size == 0)
    faults.emplace_back("a finding that something fails does not say what to do");
}

void probes_without_touching(const case_context& context) {
  const auto& entry = context.plugin().entry();
  const auto* ability =
      entry.ability == nullptr ? nullptr : static_cast<const drcon_probe*>(entry.ability(DRCON_PROBE));
  const auto function = ability == nullptr ? nullptr : context.kind == kind::source ? ability->source : ability->sink;
  const auto asks =
      context.kind == kind::sink && ability != nullptr && DRCON_HAS(ability, asks) ? ability->asks : nullptr;
  if (function == nullptr && asks == nullptr) throw not_tried("it has no probe (drcon/probe.h)");
  auto one = context.make();
  one.create();
  const auto threads = thread_count();
  std::vector<std::string> faults;
  const drcon_probe_call call{.size = sizeof(drcon_probe_call),
                              .reserved = 0,
                              .timeout = std::chrono::nanoseconds(1s).count(),
                              .process = 0,
                              .receiver = &faults,
                              .found = &note_finding};
  trap_calls(calls::write, "probe");
  {
    const within limit("probe", 9s);
    if (function != nullptr) function(one.self(), &call);
    if (asks != nullptr) asks(one.self(), &call);
  }
  if (!faults.empty()) throw breach(faults.front());
  if (!soon([&] { return thread_count() <= threads; })) throw breach("probe left threads behind");
  if (!one.host().answers().empty()) throw breach("probe called host->done, which answers apply");
}

constexpr std::array all_life_cases{
    test_case{scope::instance, "stops-unstarted", "stop may come without a start; destroy comes after every stop.",
              "let stop end what is there, and nothing else", "takes-its-options", &stops_unstarted},
    test_case{scope::instance, "starts", "start returns at once: it begins the work and does not wait for it.",
              "do the work on a thread of your own (drcon::blocking_source, drcon::blocking_sink do)",
              "takes-its-options", &starts},
    test_case{scope::instance, "stops",
              "stop ends all work within the host's deadline, also when the other side is away.",
              "give every wait a time-out, and a way to be woken by stop", "starts", &stops},
    test_case{scope::instance, "stops-at-once", "stop may come at once after start, again and again.",
              "stop must also find the work that has hardly begun", "stops", &stops_at_once},
    test_case{scope::instance, "silent-after-stop", "After stop has returned the instance makes no call to the host.",
              "join your threads in stop, before it returns", "stops", &silent_after_stop},
    test_case{scope::instance, "leaves-no-thread", "After stop has returned none of the instance's threads runs.",
              "join your threads in stop, rather than detach them", "stops-at-once", &leaves_no_thread},
    test_case{scope::instance, "leaves-no-descriptor", "An instance leaves no file descriptor open after destroy.",
              "close what was opened, at the latest in destroy", "stops", &leaves_no_descriptor},
    test_case{scope::instance, "frees-itself",
              "destroy frees the instance: a hundred lives need no more memory than one.",
              "free what create and start made; a leak checker (-fsanitize=address) names the line", "leaves-no-thread",
              &frees_itself},
    test_case{scope::instance, "instances-are-apart",
              "Many instances of one plugin live at a time, and share no state.",
              "keep everything in what create stores in *self; no static variable", "stops", &are_apart},
    test_case{scope::instance, "probes-without-touching",
              "probe looks whether the instance works, says of what fails what to do, and changes nothing.",
              "only read in probe, and end what it has begun; leave the ability out if it cannot look",
              "takes-its-options", &probes_without_touching},
    test_case{scope::instance, "takes-a-newer-host",
              "create accepts a host with a newer minor version of the ABI, whose table is longer.",
              "never compare a struct's size for equality; test newer members with DRCON_HAS", "stops",
              &takes_a_newer_host},
};

}  // namespace

std::span<const test_case> life_cases() { return all_life_cases; }

}  // namespace drcon::conformance
