#include "metrics/metrics.hpp"

#include <drcon/model.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <set>
#include <string>

namespace drcon::metrics {
namespace {

using base::subject_kind;
using ::testing::HasSubstr;
using ::testing::Not;

drcon_metric figure_of(const char* name, std::uint32_t kind, double value) {
  drcon_metric made{.size = sizeof made, .kind = kind};
  made.name = c_string(name);
  made.help = c_string("Of a test.");
  made.value = value;
  return made;
}

TEST(Metrics, LabelASourceAndASinkOfTheSameNameApart) {
  metrics all;
  all.add(refused, labels_of({subject_kind::source, "same"}), 2);
  all.add(refused, labels_of({subject_kind::sink, "same"}), 3);
  EXPECT_THAT(all.text(), HasSubstr("drcon_refused_total{kind=\"source\",name=\"same\"} 2\n"));
  EXPECT_THAT(all.text(), HasSubstr("drcon_refused_total{kind=\"sink\",name=\"same\"} 3\n"));
}

TEST(Metrics, ShowACounterFromZeroOn) {
  metrics all;
  const auto late = all.make_counter(plugin_late_calls, labels_of({subject_kind::source, "s"}, "p"));
  const std::string name = "drcon_plugin_late_calls_total{kind=\"source\",name=\"s\",plugin=\"p\"} ";
  EXPECT_THAT(all.text(), HasSubstr(name + "0\n"));
  late.increment();
  EXPECT_THAT(all.text(), HasSubstr(name + "1\n"));
}

TEST(Metrics, DropAnIncrementThatComesAfterTheirEnd) {
  auto all = std::make_unique<metrics>();
  const auto late = all->make_counter(plugin_late_calls, {});
  all.reset();
  late.increment();
}

TEST(Metrics, TakeThePluginsFiguresUnderItsName) {
  metrics all;
  EXPECT_TRUE(all.report("consul-http", {subject_kind::source, "c"}, figure_of("requests", DRCON_METRIC_COUNTER, 1)));
  EXPECT_TRUE(all.report("consul-http", {subject_kind::source, "c"}, figure_of("requests", DRCON_METRIC_COUNTER, 2)));
  EXPECT_TRUE(
      all.report("consul-http", {subject_kind::source, "c"}, figure_of("age_seconds", DRCON_METRIC_GAUGE, -0.5)));
  EXPECT_THAT(all.text(), HasSubstr("drcon_consul_http_requests{kind=\"source\",name=\"c\"} 3\n"));
  EXPECT_THAT(all.text(), HasSubstr("drcon_consul_http_age_seconds{kind=\"source\",name=\"c\"} -0.5\n"));
}

TEST(Metrics, KeepASourceAndASinkOfOneNameApart) {
  metrics all;
  EXPECT_TRUE(all.report("p", {subject_kind::source, "web"}, figure_of("requests", DRCON_METRIC_COUNTER, 1)));
  EXPECT_TRUE(all.report("p", {subject_kind::sink, "web"}, figure_of("requests", DRCON_METRIC_COUNTER, 2)));
  EXPECT_THAT(all.text(), HasSubstr("drcon_p_requests{kind=\"source\",name=\"web\"} 1\n"));
  EXPECT_THAT(all.text(), HasSubstr("drcon_p_requests{kind=\"sink\",name=\"web\"} 2\n"));
}

// Otherwise its series would become one, without a word.
TEST(Metrics, KeepALabelOfAPluginThatTheHostHasToo) {
  metrics all;
  const drcon_pair label{c_string("kind"), c_string("read")};
  auto figure = figure_of("requests", DRCON_METRIC_COUNTER, 1);
  figure.labels = &label;
  figure.label_count = 1;
  EXPECT_TRUE(all.report("p", {subject_kind::source, "web"}, figure));
  EXPECT_THAT(all.text(), HasSubstr("{exported_kind=\"read\",kind=\"source\",name=\"web\"} 1\n"));
}

TEST(Metrics, RefuseFiguresThatPrometheusDoesNotAllow) {
  metrics all;
  EXPECT_FALSE(all.report("p", {subject_kind::source, "i"}, figure_of("", DRCON_METRIC_GAUGE, 1)));
  EXPECT_FALSE(all.report("p", {subject_kind::source, "i"}, figure_of("Requests", DRCON_METRIC_GAUGE, 1)));
  EXPECT_FALSE(all.report("p", {subject_kind::source, "i"}, figure_of("a\nb", DRCON_METRIC_GAUGE, 1)));
  EXPECT_FALSE(all.report("p", {subject_kind::source, "i"}, figure_of("age", DRCON_METRIC_GAUGE, std::nan(""))));
  EXPECT_FALSE(all.report("p", {subject_kind::source, "i"}, figure_of("count", DRCON_METRIC_COUNTER, -1)));
  EXPECT_FALSE(all.report("p", {subject_kind::source, "i"}, figure_of("kind", 99, 1)));
  EXPECT_TRUE(all.report("p", {subject_kind::source, "i"}, figure_of("twice", DRCON_METRIC_GAUGE, 1)));
  EXPECT_FALSE(all.report("p", {subject_kind::source, "i"}, figure_of("twice", DRCON_METRIC_COUNTER, 1)))
      << "a name has one kind";
  EXPECT_THAT(all.text(), Not(HasSubstr("drcon_p_count")));
}

TEST(Metrics, TakeNoLabelThatIsNotAWord) {
  metrics all;
  const drcon_pair label{c_string("Code"), c_string("200")};
  auto figure = figure_of("requests", DRCON_METRIC_COUNTER, 1);
  figure.labels = &label;
  figure.label_count = 1;
  EXPECT_FALSE(all.report("p", {subject_kind::source, "i"}, figure));
}

TEST(Metrics, HaveEachFigureOfTheHostOnce) {
  std::set<std::string> names;
  for (const auto* each : all_figures) EXPECT_TRUE(names.insert(each->name).second) << each->name;
}

}  // namespace
}  // namespace drcon::metrics
