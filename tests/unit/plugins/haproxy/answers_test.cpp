// What HAProxy's words mean, in the versions that say the same in other ones.
#include "haproxy/answers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drcon::haproxy {
namespace {

TEST(HaproxyAnswers, AnAlgorithmThatTakesNoServersIsAdvisedOnInTheWordsOfEachVersion) {
  for (const auto* each :
       {"Backend must use a dynamic load balancing to support dynamic servers.",  // up to 3.3
        "Backend does not support dynamic servers : backend 'web' uses a non dynamic load balancing method."})
    EXPECT_THAT(refusal_of("add server web/a 10.0.0.1:80", each), ::testing::HasSubstr("or use mode = \"slots\""))
        << each;
  EXPECT_EQ(advice_on("Backend does not support dynamic servers : backend 'web' is a log backend."), "");
}

}  // namespace
}  // namespace drcon::haproxy
