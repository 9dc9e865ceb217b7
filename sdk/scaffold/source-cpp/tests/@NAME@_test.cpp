// The source, driven as drcon drives it; drcon/testing.hpp records what it says.
#include <drcon/testing.hpp>

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace {

class Source : public testing::Test {
protected:
  // Replaces the file as a whole, as a writer should.
  void write(const std::string& text) const {
    const auto beside = path_ + ".new";
    std::ofstream(beside) << text;
    std::filesystem::rename(beside, path_);
  }
  drcon::testing::source_instance source() const {
    return drcon::testing::source_of(drcon_plugin_entry, {{"path", path_}, {"interval", "10ms"}});
  }
  void TearDown() override { std::filesystem::remove(path_); }

  const std::string path_ = testing::TempDir() + "@NAME@-" + std::to_string(::getpid());
};

TEST_F(Source, PublishesTheServicesOfTheFile) {
  write("# all of them\nweb a 10.0.0.1 80\napi c 10.0.0.3 90\n\nweb b 10.0.0.2 80\n");
  auto mine = source();
  mine.start();
  ASSERT_TRUE(mine.host().wait_until([&] { return mine.host().ready(); }));
  const auto services = mine.host().services();
  ASSERT_EQ(services.size(), 2);
  ASSERT_EQ(services.at("web").endpoints.size(), 2);
  EXPECT_EQ(services.at("web").endpoints[1].id, "b");
  EXPECT_EQ(services.at("web").endpoints[1].address, "10.0.0.2");
  EXPECT_EQ(services.at("web").endpoints[1].port, 80);
}

TEST_F(Source, FollowsTheFile) {
  write("web a 10.0.0.1 80\napi c 10.0.0.3 90\n");
  auto mine = source();
  mine.start();
  ASSERT_TRUE(mine.host().wait_until([&] { return mine.host().ready(); }));
  write("api c 10.0.0.3 91\n");
  EXPECT_TRUE(mine.host().wait_until([&] {
    const auto now = mine.host().services();
    return now.size() == 1 && now.contains("api") && now.at("api").endpoints.at(0).port == 91;
  }));
}

TEST_F(Source, TakesAnErrorForUnknownAndNeverForEmpty) {
  for (const auto* bad : {"", "web\n", "web a 10.0.0.1 port\n", "web a 10.0.0.1 80 more\n", "web a 10.0.0.1 65536\n"}) {
    write(bad);
    auto mine = source();
    mine.start();
    ASSERT_TRUE(mine.host().wait_until([&] { return mine.host().unknown().contains(""); })) << bad;
    ASSERT_TRUE(mine.host().wait_until([&] { return mine.host().status().state == DRCON_STATE_AWAY; })) << bad;
    EXPECT_EQ(mine.host().publishes(), 0) << bad;
    EXPECT_FALSE(mine.host().ready()) << bad;
    write("web a 10.0.0.1 80\n");
    EXPECT_TRUE(mine.host().wait_until([&] { return mine.host().ready(); })) << bad;  // it recovers
  }
}

TEST_F(Source, KeepsWhatItToldWhileTheFileIsAway) {
  write("web a 10.0.0.1 80\n");
  auto mine = source();
  mine.start();
  ASSERT_TRUE(mine.host().wait_until([&] { return mine.host().ready(); }));
  std::filesystem::remove(path_);
  ASSERT_TRUE(mine.host().wait_until([&] { return !mine.host().ready(); }));
  EXPECT_EQ(mine.host().services().at("web").endpoints.size(), 1);
}

TEST_F(Source, RefusesAnIntervalThatIsTooShort) {
  try {
    drcon::testing::source_of(drcon_plugin_entry, {{"path", path_}, {"interval", "1ms"}});
    ADD_FAILURE() << "it was accepted";
  } catch (const drcon::testing::create_refused& refused) {
    EXPECT_EQ(refused.pointer(), "/interval");
  }
}

}  // namespace
