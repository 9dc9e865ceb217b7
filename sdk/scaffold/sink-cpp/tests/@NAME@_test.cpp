// The sink, driven as drcon drives it; drcon/testing.hpp stands in for drcon.
#include <drcon/testing.hpp>

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace {

class Sink : public testing::Test {
protected:
  std::string content() const {
    std::ifstream file(path_);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  drcon::testing::sink_instance sink() const { return drcon::testing::sink_of(drcon_plugin_entry, {{"file", path_}}); }
  void TearDown() override { std::filesystem::remove(path_); }

  const std::string path_ = testing::TempDir() + "@NAME@-" + std::to_string(::getpid());
};

drcon::endpoint endpoint(std::string id, std::string address) {
  drcon::endpoint made;
  made.id = std::move(id);
  made.address = std::move(address);
  made.port = 80;
  return made;
}

std::vector<drcon::service> web(std::vector<drcon::endpoint> endpoints) {
  drcon::service made;
  made.name = "web";
  made.endpoints = std::move(endpoints);
  return {made};
}

TEST_F(Sink, WritesWhatIsWanted) {
  auto mine = sink();
  mine.start();
  EXPECT_EQ(mine.apply(web({endpoint("a", "10.0.0.1"), endpoint("b", "10.0.0.2")})).result, DRCON_OK);
  EXPECT_EQ(content(), "# service id address port\nweb a 10.0.0.1 80\nweb b 10.0.0.2 80\n");
  EXPECT_EQ(mine.apply(web({endpoint("a", "10.0.0.1")})).result, DRCON_OK);
  EXPECT_EQ(content(), "# service id address port\nweb a 10.0.0.1 80\n");
}

TEST_F(Sink, CorrectsAFileThatSomebodyElseChanged) {
  auto mine = sink();
  mine.start();
  mine.apply(web({endpoint("a", "10.0.0.1")}));
  std::ofstream(path_) << "oh no\n";
  EXPECT_EQ(mine.reconcile().result, DRCON_OK);
  EXPECT_EQ(content(), "# service id address port\nweb a 10.0.0.1 80\n");
}

TEST_F(Sink, LeavesAFileAloneThatIsRight) {
  auto mine = sink();
  mine.start();
  struct stat before {};
  struct stat after {};
  mine.apply(web({endpoint("a", "10.0.0.1")}));
  ASSERT_EQ(::stat(path_.c_str(), &before), 0);
  mine.reconcile();
  ASSERT_EQ(::stat(path_.c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
}

TEST_F(Sink, LeavesOutWhatTheFileCannotSay) {
  auto mine = sink();
  mine.start();
  mine.apply(web({endpoint("a", "10.0.0.1"), endpoint("b 1.2.3.4 1 #", "10.0.0.2")}));
  EXPECT_EQ(content(), "# service id address port\nweb a 10.0.0.1 80\n");
  ASSERT_EQ(mine.host().refusals().size(), 1);
  EXPECT_EQ(mine.host().refusals()[0].endpoint, "b 1.2.3.4 1 #");
}

TEST_F(Sink, LeavesOutWhatShouldGetNoTraffic) {
  auto sick = endpoint("a", "10.0.0.1");
  sick.health = drcon::health::critical;
  auto idle = endpoint("b", "10.0.0.2");
  idle.weight = 0;
  auto mine = sink();
  mine.start();
  mine.apply(web({sick, idle}));
  EXPECT_EQ(content(), "# service id address port\n");
}

TEST_F(Sink, AsksToComeAgainWhenTheFileCannotBeWritten) {
  auto mine = drcon::testing::sink_of(drcon_plugin_entry, {{"file", path_ + "/no-such-directory/file"}});
  mine.start();
  EXPECT_EQ(mine.apply(web({endpoint("a", "10.0.0.1")})).result, DRCON_RETRY);
}

TEST_F(Sink, RendersAndTouchesNothing) {
  auto mine = sink();
  const auto rendered = mine.render(web({endpoint("a", "10.0.0.1")}));
  ASSERT_EQ(rendered.size(), 1);
  EXPECT_EQ(rendered[0].wanted, "# service id address port\nweb a 10.0.0.1 80\n");
  EXPECT_FALSE(std::filesystem::exists(path_));
}

}  // namespace
