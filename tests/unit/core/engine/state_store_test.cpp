#include "engine/state_store.hpp"

#include "engine/pause_store.hpp"
#include "engine/state_file.hpp"

#include "model/snapshot.hpp"
#include "support/fake_plugins.hpp"
#include "support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace drcon::engine {
namespace {

model::snapshot_ptr a_snapshot() {
  auto web = test::service_of("web", 2);
  web.endpoints[0].tags = {"v1", "ü"};
  web.endpoints[0].meta = {{"zone", "a"}};
  web.endpoints[1].health = health::warning;
  return std::make_shared<const model::snapshot>(
      7, std::vector<model::service_ptr>{std::make_shared<const model::shared_service>(std::move(web))});
}

TEST(StateStore, ReadsBackWhatItKept) {
  const test::temp_dir directory;
  { state_store(directory.path()).save("p", a_snapshot()); }
  const auto loaded = state_store(directory.path()).load("p");
  ASSERT_TRUE(loaded) << loaded.error().why;
  const auto back = *loaded;
  ASSERT_TRUE(back);
  EXPECT_EQ(back->revision(), 7U);
  EXPECT_TRUE(same_content(*back, *a_snapshot()));
}

TEST(StateStore, HasNothingWithoutComplaintWhenThereIsNoFile) {
  const test::temp_dir directory;
  const auto loaded = state_store(directory.path()).load("p");
  ASSERT_TRUE(loaded) << loaded.error().why;
  EXPECT_EQ(*loaded, nullptr);
}

TEST(StateStore, RefusesADamagedFileAndSaysSo) {
  const auto good = serialise(*a_snapshot());
  for (std::size_t i = 0; i < good.size() - 1; i += 7) {
    auto bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    const auto parsed = parse_state(bad);
    ASSERT_FALSE(parsed) << "byte " << i;
    EXPECT_NE(parsed.error().why, "");
  }
}

TEST(StateStore, RefusesAFileCutShort) {
  const auto good = serialise(*a_snapshot());
  for (std::size_t length = 0; length + 2 < good.size(); length += 5) {
    EXPECT_FALSE(parse_state(good.substr(0, length))) << "length " << length;
  }
}

TEST(StateStore, WritesTheNewestOfManySaves) {
  const test::temp_dir directory;
  {
    state_store store(directory.path());
    for (std::uint64_t revision = 1; revision <= 1000; ++revision)
      store.save("p", std::make_shared<const model::snapshot>(revision, std::vector<model::service_ptr>{}));
  }
  const auto loaded = state_store(directory.path()).load("p");
  ASSERT_TRUE(loaded) << loaded.error().why;
  ASSERT_TRUE(*loaded);
  EXPECT_EQ((*loaded)->revision(), 1000U);
}

TEST(StateStore, NamesTheFileThatItDoesNotUse) {
  const test::temp_dir directory;
  std::ofstream(directory.path() / "p.state") << "something else\n";
  const auto loaded = state_store(directory.path()).load("p");
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().why,
            (directory.path() / "p.state").string() + " is not used: it does not start with 'drcon-state 1 sha256 '");
}

TEST(StateStore, WritesAReasonThatIsNotUtf8) {
  const pause_mark mark{.why = "a\xff\xd1", .since = {}};
  EXPECT_EQ(parse_pause(serialise(mark)).why, "a\xef\xbf\xbd\xef\xbf\xbd") << "with the character for what is unknown";
}

TEST(StateStore, TakesAMarkThatCannotBeReadForAPause) {
  const test::temp_dir directory;
  EXPECT_FALSE(pause_store(directory.path()).load("p"));
  for (const auto* text : {"", "no JSON", "[]", "{\"why\": 3}"}) {
    std::ofstream(directory.path() / "p.paused") << text;
    const auto mark = pause_store(directory.path()).load("p");
    ASSERT_TRUE(mark) << text;
    EXPECT_EQ(mark->why, "paused before the restart") << text;
  }
}

}  // namespace
}  // namespace drcon::engine
