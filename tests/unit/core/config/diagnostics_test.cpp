#include "config/diagnostics.hpp"

#include "config/suggest.hpp"
#include "config/text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace drcon::config {
namespace {

TEST(Diagnostics, AreReportedInOrderOfPlace) {
  diagnostics found;
  found.error(code::value, {"b.toml", 1, 1}, "fourth");
  found.error(code::value, {"a.toml", 10, 1}, "third");
  found.warning(code::value, {"a.toml", 9, 4}, "second", "fix it");
  found.error(code::value, {"a.toml"}, "first");
  EXPECT_EQ(found.text(),
            "a.toml: error: first\n"
            "a.toml:9:4: warning: second; fix it\n"
            "a.toml:10:1: error: third\n"
            "b.toml:1:1: error: fourth\n");
}

TEST(Diagnostics, OfWarningsOnlyAreNoErrors) {
  diagnostics found;
  found.warning(code::value, {"a.toml", 1, 1}, "unused");
  EXPECT_FALSE(found.has_errors());
  found.error(code::value, {"a.toml", 1, 1}, "wrong");
  EXPECT_TRUE(found.has_errors());
}

// drcon is started again only where that may help.
TEST(Diagnostics, MayPassWhenEachErrorMay) {
  diagnostics found;
  EXPECT_FALSE(found.may_pass()) << "there is none";
  found.warning(code::value, {"a.toml", 1, 1}, "unused");
  found.unread(code::secret, {"a.toml", 2, 1}, {"the file 'token' cannot be read: No such file or directory", true});
  EXPECT_TRUE(found.may_pass());
  found.error(code::unknown_plugin, {"a.toml", 3, 1}, "unknown plugin 'x'");
  EXPECT_FALSE(found.may_pass());
  EXPECT_TRUE(found.may_pass(code::unknown_plugin));
  found.unread(code::secret, {"a.toml", 4, 1}, {"the file 'token' is a directory, not a file"});
  EXPECT_FALSE(found.may_pass(code::unknown_plugin));
}

TEST(Diagnostics, StayOnOneLineWhateverTheyQuote) {
  diagnostics found;
  found.error(code::value, {"a.toml", 1, 1}, "unknown key 'a\nb\x1b[2J\x7f'");
  EXPECT_EQ(found.text(), "a.toml:1:1: error: unknown key 'a\\x0ab\\x1b[2J\\x7f'\n");
}

TEST(Shortened, CutsBetweenCharacters) {
  EXPECT_EQ(shortened("short"), "short");
  const auto text = std::string(79, 'a') + "éé";
  EXPECT_EQ(shortened(text), std::string(79, 'a') + "…");
  EXPECT_EQ(shortened(std::string(81, '\x80')), "…");  // not UTF-8, and still not a crash
}

TEST(Suggestion, IsTheNearestWord) {
  const std::vector<std::string> known{"address", "service", "token", "wait"};
  EXPECT_EQ(suggestion("adress", known), "did you mean 'address'?");
  EXPECT_EQ(suggestion("wiat", known), "did you mean 'wait'?");
  EXPECT_EQ(suggestion("Token", known), "did you mean 'token'?");
}

TEST(Suggestion, CompletesWhatWasBegun) {
  EXPECT_EQ(suggestion("warn", {"error", "warning"}), "did you mean 'warning'?");
}

TEST(Suggestion, NamesAllThatBeginSo) {
  EXPECT_EQ(suggestion("consul", {"consul-dns", "consul-http", "consul-kv", "file"}),
            "did you mean 'consul-dns', 'consul-http' or 'consul-kv'?");
}

TEST(Suggestion, ListsWhatIsKnownWhenNothingIsNear) {
  EXPECT_EQ(suggestion("colour", {"level", "format"}), "known are: level, format");
}

TEST(Suggestion, IsNoneWhenTheListWouldBeLong) {
  std::vector<std::string> known;
  for (char c = 'a'; c <= 'z'; ++c) known.emplace_back(8, c);
  EXPECT_EQ(suggestion("colour", known), "");
  EXPECT_EQ(suggestion("colour", {}), "");
  EXPECT_EQ(suggestion("d", {"c"}), "known are: c") << "one letter is all of that name";
  EXPECT_EQ(suggestion("", {}), "");
}

TEST(Suggestion, CostsLittleForAHugeKey) {
  EXPECT_EQ(suggestion(std::string(10'000'000, 'x'), {"level"}), "known are: level");
}

// What a reload logs, and what the admin interface answers, is made of the parts.
TEST(Diagnostics, QuoteWhatAFileHoldsOnOneLineInEachOfTheirParts) {
  diagnostics found;
  found.error(code::value, {.file = "a\nb.toml", .line = 1, .column = 2}, "expected 'inf', saw 'i\n'", "say \x1b[31m");
  found.warning(code::value, {.file = "c.toml", .line = 1, .column = 1}, "what\rever");
  const auto all = found.sorted();
  EXPECT_EQ(all[0].where.file, "a\\x0ab.toml");
  EXPECT_EQ(all[0].message, "expected 'inf', saw 'i\\x0a'");
  EXPECT_EQ(all[0].help, "say \\x1b[31m");
  EXPECT_EQ(all[1].message, "what\\x0dever");
}

}  // namespace
}  // namespace drcon::config
