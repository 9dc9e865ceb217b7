// Each kind of fault has a code of its own, which scripts compare with.
#include "known_plugins.hpp"

#include "support/temp_dir.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace drcon::config {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> codes_of(const std::string& text) {
  const test::temp_dir directory;
  test::write_file(directory / "drcon.toml", text);
  diagnostics found;
  load(directory / "drcon.toml", known_plugins(), found);
  std::vector<std::string> all;
  for (const auto& each : found.sorted()) all.emplace_back(to_string(each.code));
  return all;
}

TEST(DiagnosticCode, IsThatOfTheKindOfFault) {
  EXPECT_THAT(codes_of(small), ElementsAre());
  EXPECT_THAT(codes_of("x = "), ElementsAre("syntax"));
  EXPECT_THAT(codes_of(small + "[log]\nlevl = \"info\"\n"), ElementsAre("unknown-key"));
  EXPECT_THAT(codes_of(small + "[sinks.other]\n"), ElementsAre("unknown-key"));
  EXPECT_THAT(codes_of(small + "[log]\nlevel = 5\n"), ElementsAre("value"));
  EXPECT_THAT(codes_of(small + "[sink.more]\nplugin = \"nginx\"\n"), ElementsAre("missing-key", "unused"));
  EXPECT_THAT(codes_of(small + "[sink.more]\nplugin = \"ngnx\"\n"), ElementsAre("unused", "unknown-plugin"));
  EXPECT_THAT(codes_of(small + "[sink.more]\nplugin = \"file\"\n"), ElementsAre("unused", "unknown-plugin"));
  EXPECT_THAT(codes_of(small + "[pipeline.b]\nsources = [\"consl\"]\nsinks = [\"edge\"]\n"),
              ElementsAre("unknown-name"));
  EXPECT_THAT(codes_of(small + "[pipeline.b]\nsources = [\"consul\", \"consul\"]\nsinks = [\"edge\"]\n"),
              ElementsAre("name"));
  EXPECT_THAT(codes_of("include = [\"no-such.toml\"]\n" + small), ElementsAre("file"));
  EXPECT_THAT(codes_of(small + "[source.b]\nplugin = \"consul-http\"\nservice = [{ name = \"x\" }]\n"
                               "token = { file = \"no-such\" }\n"),
              ElementsAre("unused", "secret"));
  EXPECT_THAT(
      codes_of(small +
               "[pipeline.b]\nsources = [\"consul\"]\nsinks = [\"edge\"]\nbrake = { max_removed = \"100%\" }\n"),
      ElementsAre("new-meaning"));
}

TEST(DiagnosticCode, HasAWordAndAMeaningOfItsOwn) {
  std::set<std::string_view> words;
  for (const auto& each : all_codes()) {
    EXPECT_TRUE(words.insert(each.word).second) << each.word;
    EXPECT_TRUE(each.meaning.ends_with('.')) << each.word;
  }
  EXPECT_EQ(to_string(code::reload), "reload") << "the list is as long as the enumeration";
  EXPECT_EQ(all_codes().size(), static_cast<std::size_t>(code::reload) + 1);
}

}  // namespace
}  // namespace drcon::config
