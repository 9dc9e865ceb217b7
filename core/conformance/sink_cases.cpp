// What a sink does with updates.
#include "conformance/case_record.hpp"
#include "conformance/cases.hpp"
#include "conformance/custom_update.hpp"
#include "conformance/test_snapshots.hpp"
#include "conformance/usage.hpp"

#include <drcon/testing/update.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace drcon::conformance {
namespace {

using namespace std::chrono_literals;
using services = std::vector<service>;

// Hands over one snapshot after the other, and remembers what was applied, as the host does.
class pipeline {
public:
  explicit pipeline(const case_context& context, const recorder::host_behaviour& behaviour = {})
      : sink_(context.make(behaviour)) {
    sink_.create();
    sink_.start();
  }

  testing::answer apply(services desired) { return hand_over(std::move(desired), 0); }
  testing::answer reconcile() { return hand_over(desired_, DRCON_UPDATE_RECONCILE); }
  void begin(services desired) { sink_.apply(next(std::move(desired), 0)); }

  test_instance& sink() { return sink_; }
  std::uint64_t ticket() const { return ticket_; }

private:
  // Never freed: what a sink does with an update it has answered is another case's question.
  const drcon_update* next(services desired, std::uint32_t flags) {
    desired_ = std::move(desired);
    return (new testing::update(++ticket_, desired_, applied_, flags))->get();
  }
  testing::answer hand_over(services desired, std::uint32_t flags) {
    sink_.apply(next(std::move(desired), flags));
    const auto answer = sink_.answer(ticket_);
    if (answer.result == DRCON_OK) applied_ = desired_;
    return answer;
  }

  test_instance sink_;
  std::uint64_t ticket_ = 0;
  services desired_;
  std::optional<services> applied_;
};

void answers_once(const case_context& context) {
  pipeline one(context);
  for (int i = 0; i < 3; ++i) {
    const auto answer = one.apply(snapshots::small(i));
    if (answer.result < DRCON_OK || answer.result > DRCON_REJECTED)
      throw breach("apply was answered by " + std::to_string(answer.result) +
                   "; answers are DRCON_OK, DRCON_RETRY and DRCON_REJECTED");
    if (answer.result != DRCON_OK && answer.why.empty())
      throw breach("apply was answered by " + std::to_string(answer.result) + " and no reason");
  }
  auto& sink = one.sink();
  sink.host().wait_until([&] { return sink.host().answers().size() > one.ticket(); }, 200ms);
  const auto all = sink.host().answers();
  for (std::uint64_t ticket = 1; ticket <= one.ticket(); ++ticket)
    if (sink.answers(ticket).size() != 1)
      throw breach("update " + std::to_string(ticket) + " was answered " + std::to_string(sink.answers(ticket).size()) +
                   " times");
  for (const auto& each : all)
    if (each.ticket == 0 || each.ticket > one.ticket())
      throw breach("update " + std::to_string(each.ticket) + " was answered, and never handed over");
}

void takes(const case_context& context, services desired) {
  pipeline one(context);
  one.apply(std::move(desired));
  one.sink().stop();
  one.sink().destroy();
}

void takes_an_empty_snapshot(const case_context& context) {
  pipeline one(context);
  one.apply({});
  one.apply(snapshots::small(0));
  one.apply({});
  services bare = snapshots::small(0);
  bare[0].endpoints.clear();
  one.apply(bare);
}

void takes_a_hostile_snapshot(const case_context& context) {
  for (const auto& each : snapshots::hostile()) takes(context, each);
}

void takes_settings(const case_context& context) { takes(context, snapshots::settings()); }

void takes_a_huge_snapshot(const case_context& context) { takes(context, snapshots::huge()); }

void reconciles(const case_context& context) {
  pipeline one(context);
  one.apply(snapshots::small(0));
  one.reconcile();
  one.reconcile();
  if (one.sink().host().answers().size() != 3)
    throw breach("three updates were answered " + std::to_string(one.sink().host().answers().size()) + " times");
}

void stops_during_apply(const case_context& context) {
  // Before the work has begun, and while it goes on.
  for (const auto pause : {0ms, 1ms, 10ms, 40ms}) {
    pipeline one(context);
    auto& sink = one.sink();
    one.begin(snapshots::small(0));
    std::this_thread::sleep_for(pause);
    sink.stop();
    sink.destroy();
    sink.host().wait_until([&] { return !sink.host().breaches().empty(); }, 20ms);
    if (const auto late = sink.host().breaches(); !late.empty()) throw breach("it called host->" + late.front());
  }
}

// Applies updates with the given layout: one without and one with an applied snapshot.
void apply_custom(const case_context& context, const update_layout& layout, bool take_back) {
  auto sink = context.make();
  sink.create();
  sink.start();
  for (std::uint64_t ticket = 1; ticket <= 2; ++ticket) {
    // Never freed: the memory must stay trapped, so that a late access of the plugin is still seen.
    const auto& update = *(ticket == 1 ? new custom_update(layout, ticket, snapshots::small(0))
                                       : new custom_update(layout, ticket, snapshots::small(1), snapshots::small(0)));
    if (take_back) sink.host().on_done = [&update] { update.take_back(); };
    sink.apply(update.get());
    sink.answer(ticket);
  }
  sink.stop();
  sink.destroy();
}

void leaves_answered_updates(const case_context& context) {
  catch_touches();
  apply_custom(context, {}, true);
}

void walks_by_stride(const case_context& context) {
  catch_touches();
  apply_custom(context, {.apart = true}, false);
}

void takes_longer_structs(const case_context& context) {
  catch_touches();
  apply_custom(context, {.growth = 16}, false);
}

void reads_updates_by_length(const case_context& context) {
  catch_touches();
  apply_custom(context, {.guards_strings = true}, false);
}

void renders_without_touching(const case_context& context) {
  auto sink = context.make();
  sink.create();
  if (!sink.can_render()) throw not_tried("it has no render");
  const auto threads = thread_count();
  const auto& update = *new testing::update(1, snapshots::small(0), {});
  trap_calls(calls::write, "render");
  const auto result = sink.render(update.get());
  auto& host = sink.host();
  if (thread_count() > threads + 1) throw breach("render left threads behind");
  if (!host.answers().empty()) throw breach("render called host->done, which answers apply");
  if (!host.off_lane().empty()) throw breach("host->" + host.off_lane().front() + " was called by another thread");
  if (result == DRCON_OK && host.rendered().empty())
    throw breach("render answered DRCON_OK and never called host->rendered");
  if (result != DRCON_OK && host.failure().why.empty())
    throw breach("render answered " + std::to_string(result) + " and did not say why by host->failed");
}

// The promise of "applied" is that the target serves it, and what a sink says that its target has must agree.
void writes_what_it_renders(const case_context& context) {
  pipeline one(context);
  auto& sink = one.sink();
  if (!sink.can_render()) throw not_tried("it has no render, which would show what its target has");
  const auto desired = snapshots::small(1);
  if (const auto answer = one.apply(desired); answer.result != DRCON_OK)
    throw not_tried("it did not apply: " + answer.why);
  // Never freed, as above.
  const auto& update = *new testing::update(one.ticket() + 1, desired, desired);
  if (sink.render(update.get()) != DRCON_OK) throw not_tried("it cannot render what it has applied");
  bool any_known = false;
  for (const auto& each : sink.host().rendered()) {
    if (!each.live) continue;
    any_known = true;
    if (*each.live != each.wanted)
      throw breach("apply was answered by DRCON_OK, and render reports of " + each.target +
                   " that what is there differs from what is desired");
  }
  if (!any_known) throw not_tried("its render does not report what its target has");
}

// As frees-itself, of updates: what grows in every stretch is lost.
void frees_each_update(const case_context& context) {
  constexpr int first = 30;
  constexpr int stretch = 60;
  constexpr int stretches = 3;
  constexpr long most_an_update = 48;
  const recorder::host_behaviour mute{.mute = true};
  // Made before anything is counted: they are ours. The sink may still read one when a promise was broken, so that they
  // outlive it.
  std::vector<std::unique_ptr<testing::update>> updates;
  auto sink = context.make(mute);
  sink.create();
  sink.start();
  for (int i = 0; i < first + stretch * stretches; ++i)
    updates.push_back(std::make_unique<testing::update>(
        i + 1, snapshots::small(i % 2), i == 0 ? std::nullopt : std::optional(snapshots::small((i - 1) % 2))));
  std::size_t next = 0;
  const auto apply = [&](int count) {
    const auto before = static_cast<long>(heap_bytes());
    for (int i = 0; i < count; ++i, ++next) {
      sink.apply(updates[next]->get());
      busy_patience patience(longest_answer);
      while (sink.host().done_count() <= next)
        if (patience.is_over()) throw breach("update " + std::to_string(next + 1) + " was not answered");
        else std::this_thread::sleep_for(500us);
    }
    return static_cast<long>(heap_bytes()) - before;
  };
  const auto began = std::chrono::steady_clock::now();
  apply(first);
  if (std::chrono::steady_clock::now() - began > 2s)
    throw not_tried("its updates take too long to try hundreds of them");
  long least = std::numeric_limits<long>::max();
  for (int i = 0; i < stretches; ++i) least = std::min(least, apply(stretch) / stretch);
  if (least > most_an_update) throw breach("each update loses about " + std::to_string(least) + " bytes");
  sink.stop();
}

void retries_unreachable(const case_context& context) {
  auto sink = context.make_unreachable();
  sink.create();
  sink.start();
  // Never freed, as above.
  const auto& update = *new testing::update(1, snapshots::small(0), {});
  sink.apply(update.get());
  const auto answer = sink.answer(1);
  if (answer.result != DRCON_RETRY)
    throw breach("its target cannot be reached (--unreachable), and apply was answered by " +
                 std::to_string(answer.result) + " instead of DRCON_RETRY");
  if (answer.why.empty()) throw breach("apply was answered by DRCON_RETRY without a reason");
  sink.stop();
}

constexpr std::array all_sink_cases{
    test_case{scope::sink, "answers-once",
              "apply ends by host->done, exactly once for each ticket, with a reason for what is not OK.",
              "call host->done in one place, on every way out, with update->ticket", "stops", &answers_once},
    test_case{scope::sink, "takes-an-empty-snapshot", "A snapshot may have no service, and a service no endpoint.",
              "pointers of empty arrays may be NULL; answer DRCON_REJECTED if the target cannot be empty",
              "answers-once", &takes_an_empty_snapshot},
    test_case{scope::sink, "takes-a-hostile-snapshot",
              "Whoever registers a service writes its names, tags and values: any text, of any length, arrives.",
              "escape it for the target, or leave the endpoint out by host->refused; no buffer of fixed size",
              "answers-once", &takes_a_hostile_snapshot},
    test_case{scope::sink, "takes-settings", "A service may be a set of settings, with values and no endpoints.",
              "pass it over when value_count is not 0, or write its values", "answers-once", &takes_settings},
    test_case{scope::sink, "takes-a-huge-snapshot", "A snapshot of 100,000 endpoints is applied, or refused, in time.",
              "look services and endpoints up in a map or in order, rather than compare each with each", "answers-once",
              &takes_a_huge_snapshot},
    test_case{scope::sink, "reconciles",
              "An update with DRCON_UPDATE_RECONCILE and no change is answered like any other.",
              "compare the target with `wanted`; do not wait for a change", "answers-once", &reconciles},
    test_case{scope::sink, "stops-during-apply", "stop may come while an update is open; its answer may be left out.",
              "let stop wake what apply waits for, and join it", "stops", &stops_during_apply},
    test_case{scope::sink, "leaves-answered-updates", "The update is the host's again from host->done on.",
              "call host->done last, and copy what must live longer", "answers-once", &leaves_answered_updates},
    test_case{scope::sink, "walks-by-stride",
              "Elements of arrays may grow: endpoint_size and change_size are the strides.",
              "step by the stride, as drcon/update.hpp does, not by [i]", "answers-once", &walks_by_stride},
    test_case{scope::sink, "takes-longer-structs", "Structs of a newer host are longer than this plugin knows.",
              "never compare a struct's size for equality, nor copy `size` bytes", "answers-once",
              &takes_longer_structs},
    test_case{scope::sink, "reads-updates-by-length", "Strings have a length, and need not end with a NUL byte.",
              "read drcon_string.size bytes and no more; printf prints them by %.*s", "answers-once",
              &reads_updates_by_length},
    test_case{scope::sink, "frees-each-update", "A hundred updates need no more memory than one.",
              "free what an apply made before the next one; a leak checker (-fsanitize=address) names the line",
              "answers-once", &frees_each_update},
    test_case{scope::sink, "retries-unreachable",
              "apply answers DRCON_RETRY, with the reason, while the target cannot be reached.",
              "answer DRCON_OK only for what was seen to be in place; DRCON_REJECTED is never tried again",
              "answers-once", &retries_unreachable},
    test_case{scope::sink, "writes-what-it-renders",
              "After DRCON_OK the target has what is desired, and render reports that.",
              "verify what was written before you answer; render reports as `live` what is there now", "answers-once",
              &writes_what_it_renders},
    test_case{scope::sink, "renders-without-touching",
              "render reports what apply would write, changes nothing, and needs no start.",
              "only read in render; leave `render` NULL if the sink cannot show it", "takes-its-options",
              &renders_without_touching},
};

}  // namespace

std::span<const test_case> sink_cases() { return all_sink_cases; }

}  // namespace drcon::conformance
