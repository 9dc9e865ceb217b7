#include "docker/event_lines.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace drcon::docker {
namespace {

class EventLines : public ::testing::Test {
protected:
  bool add(const std::string& part) {
    return lines_.add(part, [this](const std::string& line) { taken_.push_back(line); });
  }

  event_lines lines_;
  std::vector<std::string> taken_;
};

TEST_F(EventLines, AreFoundInPartsThatEndAnywhere) {
  for (const auto* part : {"one\ntw", "o", "\n", "\nthree\nfo"}) EXPECT_FALSE(add(part));
  EXPECT_EQ(taken_, (std::vector<std::string>{"one", "two", "", "three"}));
}

TEST_F(EventLines, ThatAreTooLongAreDroppedUpToTheirEnd) {
  const std::string half(event_lines::longest / 2 + 1, 'x');
  EXPECT_FALSE(add("one\n" + half));
  EXPECT_TRUE(add(half));
  EXPECT_FALSE(add(half)) << "it is said once";
  EXPECT_FALSE(add("\ntwo\n"));
  EXPECT_EQ(taken_, (std::vector<std::string>{"one", "two"}));
  EXPECT_TRUE(add(half + half + "\nthree\n")) << "also within one part";
  EXPECT_EQ(taken_.back(), "three");
}

TEST_F(EventLines, OfJustTheGreatestLengthAreTaken) {
  EXPECT_FALSE(add(std::string(event_lines::longest, 'x') + "\n"));
  EXPECT_EQ(taken_.size(), 1U);
}

}  // namespace
}  // namespace drcon::docker
