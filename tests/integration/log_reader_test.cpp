// Whoever reads the log of the running program, and stops doing so.
#include "support/hosts_page.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace drcon::test {
namespace {

using ::testing::Contains;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

// The log goes into a pipe of one page, which a few changes fill.
class LogReader : public hosts_page {
protected:
  LogReader() {
    ::mkfifo(pipe_.c_str(), 0600);
    reader_ = ::open(pipe_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    ::fcntl(reader_, F_SETPIPE_SZ, 4096);
  }
  ~LogReader() override { ::close(reader_); }

  void start_logging() { start("log.file = \"" + pipe_.string() + "\"\nlog.level = \"debug\"\n"); }
  // More than the pipe holds. False when one of them does not reach the page.
  bool changes_go_on() const {
    for (int i = 0; i < changes; ++i) {
      set_hosts(3 + i % 2);  // the brake lets that pass
      if (!serves(3 + i % 2)) return false;
    }
    return true;
  }
  // Until the other end is closed.
  std::vector<std::string> read_all() const {
    ::fcntl(reader_, F_SETFL, 0);
    std::string text;
    std::array<char, 4096> part{};
    for (ssize_t count = 0; (count = ::read(reader_, part.data(), part.size())) > 0;)
      text.append(part.data(), static_cast<std::size_t>(count));
    std::istringstream all(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(all, line);) lines.push_back(line);
    return lines;
  }

  static constexpr int changes = 40;

private:
  temp_dir directory_;
  const std::filesystem::path pipe_ = directory_ / "log";
  int reader_ = -1;
};

TEST_F(LogReader, StopsNothingWhenItStopsAndLosesNothingWhenItGoesOn) {
  start_logging();
  ASSERT_TRUE(changes_go_on());
  EXPECT_EQ(drcon_->ask("GET", "/healthz").status, 200);
  EXPECT_THAT(drcon_->ask("GET", "/metrics").body, HasSubstr("\ndrcon_log_lines_dropped_total 0\n"));
  std::vector<std::string> lines;
  std::jthread reading([&] { lines = read_all(); });
  EXPECT_EQ(drcon_->stop(), 0);
  reading.join();
  ASSERT_FALSE(lines.empty());
  EXPECT_THAT(lines.back(), EndsWith("stopped"));
  EXPECT_TRUE(std::ranges::is_sorted(lines, {}, [](const std::string& line) { return line.substr(0, 23); }))
      << "each begins with its time";
  EXPECT_THAT(lines, Not(Contains(HasSubstr("dropped here"))));
  const auto applied = std::ranges::count_if(
      lines, [](const std::string& line) { return line.find("applied revision") != std::string::npos; });
  EXPECT_GE(applied, changes);
}

TEST_F(LogReader, KeepsNobodyFromStopping) {
  start_logging();
  ASSERT_TRUE(changes_go_on());
  EXPECT_EQ(drcon_->stop(), 0);
}

}  // namespace
}  // namespace drcon::test
