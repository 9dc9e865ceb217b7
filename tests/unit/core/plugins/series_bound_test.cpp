#include "plugins/series_bound.hpp"

#include <drcon/model.hpp>

#include <gtest/gtest.h>

#include <string>

namespace drcon::plugins {
namespace {

using verdict = series_bound::verdict;

verdict judge(series_bound& bound, const std::string& name, const std::string& label) {
  const drcon_pair pair{c_string("service"), c_string(label)};
  drcon_metric figure{.size = sizeof figure, .kind = DRCON_METRIC_GAUGE};
  figure.name = c_string(name);
  figure.labels = &pair;
  figure.label_count = 1;
  return bound.judge(figure);
}

TEST(SeriesBound, TakesSoManyAndReportsTheFirstBeyond) {
  series_bound bound;
  for (std::size_t i = 0; i < series_bound::most_series; ++i)
    ASSERT_EQ(judge(bound, "servers", std::to_string(i)), verdict::taken);
  EXPECT_EQ(judge(bound, "servers", "one more"), verdict::first_beyond);
  EXPECT_EQ(judge(bound, "servers", "one more"), verdict::beyond);
  EXPECT_EQ(judge(bound, "servers", "7"), verdict::taken) << "it is known";
}

TEST(SeriesBound, BoundsTheBytesOfNamesAndLabels) {
  series_bound bound;
  const std::string large(series_bound::most_bytes / 2, 'x');
  EXPECT_EQ(judge(bound, "a", large), verdict::taken);
  EXPECT_EQ(judge(bound, "b", large), verdict::first_beyond);
  EXPECT_EQ(judge(bound, "c", "small"), verdict::taken);
}

}  // namespace
}  // namespace drcon::plugins
