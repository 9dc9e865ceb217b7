// The file source on a real file system.
#include "support/plugin_harness.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <memory>
#include <set>
#include <thread>

namespace drcon::test {
namespace {

std::string toml_with(const std::vector<std::string>& services) {
  std::string text;
  for (const auto& each : services)
    text += "[[service]]\nname = \"" + each + "\"\n[[service.endpoint]]\naddress = \"10.0.0.1\"\nport = 80\n";
  return text;
}

class FileSource : public ::testing::Test {
protected:
  source_harness& start(const std::string& more = {}, const std::string& settle = "30ms") {
    source_ = std::make_unique<source_harness>(
        "file", "path = \"" + path_.string() + "\"\nsettle = \"" + settle + "\"\n" + more);
    source_->start();
    return *source_;
  }
  bool has(const std::set<std::string>& names) {
    return source_->wait_for([&](const source_harness::state& now) {
      std::set<std::string> known;
      for (const auto& [name, each] : now.services) known.insert(name);
      return now.ready && known == names;
    });
  }

  temp_dir directory_;
  std::filesystem::path path_ = directory_ / "hosts.toml";
  std::unique_ptr<source_harness> source_;
};

// How often it is opened while that time passes.
int opened(const std::filesystem::path& path, std::chrono::milliseconds during) {
  const int events = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  ::inotify_add_watch(events, path.c_str(), IN_OPEN);
  int count = 0;
  const auto end = std::chrono::steady_clock::now() + during;
  while (std::chrono::steady_clock::now() < end) {
    alignas(inotify_event) std::array<char, 4096> buffer{};
    for (ssize_t length = 0; (length = ::read(events, buffer.data(), buffer.size())) > 0;)
      count += static_cast<int>(length / static_cast<ssize_t>(sizeof(inotify_event)));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ::close(events);
  return count;
}

TEST_F(FileSource, PausesBetweenTwoLooksWhateverIsAsked) {
  write_file(path_, toml_with({"web"}));
  start("poll = \"0s\"\n");
  ASSERT_TRUE(has({"web"}));
  EXPECT_LE(opened(path_, std::chrono::milliseconds(300)), 35);
}

TEST_F(FileSource, PublishesWhatTheFileHolds) {
  write_file(path_,
             "[[service]]\nname = \"web\"\n[[service.endpoint]]\naddress = \"::1\"\nport = 81\nid = \"x\"\nnode = "
             "\"n\"\nweight = 3\n"
             "priority = 1\nhealth = \"warning\"\ntags = [\"t\"]\nmeta = { k = \"v\" }\n");
  start();
  ASSERT_TRUE(has({"web"}));
  const auto web = source_->now().services.at("web");
  ASSERT_EQ(web.endpoints.size(), 1U);
  const endpoint expected{.id = "x",
                          .node = "n",
                          .address = "::1",
                          .port = 81,
                          .weight = 3,
                          .priority = 1,
                          .health = health::warning,
                          .tags = {"t"},
                          .meta = {{"k", "v"}}};
  EXPECT_EQ(web.endpoints[0], expected);
}

TEST_F(FileSource, ReadsJsonByItsName) {
  path_ = directory_ / "hosts.json";
  write_file(path_, R"({"service": [{"name": "web", "endpoint": [{"address": "10.0.0.1", "port": 80}]}]})");
  start();
  EXPECT_TRUE(has({"web"}));
}

TEST_F(FileSource, FollowsWritesAndReplacements) {
  write_file(path_, toml_with({"a"}));
  start();
  ASSERT_TRUE(has({"a"}));
  write_file(path_, toml_with({"a", "b"}));
  EXPECT_TRUE(has({"a", "b"}));
  write_file(directory_ / "next", toml_with({"b"}));
  std::filesystem::rename(directory_ / "next", path_);
  EXPECT_TRUE(has({"b"})) << "what is gone from the file is withdrawn";
}

TEST_F(FileSource, KeepsWhatItReadWhenTheFileBreaksAndSaysWhere) {
  write_file(path_, toml_with({"a"}));
  start();
  ASSERT_TRUE(has({"a"}));
  write_file(path_, "[[service]]\nname = \"b\"\nport = 7\n");
  ASSERT_TRUE(source_->wait_for([](const auto& now) { return !now.all_unknown.empty(); }));
  EXPECT_NE(source_->now().all_unknown.find("hosts.toml:3:8: unknown key 'port' of a service"), std::string::npos)
      << source_->now().all_unknown;
  EXPECT_TRUE(source_->now().services.contains("a"));
  EXPECT_EQ(source_->now().services.size(), 1U);
  write_file(path_, toml_with({"c"}));
  EXPECT_TRUE(has({"c"}));
  EXPECT_TRUE(wait_until([&] { return source_->status().state == DRCON_STATE_OK; }));
}

TEST_F(FileSource, NeverTakesAHalfWrittenFileForTheWhole) {
  const auto whole = toml_with({"a", "b", "c"});
  write_file(path_, whole);
  start();
  ASSERT_TRUE(has({"a", "b", "c"}));
  write_file(path_, whole.substr(0, whole.size() - 10));
  ASSERT_TRUE(source_->wait_for([](const auto& now) { return !now.all_unknown.empty(); }));
  EXPECT_EQ(source_->now().services.size(), 3U);
}

TEST_F(FileSource, WaitsForAFileAndForItsDirectory) {
  path_ = directory_ / "later/hosts.toml";
  start();
  ASSERT_TRUE(source_->wait_for([](const auto& now) { return !now.all_unknown.empty(); }));
  EXPECT_FALSE(source_->now().ready);
  write_file(path_, toml_with({"a"}));
  EXPECT_TRUE(has({"a"}));
}

TEST_F(FileSource, TakesARemovedFileForNoChange) {
  write_file(path_, toml_with({"a"}));
  start();
  ASSERT_TRUE(has({"a"}));
  std::filesystem::remove(path_);
  ASSERT_TRUE(source_->wait_for([](const auto& now) { return !now.all_unknown.empty(); }));
  EXPECT_EQ(source_->now().services.size(), 1U);
  write_file(path_, toml_with({"a"}));
  EXPECT_TRUE(source_->wait_for([](const auto& now) { return now.all_unknown.empty(); })) << "the same text again";
}

TEST_F(FileSource, FollowsALinkThatIsSwapped) {
  write_file(directory_ / "one/data.toml", toml_with({"a"}));
  write_file(directory_ / "two/data.toml", toml_with({"b"}));
  std::filesystem::create_symlink(directory_ / "one/data.toml", path_);
  start();
  ASSERT_TRUE(has({"a"}));
  std::filesystem::create_symlink(directory_ / "two/data.toml", directory_ / "next");
  std::filesystem::rename(directory_ / "next", path_);
  EXPECT_TRUE(has({"b"}));
}

TEST_F(FileSource, FindsAChangeByPollingWithoutNotification) {
  write_file(directory_ / "elsewhere/data.toml", toml_with({"a"}));
  std::filesystem::create_symlink(directory_ / "elsewhere/data.toml", path_);
  start("poll = \"50ms\"\n");
  ASSERT_TRUE(has({"a"}));
  write_file(directory_ / "elsewhere/data.toml", toml_with({"b"}));  // not in the directory that is watched
  EXPECT_TRUE(has({"b"}));
}

TEST_F(FileSource, PublishesNoServicesForAnEmptyButValidFile) {
  write_file(path_, toml_with({"a"}));
  start();
  ASSERT_TRUE(has({"a"}));
  write_file(path_, "service = []\n");
  EXPECT_TRUE(has({}));
}

TEST_F(FileSource, TakesAnEmptiedFileForNoChange) {
  write_file(path_, toml_with({"a"}));
  start();
  ASSERT_TRUE(has({"a"}));
  write_file(path_, "");
  ASSERT_TRUE(source_->wait_for([](const auto& now) { return !now.all_unknown.empty(); }));
  EXPECT_TRUE(source_->now().services.contains("a"));
}

// The beginning of a TOML file may be valid, and says that services are gone.
TEST_F(FileSource, NeverReadsAFileThatIsStillBeingWritten) {
  start("poll = \"20ms\"\n", "10s");
  {
    std::ofstream writer(path_, std::ios::binary);
    // Without a pause as long as `settle` between writes, or the file would rightly be believed.
    const auto end = std::chrono::steady_clock::now() + 500ms;
    for (int i = 0; std::chrono::steady_clock::now() < end; ++i) {
      writer << toml_with({"s" + std::to_string(i)}) << std::flush;
      std::this_thread::sleep_for(1ms);
      ASSERT_TRUE(source_->now().services.empty()) << "after " << i << " writes";
    }
    writer << toml_with({"last"});
  }
  EXPECT_TRUE(source_->wait_for([](const auto& now) { return now.ready && now.services.contains("last"); }));
}

TEST_F(FileSource, ReadsTheFileOfAWriterThatNeverClosesOnceItPauses) {
  start("poll = \"20ms\"\n");
  std::ofstream writer(path_, std::ios::binary);
  writer << toml_with({"a"}) << std::flush;
  EXPECT_TRUE(has({"a"}));
}

TEST_F(FileSource, FollowsAKubernetesVolume) {
  write_file(directory_ / "..one/hosts.toml", toml_with({"a"}));
  write_file(directory_ / "..two/hosts.toml", toml_with({"b"}));
  std::filesystem::create_symlink("..one", directory_ / "..data");
  std::filesystem::create_symlink("..data/hosts.toml", path_);
  start("poll = \"1h\"\n");
  ASSERT_TRUE(has({"a"}));
  std::filesystem::create_symlink("..two", directory_ / "..data_tmp");
  std::filesystem::rename(directory_ / "..data_tmp", directory_ / "..data");
  EXPECT_TRUE(has({"b"}));
}

TEST_F(FileSource, FollowsADirectoryThatIsReplaced) {
  path_ = directory_ / "etc/hosts.toml";
  write_file(path_, toml_with({"a"}));
  start("poll = \"1h\"\n");
  ASSERT_TRUE(has({"a"}));
  std::filesystem::rename(directory_ / "etc", directory_ / "old");
  ASSERT_TRUE(source_->wait_for([](const auto& now) { return !now.all_unknown.empty(); }));
  write_file(path_, toml_with({"b"}));
  ASSERT_TRUE(has({"b"}));
  write_file(path_, toml_with({"c"}));
  EXPECT_TRUE(has({"c"})) << "the new directory is watched, too";
}

TEST_F(FileSource, WatchesTheNewDirectoryBehindALinkThatIsSwapped) {
  write_file(directory_ / "one/hosts.toml", toml_with({"a"}));
  write_file(directory_ / "two/hosts.toml", toml_with({"b"}));
  std::filesystem::create_directory_symlink("one", directory_ / "current");
  path_ = directory_ / "current/hosts.toml";
  start("poll = \"300ms\"\n");
  ASSERT_TRUE(has({"a"}));
  std::filesystem::create_directory_symlink("two", directory_ / "next");
  std::filesystem::rename(directory_ / "next", directory_ / "current");
  ASSERT_TRUE(has({"b"}));
  write_file(path_, toml_with({"c"}));
  EXPECT_TRUE(has({"c"}));
}

TEST_F(FileSource, ComplainsOnceOfAFaultThatStays) {
  write_file(path_, "[[service]]\nname = 7\n");
  start("poll = \"5ms\"\n");
  ASSERT_TRUE(source_->wait_for([](const auto& now) { return !now.all_unknown.empty(); }));
  const auto words = source_->now().words;
  EXPECT_FALSE(source_->wait_for([&](const auto& now) { return now.words > words; }, 200ms));
  write_file(path_, "[[service]]\nname = \"\"\n");
  EXPECT_TRUE(source_->wait_for([](const auto& now) { return now.all_unknown.find("is empty") != std::string::npos; }));
}

TEST_F(FileSource, ReadsNoFileLargerThanAllowed) {
  write_file(path_, toml_with({"a"}));
  start("max_size = \"1KiB\"\n");
  ASSERT_TRUE(has({"a"}));
  write_file(path_, toml_with({"b"}) + "#" + std::string(2000, 'x'));
  ASSERT_TRUE(source_->wait_for([](const auto& now) { return !now.all_unknown.empty(); }));
  EXPECT_NE(source_->now().all_unknown.find("more than max_size allows"), std::string::npos);
  EXPECT_TRUE(source_->now().services.contains("a"));
}

TEST_F(FileSource, NeverWaitsForTheWriterOfAPipeNorReadsADirectory) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  start("poll = \"20ms\"\n");
  ASSERT_TRUE(source_->wait_for([](const auto& now) { return now.all_unknown.ends_with("is not a file"); }));
  std::filesystem::remove(path_);
  ASSERT_TRUE(source_->wait_for([](const auto& now) { return now.all_unknown.find("there is no") == 0; }));
  std::filesystem::create_directory(path_);
  EXPECT_TRUE(source_->wait_for([](const auto& now) { return now.all_unknown.ends_with("is not a file"); }));
  EXPECT_TRUE(source_->stop());
}

TEST_F(FileSource, EndsWithTheLastOfManyReplacements) {
  write_file(path_, toml_with({"s"}));
  start("poll = \"1h\"\n");
  ASSERT_TRUE(has({"s"}));
  for (int i = 0; i <= 300; ++i) {
    write_file(directory_ / "next", toml_with({"s" + std::to_string(i)}));
    std::filesystem::rename(directory_ / "next", path_);
  }
  EXPECT_TRUE(has({"s300"}));
}

TEST_F(FileSource, ReadsTenThousandEndpoints) {
  std::string text = "[[service]]\nname = \"web\"\n";
  for (int i = 0; i < 10000; ++i)
    text += "[[service.endpoint]]\naddress = \"10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1) +
            "\"\nport = 80\n";
  write_file(path_, text);
  start();
  EXPECT_TRUE(
      source_->wait_for([](const auto& now) { return now.ready && now.services.at("web").endpoints.size() == 10000; }));
}

TEST_F(FileSource, StopsAtOnce) {
  start("poll = \"1h\"\n");
  EXPECT_TRUE(source_->stop());
}

}  // namespace
}  // namespace drcon::test
