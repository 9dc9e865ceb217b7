#include "engine/state_store.hpp"

#include "engine/pause_store.hpp"
#include "engine/state_file.hpp"

#include "log/log.hpp"
#include "model/snapshot.hpp"
#include "support/failing_memory.hpp"
#include "support/fake_plugins.hpp"
#include "support/recorded_syncs.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

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
  EXPECT_EQ(loaded.fault, "");
  const auto back = loaded.last_good;
  ASSERT_TRUE(back);
  EXPECT_EQ(back->revision(), 7U);
  EXPECT_TRUE(same_content(*back, *a_snapshot()));
}

// They name every endpoint, and say what was paused and why.
TEST(StateStore, WritesFilesThatOnlyItsOwnUserReads) {
  const test::temp_dir directory;
  const auto mask_before = ::umask(0);
  {
    state_store store(directory.path());
    store.save("p", a_snapshot());
    pause_store pauses(directory.path());
    pauses.save("p", pause_mark{.why = "w", .since = {}}, [](const base::result<>&) {});
    ASSERT_TRUE(test::wait_until([&] { return pauses.load("p"); }));
  }
  ::umask(mask_before);
  int files = 0;
  for (const auto& each : std::filesystem::directory_iterator(directory.path())) {
    EXPECT_EQ(each.status().permissions(), std::filesystem::perms(0600)) << each.path();
    ++files;
  }
  EXPECT_EQ(files, 2);
}

TEST(StateStore, HasNothingWithoutComplaintWhenThereIsNoFile) {
  const test::temp_dir directory;
  const auto loaded = state_store(directory.path()).load("p");
  EXPECT_EQ(loaded.fault, "");
  EXPECT_EQ(loaded.last_good, nullptr);
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
  EXPECT_EQ(loaded.fault, "");
  ASSERT_TRUE(loaded.last_good);
  EXPECT_EQ(loaded.last_good->revision(), 1000U);
}

// Of each revision another content.
model::snapshot_ptr distinct_of(std::uint64_t revision) {
  return std::make_shared<const model::snapshot>(
      revision, std::vector<model::service_ptr>{std::make_shared<const model::shared_service>(
                    test::service_of("web-" + std::to_string(revision), 1))});
}

TEST(StateStore, WritesNoMoreOftenThanItsIntervalAndTakesAnotherIntervalAtOnce) {
  const test::temp_dir directory;
  const auto state = directory.path() / "p.state";
  const auto is_written = [&](std::uint64_t revision, std::chrono::milliseconds at_most = test::patience) {
    const auto has_it = [&] {
      const auto read = parse_state(test::read_file(state));
      return read && read->snapshot->revision() == revision;
    };
    return test::wait_until(has_it, at_most);
  };
  state_store store(directory.path());
  store.write_every(std::chrono::hours(1));
  store.save("p", distinct_of(1));
  ASSERT_TRUE(is_written(1));
  store.save("p", distinct_of(2));
  EXPECT_FALSE(is_written(2, std::chrono::milliseconds(700))) << "not in the round that wrote the first, either";
  store.write_every(std::chrono::milliseconds(1));
  EXPECT_TRUE(is_written(2));
}

TEST(StateStore, NamesTheFileThatItDoesNotUse) {
  const test::temp_dir directory;
  std::ofstream(directory.path() / "p.state") << "something else\n";
  const auto loaded = state_store(directory.path()).load("p");
  EXPECT_EQ(loaded.last_good, nullptr);
  EXPECT_EQ(loaded.fault,
            (directory.path() / "p.state").string() + " is not used: it does not start with 'drcon-state 1 sha256 '");
}

TEST(StateStore, WritesAReasonThatIsNotUtf8) {
  const pause_mark mark{.why = "a\xff\xd1", .since = {}};
  EXPECT_EQ(parse_pause(serialise(mark)).why, "a\xef\xbf\xbd\xef\xbf\xbd") << "with the character for what is unknown";
}

model::snapshot_ptr empty_of(std::uint64_t revision) {
  return std::make_shared<const model::snapshot>(revision, std::vector<model::service_ptr>{});
}

TEST(StateStore, KeepsOneEarlierGeneration) {
  const test::temp_dir directory;
  { state_store(directory.path()).save("p", empty_of(1)); }
  { state_store(directory.path()).save("p", empty_of(2)); }
  { state_store(directory.path()).save("p", empty_of(3)); }
  std::ofstream(directory.path() / "p.state") << "cut";
  const auto loaded = state_store(directory.path()).load("p");
  EXPECT_NE(loaded.fault, "");
  ASSERT_TRUE(loaded.earlier);
  EXPECT_EQ(loaded.earlier->revision(), 2U);
}

TEST(StateStore, KeepsADamagedFileBesideTheNextOneAndNotInThePlaceOfTheEarlierOne) {
  const test::temp_dir directory;
  { state_store(directory.path()).save("p", empty_of(1)); }
  { state_store(directory.path()).save("p", empty_of(2)); }
  std::ofstream(directory.path() / "p.state") << "cut";
  { state_store(directory.path()).save("p", empty_of(3)); }
  EXPECT_TRUE(std::filesystem::exists(directory.path() / "p.state.damaged"));
  std::ofstream(directory.path() / "p.state") << "cut";
  const auto loaded = state_store(directory.path()).load("p");
  ASSERT_TRUE(loaded.earlier);
  EXPECT_EQ(loaded.earlier->revision(), 1U);
}

// A directory in the place of the file to write to: for that file, the disk is as good as full.
class FullDisk : public ::testing::Test {
protected:
  test::temp_dir directory_;
  std::filesystem::path blocked_ = directory_.path() / "p.state.new";
  void fill() { std::filesystem::create_directory(blocked_); }
  void free() { std::filesystem::remove(blocked_); }
};

TEST_F(FullDisk, AStateThatCouldNotBeWrittenIsTriedAgainAndReported) {
  fill();
  state_store store(directory_.path());
  store.save("p", empty_of(4));
  ASSERT_TRUE(test::wait_until([&] { return !store.fault().empty(); }));
  EXPECT_NE(store.fault().find("p.state.new"), std::string::npos) << store.fault();
  free();
  ASSERT_TRUE(test::wait_until([&] { return store.load("p").last_good != nullptr; }));
  EXPECT_TRUE(test::wait_until([&] { return store.fault().empty(); }));
}

TEST_F(FullDisk, AnOlderStateThanTheLastDecidedOneIsNotServedAfterARestart) {
  { state_store(directory_.path()).save("p", empty_of(1)); }
  fill();
  {
    state_store store(directory_.path());
    store.save("p", empty_of(3));
    ASSERT_TRUE(test::wait_until([&] { return !store.fault().empty(); }));
  }
  free();
  const auto loaded = state_store(directory_.path()).load("p");
  EXPECT_EQ(loaded.last_good, nullptr);
  EXPECT_NE(loaded.outdated.find("a later state was not written"), std::string::npos) << loaded.outdated;
  ASSERT_TRUE(loaded.earlier);
  EXPECT_EQ(loaded.earlier->revision(), 1U);
  { state_store(directory_.path()).save("p", empty_of(4)); }
  const auto again = state_store(directory_.path()).load("p");
  EXPECT_EQ(again.fault, "");
  EXPECT_EQ(again.last_good->revision(), 4U);
}

// As on a disk with errors, or where somebody has made the files immutable: access() says that all is well. A directory
// in the place of a name takes no file.
TEST_F(FullDisk, AStateThatCanBeNeitherRenamedNorReplacedIsNotServedAfterARestart) {
  { state_store(directory_.path()).save("p", empty_of(1)); }
  fill();
  std::filesystem::create_directory(directory_ / "p.state.outdated");
  {
    state_store store(directory_.path());
    store.save("p", empty_of(3));
    ASSERT_TRUE(test::wait_until([&] { return !store.fault().empty(); }));
  }
  const auto loaded = state_store(directory_.path()).load("p");
  EXPECT_EQ(loaded.last_good, nullptr) << "an older state over newer targets";
  EXPECT_NE(loaded.outdated.find("a later state was not written"), std::string::npos) << loaded.outdated;
  ASSERT_TRUE(loaded.earlier);
  EXPECT_EQ(loaded.earlier->revision(), 1U);
  free();
  { state_store(directory_.path()).save("p", empty_of(4)); }
  const auto again = state_store(directory_.path()).load("p");
  ASSERT_TRUE(again.last_good);
  EXPECT_EQ(again.last_good->revision(), 4U);
}

TEST(StateStore, WrittenByRootItStillBelongsToTheServicesUser) {
  ASSERT_EQ(::geteuid(), 0U) << "this suite runs as root";
  const test::temp_dir directory;
  constexpr uid_t other = 65534;
  ASSERT_EQ(::chown(directory.path().c_str(), other, other), 0);
  const auto owner = [&] {
    struct stat there {};
    EXPECT_EQ(::stat((directory.path() / "p.state").c_str(), &there), 0);
    return there.st_uid;
  };
  { state_store(directory.path()).save("p", empty_of(1)); }
  EXPECT_EQ(owner(), other) << "a new file is the directory's owner's";
  { state_store(directory.path()).save("p", empty_of(2)); }
  EXPECT_EQ(owner(), other);
}

// What a crash right after save() would leave: the files as they are at that moment.
kept_state after_a_crash(const test::temp_dir& directory) {
  const test::temp_dir copy;
  for (const auto& each : std::filesystem::directory_iterator(directory.path())) {
    std::error_code gone;  // a temporary file, which is renamed at this moment
    std::filesystem::copy_file(each.path(), copy / each.path().filename().string(), gone);
  }
  return state_store(copy.path()).load("p");
}

TEST(StateStore, ACrashAfterASnapshotWasGivenToSinksNeverServesTheOneBefore) {
  const test::temp_dir directory;
  state_store store(directory.path());
  store.save("p", empty_of(1));
  ASSERT_TRUE(test::wait_until([&] { return store.load("p").last_good != nullptr; }));
  // The writer pauses now, so that the next state is not written for a while.
  store.save("p", a_snapshot());
  const auto loaded = after_a_crash(directory);
  if (loaded.last_good) {
    EXPECT_EQ(loaded.last_good->revision(), 7U) << "an older state over newer targets";
  } else {
    EXPECT_NE(loaded.outdated.find("a later state was not written"), std::string::npos) << loaded.outdated;
    ASSERT_TRUE(loaded.earlier) << "a loss can be measured from it";
    EXPECT_EQ(loaded.earlier->revision(), 1U);
  }
  ASSERT_TRUE(test::wait_until([&] {
    const auto again = store.load("p");
    return again.last_good && again.last_good->revision() == 7;
  })) << "once it is written, it is served again";
}

TEST(StateStore, OneMarkIsEnoughForABurst) {
  const test::temp_dir directory;
  state_store store(directory.path());
  store.save("p", empty_of(1));
  ASSERT_TRUE(test::wait_until([&] { return store.load("p").last_good != nullptr; }));
  store.save("p", a_snapshot());
  // Each has another content: one that has the same as what is on disk needs no mark.
  for (std::uint64_t revision = 8; revision < 1000; ++revision) store.save("p", distinct_of(revision));
  const auto loaded = after_a_crash(directory);
  if (loaded.last_good) {
    EXPECT_EQ(loaded.last_good->revision(), 999U);
  }
  ASSERT_TRUE(test::wait_until([&] {
    const auto again = store.load("p");
    return again.last_good && again.last_good->revision() == 999;
  }));
}

TEST(StateStore, AStateInADirectoryThatCannotBeWrittenIsOnlyMeasuredFrom) {
  const test::temp_dir directory;
  { state_store(directory.path()).save("p", empty_of(3)); }
  ASSERT_EQ(::chown((directory.path() / "p.state").c_str(), 65534, 65534), 0);
  ASSERT_EQ(::chmod(directory.path().c_str(), 0555), 0);
  kept_state loaded;
  ASSERT_EQ(::setresuid(65534, 65534, 0), 0) << "this suite runs as root";  // access() asks for the real user
  loaded = state_store(directory.path()).load("p");
  ASSERT_EQ(::setresuid(0, 0, 0), 0);
  ASSERT_EQ(::chmod(directory.path().c_str(), 0755), 0);
  EXPECT_EQ(loaded.last_good, nullptr);
  EXPECT_NE(loaded.outdated.find("cannot be written"), std::string::npos) << loaded.outdated;
  ASSERT_TRUE(loaded.earlier);
  EXPECT_EQ(loaded.earlier->revision(), 3U);
}

TEST(StateStore, KeepsForGoodBeforeItAnswers) {
  const test::temp_dir directory;
  state_store store(directory.path());
  std::promise<base::result<>> answer;
  store.keep("p", {a_snapshot(), {}}, [&](base::result<> kept) { answer.set_value(std::move(kept)); });
  EXPECT_TRUE(answer.get_future().get());
  EXPECT_EQ(after_a_crash(directory).last_good->revision(), 7U);
  store.save("p", a_snapshot());
  EXPECT_TRUE(after_a_crash(directory).last_good) << "the same content is not older than what the sinks get";
}

TEST_F(FullDisk, WhatIsNotKeptIsAnsweredAndLeavesTheStateAsItWas) {
  { state_store(directory_.path()).save("p", empty_of(1)); }
  fill();
  state_store store(directory_.path());
  std::promise<base::result<>> answer;
  store.keep("p", {a_snapshot(), {}}, [&](base::result<> kept) { answer.set_value(std::move(kept)); });
  EXPECT_FALSE(answer.get_future().get());
  free();
  ASSERT_TRUE(store.load("p").last_good);
  EXPECT_EQ(store.load("p").last_good->revision(), 1U);
}

// The entries of a directory that cannot be read can be changed, and not be synced.
TEST(PauseStore, AMarkThatIsNotDurableHasNoEffectAtTheNextStart) {
  const test::temp_dir directory;
  ASSERT_EQ(::chown(directory.path().c_str(), 65534, 65534), 0);
  pause_store pauses(directory.path());
  const auto save = [&](std::optional<pause_mark> mark) {
    std::promise<base::result<>> answer;
    pauses.save("p", std::move(mark), [&](base::result<> kept) { answer.set_value(std::move(kept)); });
    return answer.get_future().get();
  };
  const auto save_without_sync = [&](std::optional<pause_mark> mark) {
    EXPECT_EQ(::chmod(directory.path().c_str(), 0300), 0);
    EXPECT_EQ(::seteuid(65534), 0) << "this suite runs as root";
    const auto kept = save(std::move(mark));
    EXPECT_EQ(::seteuid(0), 0);
    EXPECT_EQ(::chmod(directory.path().c_str(), 0700), 0);
    return kept;
  };
  EXPECT_FALSE(save_without_sync(pause_mark{.why = "lunch", .since = {}}));
  EXPECT_FALSE(pauses.load("p")) << "answered with a failure, and yet in effect at the next start";
  ASSERT_TRUE(save(pause_mark{.why = "first", .since = {}}));
  ASSERT_EQ(::chown((directory.path() / "p.paused").c_str(), 65534, 65534), 0);
  EXPECT_FALSE(save_without_sync(pause_mark{.why = "second", .since = {}}));
  ASSERT_TRUE(pauses.load("p"));
  EXPECT_EQ(pauses.load("p")->why, "first");
  EXPECT_FALSE(save_without_sync({}));
  EXPECT_TRUE(pauses.load("p")) << "the resume was answered with a failure";
}

// As in a directory that was brought back from a backup and belongs to root now. Who has paused has not resumed.
TEST(PauseStore, AMarkThatCannotBeLookedAtIsAPause) {
  const test::temp_dir directory;
  const auto inner = directory / "state";
  std::filesystem::create_directory(inner);
  const auto load = [&] {
    EXPECT_EQ(::chmod(inner.c_str(), 0700), 0);
    EXPECT_EQ(::chmod(directory.path().c_str(), 0755), 0);
    EXPECT_EQ(::seteuid(65534), 0) << "this suite runs as root";
    auto mark = pause_store(inner).load("p");
    EXPECT_EQ(::seteuid(0), 0);
    return mark;
  };
  const auto mark = load();
  ASSERT_TRUE(mark) << "whether there is one is not known";
  EXPECT_EQ(mark->why, "it may have been paused before the restart: its mark cannot be looked at: Permission denied");
  EXPECT_FALSE(pause_store(directory / "nowhere").load("p")) << "a directory that is not there has no mark";
}

// The engine's thread asks for this at a reload, and every pipeline stands still as long as it waits.
class HungDisk : public ::testing::Test {
protected:
  // Whether it returns while the disk does not answer.
  static bool returns(const std::function<void()>& call, std::optional<test::hung_syncs>& disk) {
    auto over = std::async(std::launch::async, call);
    const bool in_time = over.wait_for(test::patience) == std::future_status::ready;
    disk.reset();
    over.wait();
    return in_time;
  }
  test::temp_dir directory_;
};

TEST_F(HungDisk, APipelineThatIsRetiredIsPutAsideWhenTheDiskAnswers) {
  state_store store(directory_.path());
  std::optional<test::hung_syncs> disk(std::in_place);
  store.save("p", empty_of(1));
  ASSERT_TRUE(disk->has_caught(1));
  EXPECT_TRUE(returns([&] { store.retire("p"); }, disk));
  EXPECT_TRUE(test::wait_until([&] {
    return std::filesystem::exists(directory_ / "p.state.left") && !std::filesystem::exists(directory_ / "p.state");
  }));
}

TEST_F(HungDisk, WhatAPipelineDecidesThatComesBackMeanwhileIsNotPutAside) {
  state_store store(directory_.path());
  store.write_every(std::chrono::milliseconds(1));
  std::optional<test::hung_syncs> disk(std::in_place);
  store.save("p", empty_of(1));
  ASSERT_TRUE(disk->has_caught(1));
  EXPECT_TRUE(returns(
      [&] {
        store.retire("p");
        store.save("p", a_snapshot());
      },
      disk));
  EXPECT_TRUE(test::wait_until([&] {
    const auto loaded = store.load("p");
    return loaded.last_good && loaded.last_good->revision() == 7 &&
           std::filesystem::exists(directory_ / "p.state.left");
  }));
}

TEST_F(HungDisk, AMarkOfAPipelineThatIsRetiredIsPutAsideWhenTheDiskAnswers) {
  pause_store pauses(directory_.path());
  std::optional<test::hung_syncs> disk(std::in_place);
  pauses.save("p", pause_mark{.why = "lunch", .since = {}}, [](const base::result<>&) {});
  ASSERT_TRUE(disk->has_caught(1));
  EXPECT_TRUE(returns([&] { pauses.retire("p"); }, disk));
  EXPECT_TRUE(test::wait_until([&] { return std::filesystem::exists(directory_ / "p.paused.left"); }));
  EXPECT_FALSE(pauses.load("p"));
}

// Both answer with what is safe: the first change is held, and nothing is decided.
TEST_F(HungDisk, WhatIsKeptIsNotWaitedForWithoutEnd) {
  state_store store(directory_.path());
  pause_store pauses(directory_.path());
  std::optional<test::hung_syncs> disk(std::in_place);
  store.keep("p", {a_snapshot(), {}}, [](const base::result<>&) {});
  ASSERT_TRUE(disk->has_caught(1));
  pauses.save("p", pause_mark{.why = "lunch", .since = {}}, [](const base::result<>&) {});
  ASSERT_TRUE(disk->has_caught(2));
  const auto before = std::exchange(disk_lane::patience_at_work, std::chrono::milliseconds(50));
  store.hurry();
  pauses.hurry();
  store.retire("p");  // waits for the writer
  kept_state kept;
  std::optional<pause_mark> mark;
  std::set<std::string> names;
  EXPECT_TRUE(returns(
      [&] {
        kept = store.load("p");
        mark = pauses.load("p");
        names = store.pipelines();
      },
      disk));
  disk_lane::patience_at_work = before;
  EXPECT_EQ(kept.last_good, nullptr);
  EXPECT_NE(kept.fault.find("does not answer"), std::string::npos) << kept.fault;
  ASSERT_TRUE(mark);
  EXPECT_NE(mark->why.find("does not answer"), std::string::npos) << mark->why;
  EXPECT_TRUE(names.empty());
  EXPECT_TRUE(test::wait_until([&] {
    const auto again = pauses.load("p");
    return again && again->why == "lunch";
  })) << "once the disk answers, so does this";
}

// systemd would kill it in the end, with all that its sinks still have to do.
TEST_F(HungDisk, TheEndOfTheStoreIsNotHeldUp) {
  const auto before = std::exchange(disk_lane::patience_at_start, std::chrono::milliseconds(50));
  ASSERT_TRUE(log::to_file(directory_ / "log"));
  std::optional<state_store> store(directory_.path());
  std::optional<test::hung_syncs> disk(std::in_place);
  store->save("p", a_snapshot());
  ASSERT_TRUE(disk->has_caught(1));
  EXPECT_TRUE(returns([&] { store.reset(); }, disk));
  disk_lane::patience_at_start = before;
  log::flush();
  EXPECT_NE(test::read_file(directory_ / "log")
                .find("does not answer: drcon does not wait for it any longer; what was "
                      "decided last may not be kept of pipelines p"),
            std::string::npos)
      << test::read_file(directory_ / "log");
  ASSERT_TRUE(log::to_file({}));
  EXPECT_TRUE(test::wait_until([this] { return state_store(directory_.path()).load("p").last_good != nullptr; }))
      << "it is written when the disk answers again";
}

TEST_F(HungDisk, TheEndOfTheStoreOfPausesIsNotHeldUp) {
  pause_store pauses(directory_.path());
  std::optional<test::hung_syncs> disk(std::in_place);
  pauses.save("p", pause_mark{.why = "lunch", .since = {}}, [](const base::result<>&) {});
  ASSERT_TRUE(disk->has_caught(1));
  bool in_time = true;
  EXPECT_TRUE(returns([&] { in_time = pauses.end(std::chrono::milliseconds(50)); }, disk));
  EXPECT_FALSE(in_time);
  EXPECT_TRUE(pauses.end(test::patience));
}

// Memory that is missing on the writer's own thread, of which an exception would end drcon.
TEST(StateStore, KeepsWhatItHadToWriteWhenMemoryRunsOutMeanwhile) {
  struct one {
    test::temp_dir directory;
    state_store store{directory.path()};
    bool has(const std::string& pipeline) {
      const auto kept = parse_state(test::read_file(directory / (pipeline + ".state")));
      return kept.has_value();
    }
  };
  std::vector<std::unique_ptr<one>> all;
  for (int failures = 1; failures <= 16; ++failures) {
    auto& each = *all.emplace_back(std::make_unique<one>());
    each.store.write_every(std::chrono::hours(1));
    each.store.save("p", empty_of(1));
  }
  for (auto& each : all) ASSERT_TRUE(test::wait_until([&] { return each->has("p"); }));
  // It pauses now, and what keep() asks for is written before the rest.
  std::atomic<std::size_t> kept{0};
  int failures = 0;
  for (auto& each : all) {
    each->store.save("q", a_snapshot());
    each->store.keep("r", {a_snapshot(), {}}, [&kept, count = ++failures](const base::result<>&) {
      ++kept;
      test::fail_allocations(count);
    });
  }
  for (auto& each : all) EXPECT_TRUE(test::wait_until([&] { return each->has("q"); }));
  EXPECT_EQ(kept, all.size()) << "who waits for an answer has one, and no second one";
}

// The directory is the service's user's, who may put anything into it before root runs `drcon once`.
class OthersDirectory : public ::testing::Test {
protected:
  OthersDirectory() {
    if (::geteuid() != 0) throw std::runtime_error("this suite runs as root");
    test::write_file(victim_, "root's own");
    if (::chown(directory_.path().c_str(), other, other) != 0) throw std::runtime_error("cannot give a directory away");
  }
  static uid_t owner_of(const std::filesystem::path& file) {
    struct stat there {};
    EXPECT_EQ(::lstat(file.c_str(), &there), 0) << file;
    return there.st_uid;
  }
  void expect_victim_untouched() const {
    EXPECT_EQ(test::read_file(victim_), "root's own");
    EXPECT_EQ(owner_of(victim_), 0U);
  }

  static constexpr uid_t other = 65534;
  test::temp_dir directory_;
  test::temp_dir roots_;
  std::filesystem::path victim_ = roots_ / "victim";
};

TEST_F(OthersDirectory, AStateIsWrittenThroughNoLinkThatIsInItsPlace) {
  for (const bool hard : {false, true}) {
    for (const auto* name : {"p.state.new", "p.state"}) {
      const auto planted = directory_ / name;
      std::filesystem::remove(planted);
      if (hard) std::filesystem::create_hard_link(victim_, planted);
      else std::filesystem::create_symlink(victim_, planted);
      { state_store(directory_.path()).save("p", empty_of(1)); }
      expect_victim_untouched();
      EXPECT_TRUE(state_store(directory_.path()).load("p").last_good) << name;
      EXPECT_EQ(owner_of(directory_ / "p.state"), other) << name;
    }
  }
}

TEST_F(OthersDirectory, NothingIsMarkedAsOutdatedThroughALink) {
  std::filesystem::create_directory(directory_ / "p.state.outdated");  // so that nothing can be renamed there
  for (const std::string& has : {std::string("root's own"), serialise(*a_snapshot())}) {
    test::write_file(victim_, has);
    std::filesystem::remove(directory_ / "p.state");
    std::filesystem::create_symlink(victim_, directory_ / "p.state");
    { state_store(directory_.path()).save("p", empty_of(1)); }
    EXPECT_EQ(test::read_file(victim_), has);
  }
}

TEST_F(OthersDirectory, AMarkIsWrittenThroughNoLinkThatIsInItsPlace) {
  std::filesystem::create_symlink(victim_, directory_ / "p.paused.new");
  pause_store pauses(directory_.path());
  pauses.save("p", pause_mark{.why = "w", .since = {}}, [](const base::result<>&) {});
  ASSERT_TRUE(test::wait_until([&] { return pauses.load("p"); }));
  expect_victim_untouched();
  EXPECT_EQ(owner_of(directory_ / "p.paused"), other);
}

// Whoever opens a pipe to read waits for a writer, who may never come.
TEST_F(OthersDirectory, APipeInThePlaceOfAStateIsNotWaitedFor) {
  for (const auto* name : {"p.state", "p.paused"}) ASSERT_EQ(::mkfifo((directory_ / name).c_str(), 0600), 0);
  const auto loaded = state_store(directory_.path()).load("p");
  EXPECT_NE(loaded.fault.find("p.state"), std::string::npos) << loaded.fault;
  EXPECT_TRUE(pause_store(directory_.path()).load("p"));
}

TEST(StateStore, ARetiredPipelineBeginsWithNothing) {
  const test::temp_dir directory;
  state_store store(directory.path());
  store.save("p", empty_of(1));
  pause_store pauses(directory.path());
  pauses.save("p", pause_mark{.why = "old", .since = {}}, [](const base::result<>&) {});
  ASSERT_TRUE(test::wait_until([&] { return store.load("p").last_good && pauses.load("p"); }));
  store.save("p", empty_of(2));
  store.retire("p");
  pauses.retire("p");
  const auto loaded = store.load("p");
  EXPECT_EQ(loaded.last_good, nullptr);
  EXPECT_EQ(loaded.fault, "");
  EXPECT_FALSE(pauses.load("p"));
  EXPECT_TRUE(std::filesystem::exists(directory.path() / "p.state.left"));
}

TEST(StateStore, APauseAtATimeThatNoClockHasIsAPauseAllTheSame) {
  for (const std::string since : {"1e308", "-1e308", "-1", "9223372036854775807", "18446744073709551615"}) {
    const auto before = std::chrono::system_clock::now();
    const auto mark = parse_pause(R"({"why": "a deployment", "since": )" + since + "}");
    EXPECT_EQ(mark.why, "a deployment");
    EXPECT_GE(mark.since, before) << since << ": it counts from now, as one without a time";
    EXPECT_LE(mark.since, std::chrono::system_clock::now()) << since;
  }
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
