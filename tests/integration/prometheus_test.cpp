// What is shipped for Prometheus and Grafana, judged by a real Prometheus that scrapes the running program.
#include "support/hosts_page.hpp"
#include "support/ports.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace drcon::test {
namespace {

using namespace std::chrono_literals;

class Prometheus : public hosts_page {
protected:
  void begin() {
    start("admin.listen = \"127.0.0.1:" + std::to_string(port_) + "\"\n",
          R"(check = { command = ["/bin/sh", "-c", "test ! -e ${0%/*}/bad", "{file}"] })");
  }
  bool shows(const std::string& figure) const {
    return wait_until([&] { return drcon_->metrics().find(figure) != std::string::npos; }, 30s);
  }
  void judge(const std::vector<std::string>& firing) const {
    const temp_dir work;
    std::vector<std::string> argv{std::string(DRCON_SOURCE_ROOT) + "/tests/prometheus/scrapes", DRCON_SOURCE_ROOT,
                                  work.path().string(), "127.0.0.1:" + std::to_string(port_)};
    argv.insert(argv.end(), firing.begin(), firing.end());
    const auto judged = run(argv, {}, 300s);
    EXPECT_EQ(judged.code, 0) << judged.out << judged.err;
  }

  const std::uint16_t port_ = free_port();
};

TEST_F(Prometheus, RunsEveryQueryAndEveryAlertOnRealScrapes) {
  begin();
  // Something of each kind has happened: a target that was unreachable, an endpoint that was left out, a held loss.
  write_file(drcon_->directory() / "bad", "");
  set_hosts(4);
  ASSERT_TRUE(shows("drcon_retries_total{sink=\"page\"}")) << drcon_->log();
  std::filesystem::remove(drcon_->directory() / "bad");
  ASSERT_TRUE(serves(4));
  write_file(drcon_->directory() / "hosts.toml",
             "[[service]]\nname = \"web\"\n[[service.endpoint]]\naddress = \"10.0.0.1\"\nport = 80\n"
             "[[service.endpoint]]\naddress = \"10.0.0.2\"\nport = 80\ntags = [\"bell\\u0007\"]\n");
  ASSERT_TRUE(shows("drcon_brake_holds_total{pipeline=\"web\"} 1")) << drcon_->metrics();
  ASSERT_TRUE(shows("drcon_refused_total{")) << drcon_->metrics();
  judge({"DrconBrakeHolding", "DrconNeedsAttention"});
}

}  // namespace
}  // namespace drcon::test
