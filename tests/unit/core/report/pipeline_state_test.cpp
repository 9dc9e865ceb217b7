// The word of a pipeline is that of its worst part.
#include "report/pipeline_state.hpp"

#include "report/encode.hpp"
#include "report/status.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <functional>

namespace drcon::report {
namespace {

using namespace std::chrono_literals;

struct parts {
  pipeline_report pipeline;
  std::map<std::string, source_report> sources;
  std::map<std::string, sink_report> sinks;

  parts() {
    pipeline.sources = {"hosts"};
    pipeline.sinks = {"page"};
    pipeline.known = true;
    sources["hosts"].ready = sources["hosts"].known = true;
    sinks["page"].up_to_date = true;
    sinks["page"].last_answer = model::sink_answer::applied;
  }
  source_report& source() { return sources.at("hosts"); }
  sink_report& sink() { return sinks.at("page"); }
  void answer(model::sink_answer last) {
    sink().up_to_date = false;
    sink().last_answer = last;
  }
  pipeline_state state() const { return state_of(pipeline, sources, sinks); }
};

// What brings each condition about, where nothing worse is in its way. The sink's answers are the same member, so that
// two of them have two sinks.
const std::vector<std::pair<condition, std::function<void(parts&)>>>& causes() {
  using enum condition;
  const auto another = [](model::sink_answer last) {
    return [last](parts& all) {
      const auto name = std::string("sink-") + to_string(last);
      all.pipeline.sinks.push_back(name);
      all.sinks[name].last_answer = last;
    };
  };
  static const std::vector<std::pair<condition, std::function<void(parts&)>>> all{
      {brake_holds, [](parts& all) { all.pipeline.held.emplace(); }},
      {loss_waits,
       [](parts& all) {
         all.pipeline.paused.emplace();
         all.pipeline.would_hold.emplace();
       }},
      {waits, [](parts& all) { all.pipeline.known = false; }},
      {not_applied, another(model::sink_answer::away)},
      {rejected, another(model::sink_answer::rejected)},
      {unanswered, another(model::sink_answer::unanswered)},
      {source_unreachable, [](parts& all) { all.source().known = false; }},
      {servers_left_out, [](parts& all) { all.pipeline.leaves_out_too_many = true; }},
      {last_servers_kept, [](parts& all) { all.sink().keeps_last_servers = true; }},
      {paused, [](parts& all) { all.pipeline.paused.emplace(); }},
      {applying, another(model::sink_answer::none)},
      {warnings, [](parts& all) { all.source().instance.state = model::plugin_state::degraded; }},
      {in_sync, [](parts&) {}},
  };
  return all;
}

TEST(PipelineState, OfEachTwoPartsTheWorseIsTheState) {
  ASSERT_EQ(causes().size(), all_conditions().size());
  for (const auto& [worse, first] : causes())
    for (const auto& [better, second] : causes()) {
      parts all;
      first(all);
      second(all);
      EXPECT_EQ(all.state().what, std::min(worse, better)) << to_words(worse) << " and " << to_words(better);
    }
}

TEST(PipelineState, TheOrderIsThatOfTheListAndWhatIsWrongComesFirst) {
  auto before = verdict::wrong;
  for (std::size_t i = 0; i < all_conditions().size(); ++i) {
    const auto each = all_conditions()[i];
    EXPECT_EQ(static_cast<std::size_t>(each), i) << to_string(each);
    if (verdict_of(each) == verdict::wrong) {
      EXPECT_EQ(before, verdict::wrong) << to_string(each);
    }
    before = verdict_of(each);
  }
}

TEST(PipelineState, ASourceWithoutDataASinkThatLeavesOutAndAFaultAheadAreWarnings) {
  const std::vector<std::function<void(parts&)>> all_causes{
      [](parts& all) { all.source().unknown["web"] = "no leader"; },
      [](parts& all) { all.source().instance.refused_count = 1; },
      [](parts& all) { all.sink().instance.refused_count = 1; },
      [](parts& all) { all.sink().instance.state = model::plugin_state::degraded; },
      [](parts& all) { all.sink().instance.faults_ahead = 1; },
      [](parts& all) { all.pipeline.earlier_configuration = "it asks for another service"; },
  };
  for (std::size_t i = 0; i < all_causes.size(); ++i) {
    parts all;
    all_causes[i](all);
    EXPECT_EQ(all.state().what, condition::warnings) << i;
  }
}

TEST(PipelineState, ItSaysOfWhatAndSinceWhen) {
  const std::chrono::system_clock::time_point day(24h);
  parts all;
  all.answer(model::sink_answer::away);
  all.sink().failing_since = day;
  EXPECT_EQ(all.state().of, "page");
  EXPECT_EQ(all.state().since, day);
  EXPECT_EQ(to_words(all.state()), "not applied, retrying");

  all.pipeline.known = false;
  all.pipeline.waiting_for = {"hosts"};
  EXPECT_EQ(to_words(all.state()), "waiting for source hosts");

  all.pipeline.held.emplace();
  all.pipeline.held->holds = {{.service = "web", .why = {}, .since = day + 1h},
                              {.service = "a", .why = {}, .since = day}};
  EXPECT_EQ(all.state().since, day) << "of the first hold";
}

TEST(PipelineState, ProgramsGetACodeAndPeopleAPhrase) {
  parts all;
  all.answer(model::sink_answer::rejected);
  all.sink().failing_since = std::chrono::system_clock::time_point(2s);
  all.pipeline.state = all.state();
  EXPECT_EQ(
      encode(all.pipeline)["state"],
      nlohmann::json({{"code", "rejected"}, {"kind", "wrong"}, {"words", "rejected"}, {"of", "page"}, {"since", 2.0}}));
}

}  // namespace
}  // namespace drcon::report
