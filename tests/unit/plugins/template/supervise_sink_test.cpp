// What a sink does with the program that it keeps, with a host of the test and real processes.
#include "template/supervise_sink.hpp"

#include "support/temp_dir.hpp"
#include "support/wait.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <system_error>
#include <vector>

namespace drcon::templates {
namespace supervise_sink_test {

using drcon::test::read_file;
using drcon::test::temp_dir;
using drcon::test::wait_until;
using namespace std::chrono_literals;

// Of the last call of keep(), which is a plain function.
int last_news = -1;
bool leaves_no_descriptor = false;
std::vector<int>& write_ends() {
  static std::vector<int> all;
  return all;
}

void limit_descriptors(rlim_t most) {
  rlimit both{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &both), 0);
  both.rlim_cur = std::min(most, both.rlim_max);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &both), 0);
}

int32_t keep(drcon_instance*, int64_t) {
  std::array<int, 2> ends{-1, -1};
  EXPECT_EQ(::pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC), 0);
  const unsigned char begin = DRCON_BEGIN;
  EXPECT_EQ(::write(ends[1], &begin, 1), 1);
  write_ends().push_back(ends[1]);
  last_news = ends[0];
  if (leaves_no_descriptor) limit_descriptors(1);
  return last_news;
}
void ended(drcon_instance*, int32_t, int32_t, drcon_string) {}

const drcon_host& host_of_test() {
  static constexpr drcon_process process{.size = sizeof(drcon_process), .reserved = 0, .keep = &keep, .ended = &ended};
  static const drcon_host one = [] {
    drcon_host made{};
    made.size = sizeof made;
    made.name = [](drcon_instance*) { return drcon_string{"app", 3}; };
    made.log = [](drcon_instance*, int32_t, drcon_string) {};
    made.metric = [](drcon_instance*, const drcon_metric*) {};
    made.ability = [](drcon_instance*, const char*) -> const void* { return &process; };
    return made;
  }();
  return one;
}

class ProgramOfSink : public ::testing::Test {
protected:
  ~ProgramOfSink() override {
    leaves_no_descriptor = false;
    for (const int each : write_ends()) ::close(each);
    write_ends().clear();
  }
  std::string path(const std::string& name) const { return (directory_ / name).string(); }
  supervise_settings settings() const {
    return {.program = {.argv = {"/bin/bash", "-c",
                                 "cd " + directory_.path().string() +
                                     "; trap 'echo h >> hups' HUP; trap 'exit 0' TERM; touch ready; "
                                     "while :; do sleep 0.02; done"},
                        .is_shell_line = false,
                        .environment = {}},
            .reload_signal = SIGHUP,
            .kill_signal = SIGTERM,
            .kill_timeout = 30s,
            .splay = {}};
  }
  std::unique_ptr<program_of_sink> make() const {
    return std::make_unique<program_of_sink>(context(&host_of_test(), nullptr), settings());
  }
  bool is_ready() const {
    return wait_until([this] { return ::access(path("ready").c_str(), F_OK) == 0; });
  }

  temp_dir directory_;
};

TEST_F(ProgramOfSink, HearsOfAChangeThatComesWhileItGoesToTheNextInstance) {
  std::stop_source first_stop;
  std::stop_source next_stop;
  const auto first = make();
  first->begin(first_stop.get_token());
  EXPECT_TRUE(wait_until([&] { return first->load(first_stop.get_token()).empty(); }));
  ASSERT_TRUE(is_ready());
  const auto next = make();
  first_stop.request_stop();
  first->note_change();  // the sink's thread has put files in place, and the stop has come meanwhile
  next->begin(next_stop.get_token());
  EXPECT_TRUE(wait_until([&] { return next->load(next_stop.get_token()).empty(); }));
  EXPECT_TRUE(wait_until([this] { return read_file(path("hups")) == "h\n"; })) << read_file(path("hups"));
  next_stop.request_stop();
}

TEST_F(ProgramOfSink, IsStartedByTheNextInstanceWhereTheOneBeforeNeverHadItsFilesInPlace) {
  std::stop_source first_stop;
  std::stop_source next_stop;
  const auto first = make();
  first->begin(first_stop.get_token());
  const auto next = make();
  first_stop.request_stop();
  next->begin(next_stop.get_token());
  EXPECT_TRUE(wait_until([&] { return next->load(next_stop.get_token()).empty(); }));
  EXPECT_TRUE(is_ready());
  next_stop.request_stop();
}

TEST_F(ProgramOfSink, TriesAFirstStartAgainThatThereWasNoDescriptorFor) {
  std::stop_source stop;
  const auto one = make();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  leaves_no_descriptor = true;
  EXPECT_THROW(one->begin(stop.get_token()), std::system_error);
  leaves_no_descriptor = false;
  limit_descriptors(before.rlim_cur);
  EXPECT_EQ(::fcntl(last_news, F_GETFD), -1) << "the descriptor of keep() is closed";
  EXPECT_TRUE(wait_until([&] { return one->load(stop.get_token()).empty(); })) << one->load(stop.get_token());
  EXPECT_TRUE(is_ready());
  stop.request_stop();
}

}  // namespace supervise_sink_test
}  // namespace drcon::templates
