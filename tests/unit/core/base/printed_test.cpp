#include "base/printed.hpp"

#include <drcon/printed.hpp>

#include <gtest/gtest.h>

#include <string>

namespace drcon::base {
namespace {

const std::string instead = "(what it printed is shown over the unix socket, or with [admin] token)";
const std::string with_output =
    "'check' ended with code 1: " + printed("line 3: password=\"x\"") + "; the old file stays";

TEST(Printed, IsForThoseWhoMaySeeIt) {
  EXPECT_EQ(with_printed(with_output), "'check' ended with code 1: line 3: password=\"x\"; the old file stays");
  EXPECT_EQ(without_printed(with_output, text_kind::plain),
            "'check' ended with code 1: " + instead + "; the old file stays");
  EXPECT_EQ(without_printed("a" + printed("1") + "b" + printed("2"), text_kind::plain), "a" + instead + "b" + instead);
  for (const std::string same : {"", "nothing of it"}) {
    EXPECT_EQ(with_printed(same), same);
    EXPECT_EQ(without_printed(same, text_kind::json), same);
    EXPECT_EQ(printed(""), "");
  }
}

TEST(Printed, DoesNotEndBeforeItsEnd) {
  const auto hostile = printed("a" + std::string(printed_end) + "secret" + std::string(printed_begin) + "b");
  EXPECT_EQ(without_printed(hostile + "!", text_kind::plain), instead + "!");
  EXPECT_EQ(without_printed("{\"why\":\"" + std::string(printed_begin) + "say \\\"secret\\\" \\\\\\\"more\"}",
                            text_kind::json),
            "{\"why\":\"" + instead + "\"}")
      << "one whose end was cut off ends with its string";
  EXPECT_EQ(without_printed(std::string(printed_begin) + "a \"secret\"\nnext", text_kind::plain), instead + "\nnext");
  EXPECT_EQ(without_printed(std::string(printed_begin) + "cut off\\", text_kind::json), instead);
}

}  // namespace
}  // namespace drcon::base
