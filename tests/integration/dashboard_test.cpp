// The dashboard of the running program in a real Chromium; what is looked at is in tests/dashboard/dashboard.mjs.
#include "support/drcon_process.hpp"
#include "support/ports.hpp"
#include "support/wait.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

namespace drcon::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

const char* const token = "0123456789abcdef";

class Dashboard : public testing::Test {
protected:
  void SetUp() override {
    const auto source = std::string(DRCON_SOURCE_ROOT) + "/tests/dashboard";
    const auto script =
        "mkdir -p " + modules_ + " && cp " + source + "/package*.json " + modules_ + " && cd " + modules_ +
        " && exec 9>lock && flock 9 && { cmp -s package-lock.json installed || npm ci --ignore-scripts; } && "
        "cp package-lock.json installed";
    const auto installed = run({"/bin/sh", "-c", script}, {}, 150s);
    ASSERT_EQ(installed.code, 0) << installed.out << installed.err;
    drcon_ = std::make_unique<drcon_process>(
        "admin.listen = \"127.0.0.1:" + std::to_string(port_) + "\"\nadmin.token = \"" + token +
        "\"\n[source.hosts]\nplugin = \"file\"\npath = \"hosts.toml\"\n"
        "[sink.page]\nplugin = \"template\"\n"
        "file = [{ template = \"page.mustache\", path = \"page.conf\", escape = \"nginx\" }]\n"
        "[pipeline.web]\nsources = [\"hosts\"]\nsinks = [\"page\"]\nwait = { min = \"1ms\", max = \"10ms\" }\n");
    std::string hosts = "[[service]]\nname = \"web\"\n";
    for (const auto* each : {"10.0.0.1", "10.0.0.2", "10.0.0.3"})
      hosts += std::string("[[service.endpoint]]\naddress = \"") + each + "\"\nport = 80\n";
    write_file(drcon_->directory() / "hosts.toml", hosts);
    write_file(drcon_->directory() / "page.mustache",
               "{{#services}}{{#endpoints}}server {{address}}:{{port}};\n{{/endpoints}}{{/services}}");
    drcon_->start();
    ASSERT_TRUE(drcon_->settled()) << drcon_->log();
  }
  process look() const {
    const auto* const name = testing::UnitTest::GetInstance()->current_test_info()->name();
    return process({"node", std::string(DRCON_SOURCE_ROOT) + "/tests/dashboard/dashboard.mjs", name,
                    "http://127.0.0.1:" + std::to_string(port_) + "/", token, drcon_->directory().path().string(),
                    modules_});
  }
  void holds() const {
    auto looking = look();
    ASSERT_EQ(looking.wait(120s).value_or(-1), 0) << looking.text();
  }
  bool is_there(const std::string& file) const {
    return wait_until([&] { return fs::exists(drcon_->directory() / file); }, 60s);
  }

  const std::uint16_t port_ = free_port();
  const std::string modules_ = DRCON_DASHBOARD_MODULES;
  std::unique_ptr<drcon_process> drcon_;
};

TEST_F(Dashboard, AChangeAppearsWithoutAReload) { holds(); }
TEST_F(Dashboard, TheBrakeIsReleasedByKeyboard) { holds(); }
TEST_F(Dashboard, APauseAndARollbackAreButtons) { holds(); }
TEST_F(Dashboard, AHostileNameIsText) { holds(); }

// The pictures are kept for people to look at.
TEST_F(Dashboard, FitsPhonesEyesAndReaders) {
  holds();
  for (const auto* each : {"phone-light.png", "phone-dark.png", "desk-light.png", "desk-dark.png"})
    fs::copy_file(drcon_->directory() / each, fs::path(modules_) / each, fs::copy_options::overwrite_existing);
}

TEST_F(Dashboard, ALostConnectionIsToldAndFoundAgain) {
  auto looking = look();
  ASSERT_TRUE(is_there("opened")) << looking.text();
  drcon_->stop();
  ASSERT_TRUE(is_there("told")) << looking.text();
  drcon_->start();
  write_file(drcon_->directory() / "again", "");
  ASSERT_EQ(looking.wait(120s).value_or(-1), 0) << looking.text();
}

}  // namespace
}  // namespace drcon::test
