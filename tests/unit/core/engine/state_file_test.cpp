// What the files of the state directory hold, and that what is answered as kept survives a power failure.
#include "engine/state_file.hpp"

#include "engine/sha256.hpp"
#include "model/snapshot.hpp"
#include "support/fake_plugins.hpp"
#include "support/recorded_syncs.hpp"
#include "support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

namespace drcon::engine {
namespace {

ino_t inode_of(const std::filesystem::path& file) {
  struct stat info {};
  EXPECT_EQ(::stat(file.c_str(), &info), 0) << file;
  return info.st_ino;
}

TEST(StateFile, IsOnDiskBeforeItsNameIsAndThenItsName) {
  const test::temp_dir directory;
  const test::recorded_syncs synced;
  ASSERT_TRUE(replace_file(directory / "p.paused", "lunch"));
  EXPECT_EQ(synced.seen(), (std::vector<ino_t>{inode_of(directory / "p.paused"), inode_of(directory.path())}));
}

TEST(StateFile, IsGoneForGoodWhenItIsRemoved) {
  const test::temp_dir directory;
  ASSERT_TRUE(replace_file(directory / "p.paused", "lunch"));
  const test::recorded_syncs synced;
  ASSERT_TRUE(remove_file(directory / "p.paused"));
  EXPECT_EQ(synced.seen(), std::vector<ino_t>{inode_of(directory.path())});
}

TEST(StateFile, HasWhatTheBrakeHasToKnow) {
  const std::chrono::system_clock::time_point noon{std::chrono::hours(500'000)};
  const kept_brake_memory brake{
      .holds = {{.service = "", .why = "too much", .kept = 12, .lowest = 3, .since = noon, .of_outage = true},
                {.service = "web",
                 .why = "4 of 4",
                 .kept = 4,
                 .lowest = 0,
                 .since = noon,
                 .seen = std::chrono::minutes(4),
                 .is_own = false}},
      .losses = {{.service = "api", .until = noon, .served = 10}}};
  const auto text = serialise(model::snapshot(7, {}), {}, brake);
  const auto read = parse_state(text);
  ASSERT_TRUE(read) << read.error().why;
  EXPECT_EQ(read->brake, brake);
}

TEST(StateFile, SaysWhenItsSnapshotWasDecided) {
  const std::chrono::system_clock::time_point noon{std::chrono::hours(500'000)};
  const auto read = parse_state(serialise(model::snapshot(7, {}), {}, {}, noon));
  ASSERT_TRUE(read) << read.error().why;
  EXPECT_EQ(read->decided, noon);
}

// More than one piece, and texts that JSON writes in another way.
TEST(StateFile, ThatIsWrittenPieceByPieceIsTheSameText) {
  std::vector<model::service_ptr> services;
  for (int i = 0; i < 300; ++i) {
    auto each = test::service_of("s" + std::to_string(1000 + i), 10);
    each.endpoints[0].node = "a \"quoted\" \\ node";
    each.endpoints[1].tags = {"", "\xc3\xbc", "tab\there"};
    each.endpoints[2].meta = {{"k\"ey", "v\nalue"}, {"none", ""}};
    services.push_back(std::make_shared<const model::shared_service>(std::move(each)));
  }
  services.push_back(std::make_shared<const model::shared_service>(
      service{.name = "values", .revision = 3, .endpoints = {}, .values = {{"a", "two\nlines"}, {"b", ""}}}));
  const saved_state state{.snapshot = std::make_shared<const model::snapshot>(7, std::move(services)),
                          .asked = {.sources = "x", .filter = "y"}};
  const test::temp_dir directory;
  const auto file = write_beside(directory / "p.state", state);
  ASSERT_TRUE(file) << file.error().why;
  const auto text = test::read_file(*file);
  EXPECT_EQ(text, serialise(*state.snapshot, state.asked));
  const auto read = parse_state(text);
  ASSERT_TRUE(read) << read.error().why;
  EXPECT_TRUE(same_content(*read->snapshot, *state.snapshot));
  EXPECT_EQ(read->snapshot->revision(), 7U);
  EXPECT_EQ(read->asked, state.asked);
  EXPECT_EQ(read->snapshot->find("values")->values().at("a"), "two\nlines");
}

// As an earlier version has left it.
TEST(StateFile, IsReadWithTheIndentOfEarlierVersions) {
  const std::string body = R"({
 "revision": 7,
 "services": [
  {
   "endpoints": [
    {
     "address": "10.0.0.1",
     "health": 0,
     "id": "web-1",
     "meta": {},
     "node": "n1",
     "port": 80,
     "priority": 0,
     "tags": [],
     "weight": 1
    }
   ],
   "name": "web",
   "revision": 1
  }
 ]
})";
  const auto read = parse_state("drcon-state 1 sha256 " + sha256(body) + "\n" + body + "\n");
  ASSERT_TRUE(read) << read.error().why;
  EXPECT_EQ(read->snapshot->find("web")->endpoints()[0].address(), "10.0.0.1");
  EXPECT_EQ(read->decided, std::chrono::system_clock::time_point()) << "they did not say";
}

}  // namespace
}  // namespace drcon::engine
