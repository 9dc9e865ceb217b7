#include "http/answer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drcon::http {
namespace http_answer_test {

using ::testing::HasSubstr;

settings of_feed() {
  settings result;
  result.url = "http://feed.test/services";
  result.max_size = 10;
  return result;
}

common::http_answer with_status(unsigned status, std::string body = {}) {
  common::http_answer answer;
  answer.status = status;
  answer.body = std::move(body);
  return answer;
}

TEST(HttpFeed, SaysWhatIsWrongWithAnAnswer) {
  EXPECT_EQ(fault_of(with_status(200), of_feed()), std::nullopt);
  EXPECT_EQ(fault_of(with_status(304), of_feed()), std::nullopt);
  EXPECT_EQ(fault_of(with_status(403), of_feed()),
            "http://feed.test/services answers 403: it refuses the token or the headers");
  EXPECT_EQ(fault_of(with_status(500, "database is down\nmore"), of_feed()),
            "http://feed.test/services answers 500: database is down");
  EXPECT_THAT(*fault_of(with_status(200, std::string(11, 'x')), of_feed()), HasSubstr("more than max_size allows"));
  EXPECT_EQ(fault_of(common::lost_answer("nobody listens"), of_feed()), "nobody listens");
}

TEST(HttpFeed, NamesThePlaceThatAnAnswerLeadsTo) {
  auto answer = with_status(301);
  answer.headers["location"] = "https://feed.test/services";
  EXPECT_EQ(fault_of(answer, of_feed()),
            "http://feed.test/services answers 301: the feed is at https://feed.test/services; write that as url");
}

TEST(HttpFeed, AnEmptyObjectDoesNotMeanThatThereAreNoServices) {
  std::string why;
  EXPECT_FALSE(read_feed("{}", of_feed(), why));
  EXPECT_EQ(why, R"(http://feed.test/services: there is no "service"; for no services the feed says {"service": []})");
  EXPECT_TRUE(read_feed(R"({"service": []})", of_feed(), why)->empty());
}

}  // namespace http_answer_test
}  // namespace drcon::http
