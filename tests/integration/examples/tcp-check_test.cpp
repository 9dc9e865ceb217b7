// The example built by clang with libc++, in a host that has libstdc++.
#include "support/drcon_process.hpp"
#include "support/plugin_harness.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace drcon::test {
namespace tcp_check_test {

using boost::asio::ip::tcp;

// Somebody who listens, and may go away and come back to the same port. The kernel accepts for it.
class listener {
public:
  explicit listener(const std::string& address = "127.0.0.1") : at_(boost::asio::ip::make_address(address), 0) {
    open();
    at_ = acceptor_.local_endpoint();
  }
  void open() {
    acceptor_.open(at_.protocol());
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    acceptor_.bind(at_);
    acceptor_.listen();
  }
  void close() { acceptor_.close(); }
  std::string text() const {
    const auto host = at_.address().to_string();
    return (at_.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(at_.port());
  }

private:
  boost::asio::io_context context_;
  tcp::endpoint at_;
  tcp::acceptor acceptor_{context_};
};

std::string options(const std::string& endpoints, const std::string& more = {}) {
  return "service = \"web\"\nendpoints = [" + endpoints + "]\nevery = \"20ms\"\ntimeout = \"500ms\"\n" + more;
}

bool has(const source_harness& source, const std::vector<std::pair<std::string, health>>& wanted) {
  return source.wait_for([&](const auto& state) {
    const auto at = state.services.find("web");
    if (at == state.services.end()) return false;
    std::map<std::string, health> now;
    for (const auto& each : at->second.endpoints) now[each.id] = each.health;
    return now == std::map<std::string, health>(wanted.begin(), wanted.end());
  });
}

TEST(TcpCheck, SharesNoStandardLibraryWithTheHost) {
  const auto needs = run({"readelf", "--dynamic", "--wide", DRCON_TEST_EXAMPLES "/tcp-check.so"});
  ASSERT_EQ(needs.code, 0) << needs.err;
  EXPECT_EQ(needs.out.find("c++"), std::string::npos) << needs.out;
  const auto inside = run({"readelf", "--string-dump=.debug_str", DRCON_TEST_EXAMPLES "/tcp-check.so"});
  EXPECT_NE(inside.out.find("std::__1"), std::string::npos) << "libc++ is what it was built with";
}

TEST(TcpCheck, ItsCompilerReadsEveryPublicHeader) {
  temp_dir directory;
  std::string includes;
  const auto include = std::filesystem::path(DRCON_SOURCE_ROOT) / "sdk/include";
  for (const auto& each : std::filesystem::recursive_directory_iterator(include))
    if (each.is_regular_file()) includes += "#include <" + each.path().lexically_relative(include).string() + ">\n";
  write_file(directory / "all.cpp", includes);
  const auto built = run({"clang++", "-std=c++20", "-stdlib=libc++", "-Wall", "-Wextra", "-pedantic", "-Werror",
                          "-fsyntax-only", "-I" + include.string(), directory / "all.cpp"});
  EXPECT_EQ(built.code, 0) << built.err;
}

TEST(TcpCheck, ReportsWhoAccepts) {
  listener four;
  listener six("::1");
  source_harness source("tcp-check", options("\"" + four.text() + "\", \"" + six.text() + "\""));
  source.start();
  ASSERT_TRUE(source.wait_ready());
  EXPECT_TRUE(has(source, {{four.text(), health::passing}, {six.text(), health::passing}}));
  four.close();
  EXPECT_TRUE(has(source, {{four.text(), health::critical}, {six.text(), health::passing}}));
  EXPECT_EQ(source.now().services.at("web").endpoints.size(), 2U) << "it stays in the service";
  four.open();
  EXPECT_TRUE(has(source, {{four.text(), health::passing}, {six.text(), health::passing}}));
  EXPECT_TRUE(source.stop());
}

TEST(TcpCheck, ReportsWhyOneIsCritical) {
  listener gone;
  gone.close();
  source_harness source("tcp-check", options("\"" + gone.text() + "\""));
  source.start();
  ASSERT_TRUE(has(source, {{gone.text(), health::critical}}));
  EXPECT_EQ(source.now().services.at("web").endpoints.at(0).meta.at("check"), "Connection refused");
}

// An exception of the plugin's own library, thrown and caught within it while the host's is loaded too.
TEST(TcpCheck, RefusesWhatIsNoAddress) {
  for (const auto* text :
       {"web:80", "10.0.0.1", "10.0.0.1:0", "10.0.0.1:65536", "::1:80", "[::1]", "[10.0.0.1]:80", ":80"}) {
    try {
      const source_harness source("tcp-check", options("\"" + std::string(text) + "\""));
      FAIL() << text;
    } catch (const std::exception& error) {
      EXPECT_NE(std::string(error.what()).find("expected ADDRESS:PORT"), std::string::npos) << error.what();
    }
  }
}

TEST(TcpCheck, FeedsASinkThatHasTheOtherLibrary) {
  listener web;
  temp_dir files;
  const auto out = files / "out.json";
  drcon_process drcon("host.plugin_directories = [\"" DRCON_TEST_EXAMPLES "\"]\n[source.s]\nplugin = \"tcp-check\"\n" +
                      options("\"" + web.text() + "\"") +
                      "[sink.t]\nplugin = \"run-command\"\ncommand = [\"sh\", \"-c\", \"cat > " + out.string() +
                      "\"]\n[pipeline.p]\nsources = [\"s\"]\nsinks = [\"t\"]\n");
  drcon.start();
  EXPECT_TRUE(wait_until([&] { return read_file(out).find("\"id\": \"" + web.text() + "\"") != std::string::npos; }))
      << drcon.log();
  EXPECT_EQ(drcon.stop(), 0);
}

}  // namespace tcp_check_test
}  // namespace drcon::test
