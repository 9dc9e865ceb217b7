// drcon as a service: what is reported to systemd (sd_notify(3)), the directories and credentials it gives, the log
// file.
#include "support/drcon_process.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace drcon::test {
namespace {

namespace fs = std::filesystem;

// systemd's end of the notification socket.
class notify_socket {
public:
  explicit notify_socket(const fs::path& path) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    path.string().copy(static_cast<char*>(at.sun_path), sizeof at.sun_path - 1);
    if (::bind(socket_, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) throw std::runtime_error("bind");
  }
  ~notify_socket() { ::close(socket_); }
  notify_socket(const notify_socket&) = delete;
  notify_socket& operator=(const notify_socket&) = delete;

  // The lines that have come so far, in order.
  const std::vector<std::string>& lines() {
    std::array<char, 4096> bytes{};
    for (;;) {
      const auto size = ::recv(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT);
      if (size < 0) return lines_;
      std::string all(bytes.data(), static_cast<std::size_t>(size));
      for (std::size_t from = 0; from < all.size();) {
        const auto end = std::min(all.find('\n', from), all.size());
        lines_.push_back(all.substr(from, end - from));
        from = end + 1;
      }
    }
  }
  std::ptrdiff_t count(const std::string& line) {
    const auto& all = lines();
    return std::count(all.begin(), all.end(), line);
  }
  // The newest line for `systemctl status`.
  std::string status() {
    const auto& all = lines();
    const auto newest =
        std::find_if(all.rbegin(), all.rend(), [](const std::string& line) { return line.starts_with("STATUS="); });
    return newest == all.rend() ? "" : *newest;
  }
  bool received(const std::string& line) {
    return wait_until([&] { return count(line) > 0; });
  }

private:
  int socket_;
  std::vector<std::string> lines_;
};

class Service : public ::testing::Test {
protected:
  Service() {
    for (const auto* each : {"state", "run", "credentials"}) fs::create_directory(files_ / each);
    write_file(files_ / "t", "{{#services}}{{name}}\n{{/services}}");
    write_file(config(), text());
  }
  fs::path config() const { return files_ / "drcon.toml"; }
  fs::path out() const { return files_ / "out"; }
  fs::path services() const { return files_ / "services.toml"; }
  std::string text(const std::string& more = {}) const {
    return more + "[source.s]\nplugin = \"file\"\npath = \"" + services().string() +
           "\"\n[sink.t]\nplugin = \"template\"\n[[sink.t.file]]\nescape = \"none\"\ntemplate = \"" +
           (files_ / "t").string() + "\"\npath = \"" + out().string() +
           "\"\n[pipeline.p]\nsources = [\"s\"]\nsinks = [\"t\"]\n";
  }
  void publish() {
    write_file(files_ / "next",
               "[[service]]\nname = \"web\"\n[[service.endpoint]]\naddress = \"10.0.0.1\"\nport = 1\n");
    fs::rename(files_ / "next", services());
  }
  void start(std::vector<std::string> environment = {}) {
    environment.push_back("NOTIFY_SOCKET=" + (files_ / "notify").string());
    environment.push_back("STATE_DIRECTORY=" + (files_ / "state").string());
    environment.push_back("RUNTIME_DIRECTORY=" + (files_ / "run").string());
    drcon_ = process({DRCON_BINARY, "run", "-c", config().string()}, files_ / "log", environment);
  }
  std::string log() const { return read_file(files_ / "log"); }

  temp_dir files_;
  notify_socket systemd_{files_ / "notify"};
  process drcon_;
};

TEST_F(Service, IsReadyOnceItsFirstApplyIsThrough) {
  publish();
  start();
  ASSERT_TRUE(systemd_.received("READY=1")) << log();
  EXPECT_EQ(read_file(out()), "web\n") << "it was ready before its first apply";
  EXPECT_TRUE(systemd_.received("STATUS=1 pipeline: in sync"));
  EXPECT_EQ(drcon_.terminate(), 0);
  EXPECT_TRUE(systemd_.received("STOPPING=1"));
}

TEST_F(Service, IsReadyOnceItHasSaidWhatItWaitsFor) {
  start();
  ASSERT_TRUE(systemd_.received("READY=1")) << log();
  EXPECT_FALSE(fs::exists(out()));
  EXPECT_NE(log().find("no data yet from s; nothing is changed"), std::string::npos) << log();
  EXPECT_TRUE(wait_until([this] {
    const auto& all = systemd_.lines();
    return std::any_of(all.begin(), all.end(), [](const std::string& line) {
      return line.starts_with("STATUS=1 pipeline: pipeline p waits for source s");
    });
  }));
  publish();
  EXPECT_TRUE(systemd_.received("STATUS=1 pipeline: in sync"));
}

TEST_F(Service, PingsTheWatchdogWhileItsEngineTurns) {
  publish();
  start({"WATCHDOG_USEC=300000"});
  EXPECT_TRUE(wait_until([this] { return systemd_.count("WATCHDOG=1") > 5; })) << log();
}

TEST_F(Service, ReportsAReloadFromItsBeginToItsEnd) {
  publish();
  start();
  ASSERT_TRUE(systemd_.received("READY=1"));
  drcon_.signal(SIGHUP);
  ASSERT_TRUE(wait_until([this] { return systemd_.count("READY=1") == 2; })) << log();
  EXPECT_EQ(systemd_.count("RELOADING=1"), 1);
}

// A misspelt key is what is to be corrected, and not the one that is missing because of it.
TEST_F(Service, SaysOfARefusedReloadWhichKeyIsMisspeltAndThatThereIsMore) {
  publish();
  start();
  ASSERT_TRUE(systemd_.received("READY=1"));
  auto wrong = text();
  wrong.replace(wrong.find("sources = "), 10, "source = ");
  write_file(config(), wrong);
  drcon_.signal(SIGHUP);
  EXPECT_TRUE(wait_until([&] {
    return systemd_.status().find("unknown key 'source' in [pipeline.p]; did you mean 'sources'?") !=
               std::string::npos &&
           systemd_.status().find("(and 1 more: see drcon check); a restart would not start with it") !=
               std::string::npos;
  })) << systemd_.status();
}

// Whoever reads that it waits must not think that nothing is served.
TEST_F(Service, SaysWhatItServesWhileItWaitsAfterARestart) {
  publish();
  start();
  ASSERT_TRUE(systemd_.received("STATUS=1 pipeline: in sync"));
  EXPECT_EQ(drcon_.terminate(), 0);
  fs::remove(services());
  start();
  EXPECT_TRUE(wait_until([this] {
    return systemd_.status().starts_with("STATUS=1 pipeline: pipeline p, which serves the last good state (revision ");
  })) << systemd_.status();
  EXPECT_NE(systemd_.status().find("), waits for source s"), std::string::npos) << systemd_.status();
}

TEST_F(Service, SaysThatAReloadWasRefused) {
  publish();
  start();
  ASSERT_TRUE(systemd_.received("READY=1"));
  write_file(config(), "nonsense");
  drcon_.signal(SIGHUP);
  const auto refused =
      "STATUS=1 pipeline: OK, with warnings; the last reload was refused, and the configuration before "
      "it is in use: " +
      config().string() + ":1:9: ";
  EXPECT_TRUE(wait_until([&] { return systemd_.status().starts_with(refused); })) << systemd_.status();
  write_file(config(), text());
  drcon_.signal(SIGHUP);
  EXPECT_TRUE(wait_until([this] { return systemd_.status() == "STATUS=1 pipeline: in sync"; }));
}

TEST_F(Service, KeepsItsStateAndItsSocketWhereTheUnitSays) {
  publish();
  start();
  ASSERT_TRUE(systemd_.received("STATUS=1 pipeline: in sync"));
  EXPECT_TRUE(fs::is_socket(files_ / "run/admin.sock"));
  EXPECT_TRUE(wait_until([this] { return fs::exists(files_ / "state/p.state"); }));
}

TEST_F(Service, TheConfigurationOverridesPlaces) {
  publish();
  fs::create_directory(files_ / "elsewhere");
  write_file(config(), text("host.state_directory = \"elsewhere\"\nadmin.socket = \"own.sock\"\n"));
  start();
  ASSERT_TRUE(systemd_.received("STATUS=1 pipeline: in sync"));
  EXPECT_TRUE(fs::is_socket(files_ / "own.sock"));
  EXPECT_TRUE(wait_until([this] { return fs::exists(files_ / "elsewhere/p.state"); }));
  EXPECT_TRUE(fs::is_empty(files_ / "state"));
}

TEST_F(Service, TakesSecretsFromCredentials) {
  const auto with = [](const std::string& name) {
    return "[source.c]\nplugin = \"consul-http\"\ntoken = { credential = \"" + name +
           "\" }\nservice = [{ name = \"web\" }]\n";
  };
  write_file(files_ / "credentials/token", "s3cret\n");
  write_file(files_ / "credentials/odd", "s3cret\nx");
  const auto check = [&](const std::string& name, const std::vector<std::string>& environment) {
    write_file(config(), with(name) + text());
    return run({DRCON_BINARY, "check", "-c", config().string()}, environment);
  };
  const std::vector<std::string> given{"CREDENTIALS_DIRECTORY=" + (files_ / "credentials").string()};
  EXPECT_EQ(check("token", given).code, 0) << check("token", given).err;
  EXPECT_NE(
      check("other", given).err.find("error: 'token' in [source.c]: the file 'other' cannot be read: No such file"),
      std::string::npos)
      << check("other", given).err;
  EXPECT_NE(check("../token", given).err.find("'../token' is no name of a credential"), std::string::npos);
  EXPECT_NE(check("token", {}).err.find("systemd gave none (LoadCredential=)"), std::string::npos);
}

TEST_F(Service, LogsToAFileThatMayBeMovedAway) {
  publish();
  const auto file = files_ / "drcon.log";
  write_file(config(), text("log.file = \"drcon.log\"\n"));
  start();
  ASSERT_TRUE(systemd_.received("READY=1"));
  EXPECT_TRUE(wait_until([&] { return read_file(file).find("runs 1 pipeline") != std::string::npos; }));
  fs::rename(file, files_ / "drcon.log.1");
  drcon_.signal(SIGHUP);
  EXPECT_TRUE(wait_until([&] { return read_file(file).find("reloaded") != std::string::npos; }));
  EXPECT_EQ(log(), "") << "one place at a time";
}

TEST_F(Service, DoesNotStartWhenItCannotLog) {
  write_file(config(), text("log.file = \"/nowhere/drcon.log\"\n"));
  start();
  EXPECT_EQ(drcon_.wait(patience), 3);
  EXPECT_NE(log().find("cannot log to /nowhere/drcon.log"), std::string::npos) << log();
}

}  // namespace
}  // namespace drcon::test
