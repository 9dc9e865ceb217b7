#include "engine/state_store.hpp"

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
  std::string why;
  { state_store(directory.path()).save("p", a_snapshot()); }
  const auto back = state_store(directory.path()).load("p", why);
  ASSERT_TRUE(back) << why;
  EXPECT_EQ(back->revision(), 7U);
  EXPECT_TRUE(same_content(*back, *a_snapshot()));
}

TEST(StateStore, HasNothingWithoutComplaintWhenThereIsNoFile) {
  const test::temp_dir directory;
  std::string why;
  EXPECT_EQ(state_store(directory.path()).load("p", why), nullptr);
  EXPECT_EQ(why, "");
}

TEST(StateStore, RefusesADamagedFileAndSaysSo) {
  const auto good = serialise(*a_snapshot());
  for (std::size_t i = 0; i < good.size() - 1; i += 7) {
    auto bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    std::string why;
    EXPECT_EQ(parse_state(bad, why), nullptr) << "byte " << i;
    EXPECT_NE(why, "");
  }
}

TEST(StateStore, RefusesAFileCutShort) {
  const auto good = serialise(*a_snapshot());
  for (std::size_t length = 0; length + 2 < good.size(); length += 5) {
    std::string why;
    EXPECT_EQ(parse_state(good.substr(0, length), why), nullptr) << "length " << length;
  }
}

TEST(StateStore, WritesTheNewestOfManySaves) {
  const test::temp_dir directory;
  {
    state_store store(directory.path());
    for (std::uint64_t revision = 1; revision <= 1000; ++revision)
      store.save("p", std::make_shared<const model::snapshot>(revision, std::vector<model::service_ptr>{}));
  }
  std::string why;
  const auto back = state_store(directory.path()).load("p", why);
  ASSERT_TRUE(back) << why;
  EXPECT_EQ(back->revision(), 1000U);
}

}  // namespace
}  // namespace drcon::engine
