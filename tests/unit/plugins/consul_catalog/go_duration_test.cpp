#include "consul_catalog/go_duration.hpp"

#include <gtest/gtest.h>

namespace drcon::consul_catalog {
namespace {

using namespace std::chrono_literals;

TEST(GoDuration, ReadsWhatGoReads) {
  EXPECT_EQ(go_duration("15s"), 15s);
  EXPECT_EQ(go_duration("1m30s"), 90s);
  EXPECT_EQ(go_duration("1.5h"), 90min);
  EXPECT_EQ(go_duration("500ms"), 500ms);
  EXPECT_EQ(go_duration("1us"), 1us);
}

TEST(GoDuration, RefusesTheRest) {
  for (const auto* text : {"", "0s", "-1s", "15", "s", "1x", "1s ", "inf", "nans", "1e400h", "99999999999h"})
    EXPECT_FALSE(go_duration(text)) << text;
}

}  // namespace
}  // namespace drcon::consul_catalog
