// Supervision of a program, without drcon: the supervisor itself, with real processes.
#include "template/supervise.hpp"
#include "template/supervise_handover.hpp"

#include "support/temp_dir.hpp"
#include "support/wait.hpp"

#include <drcon/process.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <mutex>

namespace drcon::templates {
namespace supervise_test {

using drcon::test::read_file;
using drcon::test::temp_dir;
using drcon::test::wait_until;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

// What a supervisor reports to its host, and what that sends it.
class host_of_test {
public:
  host_of_test() { EXPECT_EQ(::pipe2(ends_.data(), O_NONBLOCK | O_CLOEXEC), 0); }
  ~host_of_test() { ::close(ends_[1]); }

  supervisor_host as_host() {
    return {.news = ends_[0],
            .ended =
                [this](const child_end& how, bool by_itself, const std::string& why) {
                  const std::lock_guard lock(mutex_);
                  ends.push_back({how.code, by_itself});
                  last_why = why;
                },
            .log = {},
            .started = [this] { ++starts; },
            .signalled = [this] { ++signals; }};
  }
  void send(int what) const {
    const auto byte = static_cast<unsigned char>(what);
    EXPECT_EQ(::write(ends_[1], &byte, 1), 1);
  }
  std::vector<std::pair<int, bool>> all_ends() const {
    const std::lock_guard lock(mutex_);
    return ends;
  }

  std::atomic<int> starts{0};
  std::atomic<int> signals{0};
  std::string last_why;

private:
  std::array<int, 2> ends_{-1, -1};  // the supervisor closes the first
  mutable std::mutex mutex_;
  std::vector<std::pair<int, bool>> ends;
};

// Within a process of its own: a kernel without close_range, and one that ends whoever goes through all numbers up to
// the limit. Ends with the program's code: 0 where it has not got a descriptor of ours.
[[noreturn]] void run_without_close_range() {
  constexpr std::uint32_t far_beyond = 2'000;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur <= far_beyond || ::dup2(STDERR_FILENO, 900) != 900) ::_exit(50);
  std::array<sock_filter, 8> steps{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 3, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fcntl, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)),
      BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, far_beyond, 2, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
  }};
  sock_fprog program{.len = steps.size(), .filter = steps.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
    ::_exit(51);
  std::string why;
  const auto child = supervised_child::start(
      {.argv = {"/bin/sh", "-c", "test ! -e /proc/self/fd/900"}, .is_shell_line = false, .environment = {}}, why);
  if (!child || !wait_until([&] { return child->ended().has_value(); })) ::_exit(52);
  ::_exit(child->ended()->code);
}

TEST(SupervisedChild, KeepsDescriptorsBackWithoutACallForAllAndWithoutGoingThroughTheLimit) {
  EXPECT_EXIT(run_without_close_range(), ::testing::ExitedWithCode(0), "");
}

class Supervisor : public ::testing::Test {
protected:
  std::string path(const std::string& name) const { return (directory_ / name).string(); }
  supervise_settings settings(const std::string& script) const {
    return {.program = {.argv = {"/bin/bash", "-c", "cd " + directory_.path().string() + "; " + script},
                        .is_shell_line = false,
                        .environment = {}},
            .reload_signal = SIGHUP,
            .kill_signal = SIGTERM,
            .kill_timeout = 30s,
            .splay = {}};
  }
  // Ready once `ready` is there, with handlers for both signals.
  static std::string patient() {
    return "trap 'echo h >> hups' HUP; trap 'exit 3' TERM; touch ready; while :; do sleep 0.02; done";
  }
  std::unique_ptr<supervisor> make(const supervise_settings& how) {
    auto made = std::make_unique<supervisor>(how);
    made->attach(host_.as_host(), how);
    return made;
  }
  bool is_ready() const {
    return wait_until([this] { return ::access(path("ready").c_str(), F_OK) == 0; });
  }

  temp_dir directory_;
  host_of_test host_;
};

TEST_F(Supervisor, StartsNothingBeforeTheHostSaysSoAndBeforeAnythingHasChanged) {
  const auto one = make(settings(patient()));
  one->note_change();
  EXPECT_THAT(one->catch_up({}), HasSubstr("is started when the other sinks of its pipelines have applied"));
  EXPECT_EQ(host_.starts, 0);
  host_.send(DRCON_BEGIN);
  EXPECT_TRUE(wait_until([&] { return one->catch_up({}).empty(); }));
  EXPECT_EQ(host_.starts, 1);
  EXPECT_THAT(one->text(), HasSubstr("runs as process "));
  one->end();
}

TEST_F(Supervisor, EndsItInOrderAndReportsThatItDid) {
  const auto one = make(settings(patient()));
  host_.send(DRCON_BEGIN);
  one->note_change();
  ASSERT_TRUE(is_ready());
  one->end();
  EXPECT_THAT(host_.all_ends(), ::testing::ElementsAre(std::pair(3, false)));
  EXPECT_THAT(one->text(), HasSubstr("has ended: it ended with code 3"));
}

TEST_F(Supervisor, CallsAnEndByItsOwnSignalNoFailureOfTheProgram) {
  const auto one = make(settings("touch ready; exec sleep 1000"));
  host_.send(DRCON_BEGIN);
  one->note_change();
  ASSERT_TRUE(is_ready());
  one->end();
  EXPECT_THAT(host_.all_ends(), ::testing::ElementsAre(std::pair(0, false)));
}

TEST_F(Supervisor, DelaysAChangeBySplayButNeitherTheStartNorTheEnd) {
  auto how = settings(patient());
  how.splay = 24h;
  const auto one = make(how);
  host_.send(DRCON_BEGIN);
  one->note_change();
  EXPECT_TRUE(wait_until([&] { return one->catch_up({}).empty(); }));
  ASSERT_TRUE(is_ready());
  one->note_change();
  EXPECT_TRUE(wait_until([&] { return one->catch_up({}).find("within 86400s, as splay says") != std::string::npos; }))
      << one->catch_up({});
  EXPECT_EQ(host_.signals, 0);
  how.splay = 1ms;
  host_of_test next;
  one->attach(next.as_host(), how);
  EXPECT_TRUE(wait_until([&] { return one->catch_up({}).empty(); }));
  EXPECT_EQ(next.signals, 1);
  one->end();
}

TEST_F(Supervisor, SignalsAProgramThatIsStartingOnceItListens) {
  // Without a handler the signal would end it.
  const auto one = make(settings("until test -e go; do sleep 0.01; done; " + patient()));
  host_.send(DRCON_BEGIN);
  one->note_change();
  EXPECT_TRUE(wait_until([&] { return host_.starts == 1; }));
  one->note_change();
  test::write_file(path("go"), "");
  EXPECT_TRUE(wait_until([&] { return one->catch_up({}).empty(); }));
  EXPECT_TRUE(wait_until([&] { return read_file(path("hups")) == "h\n"; }));
  EXPECT_TRUE(host_.all_ends().empty());
  one->end();
}

TEST_F(Supervisor, ReportsWhatCannotBeStartedAndTriesAgain) {
  auto how = settings("");
  how.program.argv = {path("program")};
  const auto one = make(how);
  host_.send(DRCON_BEGIN);
  one->note_change();
  EXPECT_TRUE(wait_until([&] { return one->catch_up({}).find("No such file or directory") != std::string::npos; }));
  test::write_file(path("new"), "#!/bin/sh\nexec sleep 1000\n");
  ASSERT_EQ(::chmod(path("new").c_str(), 0755), 0);
  ASSERT_EQ(::rename(path("new").c_str(), path("program").c_str()), 0);
  EXPECT_TRUE(wait_until([&] { return one->catch_up({}).empty(); })) << one->catch_up({});
  one->end();
}

TEST_F(Supervisor, DoesNotStartAgainWhatHasEndedByItself) {
  const auto one = make(settings("exit 4"));
  host_.send(DRCON_BEGIN);
  one->note_change();
  EXPECT_TRUE(wait_until([&] { return !host_.all_ends().empty(); }));
  one->note_change();
  EXPECT_THAT(one->catch_up({}), HasSubstr("ended with code 4, and drcon stops for it"));
  one->end();
  EXPECT_THAT(host_.all_ends(), ::testing::ElementsAre(std::pair(4, true)));
  EXPECT_EQ(host_.starts, 1);
}

TEST_F(Supervisor, ReportsAnEndThatCameWhileItHadNoHostToTheNextOne) {
  const auto one = make(settings("until test -e go; do sleep 0.01; done; exit 6"));
  host_.send(DRCON_BEGIN);
  one->note_change();
  EXPECT_TRUE(wait_until([&] { return one->catch_up({}).empty(); }));
  one->detach();
  test::write_file(path("go"), "");
  EXPECT_TRUE(wait_until([&] { return one->text().find("ended with code 6") != std::string::npos; }));
  host_of_test next;
  one->attach(next.as_host(), settings(""));
  EXPECT_THAT(next.all_ends(), ::testing::ElementsAre(std::pair(6, true)));
  EXPECT_TRUE(host_.all_ends().empty());
}

TEST_F(Supervisor, KillsWhatIsLeftWhenItIsDestroyed) {
  auto one = make(settings("trap '' TERM; sleep 1000 & echo $! > helper; touch ready; wait"));
  host_.send(DRCON_BEGIN);
  one->note_change();
  ASSERT_TRUE(is_ready());
  const auto helper = static_cast<pid_t>(std::atoi(read_file(path("helper")).c_str()));
  one.reset();
  EXPECT_TRUE(wait_until([helper] { return ::kill(helper, 0) != 0; }));
}

TEST_F(Supervisor, GoesToTheNextInstanceOfItsSinkWhenThatHasTheSameProgram) {
  const auto how = settings(patient());
  std::shared_ptr<supervisor> one = make(how);
  host_.send(DRCON_BEGIN);
  one->note_change();
  ASSERT_TRUE(is_ready());
  EXPECT_FALSE(leave_to_next("app", how.program, one)) << "nobody claims it";
  supervise_claim of_another("other", how.program);
  supervise_claim of_another_program("app", settings("exit 1").program);
  EXPECT_FALSE(leave_to_next("app", how.program, one));
  ASSERT_TRUE(one);
  supervise_claim next("app", how.program);
  EXPECT_TRUE(leave_to_next("app", how.program, one));
  EXPECT_FALSE(one);
  const auto taken = next.take();
  ASSERT_TRUE(taken);
  EXPECT_THAT(taken->text(), HasSubstr("runs as process "));
  taken->end();
  EXPECT_TRUE(host_.all_ends().empty()) << "it has another host now";
}

TEST_F(Supervisor, GoesOnThroughAnInstanceThatNeverBegins) {
  const auto how = settings(patient());
  std::shared_ptr<supervisor> one = make(how);
  host_.send(DRCON_BEGIN);
  one->note_change();
  ASSERT_TRUE(is_ready());
  auto never_begins = std::make_unique<supervise_claim>("app", how.program);
  ASSERT_TRUE(leave_to_next("app", how.program, one));
  supervise_claim next("app", how.program);
  never_begins.reset();
  const auto taken = next.take();
  ASSERT_TRUE(taken);
  EXPECT_THAT(taken->text(), HasSubstr("runs as process "));
  taken->end();
}

TEST_F(Supervisor, IsEndedByAClaimThatIsDropped) {
  const auto how = settings("trap 'touch ended; exit 0' TERM; touch ready; while :; do sleep 0.02; done");
  std::shared_ptr<supervisor> one = make(how);
  host_.send(DRCON_BEGIN);
  one->note_change();
  ASSERT_TRUE(is_ready());
  {
    const supervise_claim next("app", how.program);
    ASSERT_TRUE(leave_to_next("app", how.program, one));
  }
  EXPECT_EQ(::access(path("ended").c_str(), F_OK), 0);
}

}  // namespace supervise_test
}  // namespace drcon::templates
