// What `drcon plugin test` prints of its cases.
#include "conformance/cases.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace drcon::conformance {
namespace {

std::map<std::string, std::string> promises() {
  std::map<std::string, std::string> all;
  for (const auto& group : {library_cases(), option_cases(), life_cases(), source_cases(), sink_cases()})
    for (const auto& each : group) all[each.name] = each.promise;
  return all;
}

TEST(ConformanceCases, StateEachPromiseAsASentence) {
  for (const auto& [name, promise] : promises()) EXPECT_TRUE(promise.ends_with('.')) << name << ": " << promise;
}

TEST(ConformanceCases, NameTheThingThatThePromiseIsAbout) {
  const auto all = promises();
  EXPECT_EQ(all.at("leaves-no-descriptor"), "An instance leaves no file descriptor open after destroy.");
  EXPECT_EQ(all.at("takes-a-newer-host"),
            "create accepts a host with a newer minor version of the ABI, whose table is longer.");
  EXPECT_EQ(all.at("reads-options-by-length"), "Strings have a length, and need not end with a NUL byte.");
  EXPECT_EQ(all.at("reads-updates-by-length"), all.at("reads-options-by-length"));
}

}  // namespace
}  // namespace drcon::conformance
